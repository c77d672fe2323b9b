import Core
import YAML

/// Checks the values of one environment against each other.
struct EnvironmentRules {
  let name: String
  let fields: EnvironmentFields
  let target: Environment.Target
  /// The environment laid over the defaults.
  let tree: YAMLNode
  let decoding: Decoding

  private var isProduction: Bool {
    let settings = fields.settings ?? Environment.settings(named: name, target: target)
    return target != .local && settings == .production
  }

  /// The name, where it is not what makes this production.
  private var presumed: String? {
    fields.settings == nil && name != Environment.Settings.production.rawValue ? name : nil
  }

  func check() {
    checkPlace()
    checkSize()
    checkResources()
    checkDatabase()
    checkSecrets()
    checkBackup()
    checkSteps()
  }

  /// The shortest grace that lets draining end.
  static func graceNeeded(drain: Duration, target: Environment.Target) -> Duration {
    drain + Environment.stopMargin
      + (target == .local ? .zero : Environment.preStop + Environment.closing)
  }

  /// Mappings of texts that everybody who may look at an object reads.
  static let textsForObjects = [
    ["labels"], ["annotations"], ["pod", "labels"], ["pod", "annotations"],
    ["ingress", "annotations"], ["serviceAccount", "annotations"], ["monitoring", "labels"],
    ["database", "parameters"], ["database", "poolerParameters"],
    ["backup", "serviceAccount", "annotations"],
    ["backup", "drill", "serviceAccount", "annotations"],
  ]

  /// What a local environment has no use for.
  static let keysOfClusters = [
    "context", "namespace", "tls", "autoscale", "ingress", "gateway", "network", "pod",
    "monitoring", "serviceAccount", "migrations", "labels", "annotations", "settings", "auth",
    "externalSecrets", "vault",
  ]

  /// What an environment of a cluster has no use for.
  static let keysOfMachines = ["port"]

  /// What an environment of a cluster must have.
  static let keysNeededByClusters = ["context", "namespace"]

  private func checkPlace() {
    switch target {
    case .local:
      for key in Self.keysOfClusters { reportUnused(key) }
      if let host = fields.host, !HostName.isListeningAddress(host) {
        report(.notListeningAddress(host), at: ["host"])
      }
    case .helm, .kustomize:
      for key in Self.keysOfMachines { reportUnused(key) }
      if value(["gateway"]) != nil, isWrittenHere(["ingress"]) {
        report(.ingressAndGateway, at: ["ingress"])
      }
      if value(["gateway"]) != nil, isWrittenHere(["tls"]) {
        report(.tlsAndGateway, at: ["tls"], judged: [["tls"], ["gateway"]])
      }
      if fields.host == nil {
        for key in ["tls", "ingress", "gateway"] where isWrittenHere([key]) {
          report(.hostMissing(for: key), at: [key])
        }
      }
      for key in Self.keysNeededByClusters where value([key]) == nil {
        report(.neededByTarget(key, target), at: [], judged: [[key]])
      }
      if let host = fields.host, !HostName.isHostName(host) {
        report(.notHostName(host), at: ["host"])
      }
    }
  }

  private func checkSize() {
    if let scale = fields.autoscale, target != .local {
      if scale.min > scale.max {
        report(
          .minOverMax(min: scale.min, max: scale.max), at: ["autoscale", "min"],
          ["autoscale", "max"])
      }
      if isWrittenHere(["replicas"]) { report(.replicasUnderAutoscale, at: ["replicas"]) }
    } else if fields.replicas == 0, tree["replicas"]?.scalar?.kind == .integer(0) {
      if target == .local {
        report(.noReplicasLocally, at: ["replicas"])
      } else if isProduction {
        report(
          .noReplicasInProduction(presumed: presumed), at: ["replicas"],
          judged: [["replicas"], ["settings"]])
      }
    }
    let needed = Self.graceNeeded(drain: fields.drain, target: target)
    if let grace = fields.grace, grace < needed {
      report(.graceTooShort(grace: grace, needed: needed), at: ["grace"], ["drain"])
    }
  }

  private func checkResources() {
    // On a cluster what is not said has a default, which counts as well.
    let isOnCluster = target != .local
    let own = isOnCluster ? ResourceValues.defaults : nil
    checkResources(
      fields.resources, at: ["resources"], own?.requests.processor, own?.requests.memory,
      own?.limits.memory)
    let server = isOnCluster ? DatabaseResourceValues.defaults : nil
    checkResources(
      fields.database?.resources, at: ["database", "resources"], server?.requests.processor,
      server?.requests.memory, nil)
  }

  private func checkResources(
    _ resources: Resources?, at path: [String], _ processor: Quantity?, _ memory: Quantity?,
    _ memoryMax: Quantity?
  ) {
    let (requests, limits) = (resources?.requests, resources?.limits)
    for (key, request, limit) in [
      ("cpu", requests?.processor ?? processor, limits?.processor),
      ("memory", requests?.memory ?? memory, limits?.memory ?? memoryMax),
    ] {
      guard let request, let limit, limit.amount < request.amount else { continue }
      report(
        .limitUnderRequest(limit: limit.text, request: request.text),
        at: path + ["limits", key], path + ["requests", key])
    }
  }

  private func checkDatabase() {
    // Without its mode nobody knows what a database has a use for.
    guard let database = fields.database,
      tree["database"]?.mapping == nil || tree.value(at: ["database", "mode"]) != nil
    else { return }
    let mode = database.mode
    let isOnCluster = target != .local
    if !isOnCluster, mode == .bundled || mode == .cloudNativePG {
      report(.databaseNotOnTarget(mode, target), at: ["database"])
    }
    let ofServers = ["image", "resources", "parameters"]
    let ofCluster = ["instances", "poolerParameters", "snapshots"]
    let unused =
      switch mode {
      case .sqlite where isOnCluster: ["port", "pooler"] + ofServers + ofCluster
      case .sqlite: ["storage", "storageClass", "port", "pooler"] + ofServers + ofCluster
      case .bundled: ["port", "pooler"] + ofCluster
      case .external: ["storage", "storageClass"] + ofServers + ofCluster
      case .cloudNativePG: ["port"]
      }
    for key in unused where isWrittenHere(["database", key]) {
      report(.unusedByDatabase(mode), at: ["database", key])
    }
    if isOnCluster, mode != .external, isWrittenHere(["migrations", "port"]) {
      report(.unusedByDatabase(mode), at: ["migrations", "port"])
    }
    if isOnCluster, mode == .sqlite, fields.replicas > 1 || fields.autoscale != nil {
      let replicas = fields.autoscale?.max ?? fields.replicas
      report(
        .oneWriter(replicas: replicas), at: ["autoscale"], ["replicas"], ["database"],
        judged: [["autoscale"], ["replicas"], ["database", "mode"]])
    }
    if isOnCluster { checkServer(database) }
    if isOnCluster, mode == .external, value(["secrets", "database"]) == nil {
      report(.secretMissing("database"), at: ["database"], judged: [["database", "mode"]])
    }
    if isOnCluster, mode == .external, database.pooler == .transaction,
      value(["secrets", "migrations"]) == nil
    {
      report(.migrationsThroughPooler, at: ["database", "pooler"])
    }
  }

  /// What the server of the database would not start with.
  private func checkServer(_ database: Database) {
    if database.mode == .cloudNativePG, let image = database.image,
      !DatabaseParameters.tellsVersion(image)
    {
      report(.databaseVersionUnknown, at: ["database", "image"])
    }
    let memory =
      database.resources?.requests.memory ?? DatabaseResourceValues.defaults?.requests.memory
    for (key, rule) in DatabaseParameters.problems(
      of: database.parameters, mode: database.mode, memory: memory)
    {
      report(rule, at: ["database", "parameters", key])
    }
  }

  private func checkSecrets() {
    if target != .local, let mode = fields.database?.mode {
      for name in fields.secrets.keys.sorted() where mode.hasNoUse(of: name) {
        // Those of the defaults are for the environments that have a use for them.
        if isWrittenHere(["secrets", name]) {
          report(.secretUnused(by: mode), at: ["secrets", name])
        }
      }
      for name in fields.secrets.keys.sorted() {
        if let rule = PlatformRule.name(ofSecret: name) { report(rule, at: ["secrets", name]) }
      }
      checkStores()
      let used = fields.secrets.filter { !mode.hasNoUse(of: $0.key) }
      for (name, rule) in PlatformRule.shared(used) { report(rule, at: ["secrets", name]) }
      if mode == .bundled, case .vault = fields.secrets[SecretForm.database] {
        report(.bundledNeedsSecret, at: ["secrets", SecretForm.database])
      }
    }
    if target != .local {
      for name in fields.variables.keys.sorted() {
        let rule = TakenVariables.rule(
          for: name, secrets: fields.secrets.keys, settings: "settings")
        if let rule { report(rule, at: ["env", name]) }
      }
    }
    for (name, value) in fields.variables where SecretInClear.isLikely(name: name, value: value) {
      report(.secretInClear, at: ["env", name])
    }
    // Their names tell nothing: an annotation often names the Secret that something is in.
    for path in Self.textsForObjects {
      for pair in tree.value(at: path)?.mapping ?? []
      where pair.value.scalar.map({ SecretInClear.isLikely(value: $0.text) }) ?? false {
        report(.secretInClear, at: path + [pair.key])
      }
    }
    // The service itself asks for a decision in production; here it is asked for before a rollout.
    if isProduction, fields.auth == nil, value(["secrets", "jwt"]) == nil {
      report(
        .authUndecided(presumed: presumed), at: ["secrets"],
        judged: [["secrets", "jwt"], ["auth"], ["settings"]])
    }
  }

  /// How secrets are fetched that nobody fetches is a mistake of one of the two.
  private func checkStores() {
    let sources = fields.secrets.values.map(\.source)
    for (key, source) in [("externalSecrets", "external"), ("vault", "vault")]
    where isWrittenHere([key]) && !sources.contains(source) {
      report(.storeUnused(source), at: [key], judged: [[key], ["secrets"]])
    }
  }

  private func checkBackup() {
    if let keep = fields.backup?.keep, keep.isNothing {
      report(.keepsNothing, at: ["backup", "keep"])
    }
    if let backup = fields.backup, target != .local { checkSchedules(backup) }
    // Locally the rollout copies the file of SQLite by itself.
    guard target != .local, fields.rollout?.backup != .skip, value(["backup"]) == nil,
      let policy = tree.value(at: ["rollout", "backup"])?.scalar?.text
    else { return }
    report(.backupSectionMissing(policy: policy), at: ["rollout", "backup"])
  }

  /// What no CronJob could do.
  private func checkSchedules(_ backup: BackupPolicy) {
    if fields.database?.mode == .sqlite {
      report(.backupOfVolume, at: ["backup"], judged: [["backup"], ["database", "mode"]])
    }
    if !BackupValues.isBucket(backup.store) { report(.storeInPod, at: ["backup", "store"]) }
    if backup.drill.every != .never, !backup.encryptTo.isEmpty, backup.drill.identity == nil {
      report(.drillWithoutIdentity, at: ["backup", "drill"], ["backup", "encryptTo"])
    }
    if backup.signWith == nil, !backup.signedBy.isEmpty {
      report(.signedByNobody, at: ["backup", "signedBy"])
    }
    if backup.signWith != nil, value(["backup", "signedBy"])?.sequence?.isEmpty ?? true {
      report(.signatureOfNoUse, at: ["backup", "signWith"])
    }
    if backup.image == nil, let major = fields.database?.majorOnCluster,
      major != BackupPolicy.imageMajor
    {
      report(
        .backupProgramsOfOther(server: major), at: ["backup"],
        judged: [["backup", "image"], ["database", "mode"], ["database", "image"]])
    }
  }

  private func checkSteps() {
    let path = ["rollout", "steps"]
    // Steps in the defaults are for those environments that can take them.
    guard let steps = fields.rollout?.steps, !steps.isEmpty, isWrittenHere(path) || takesSteps
    else { return }
    guard target == .kustomize else { return report(.stepsNotOnTarget(target), at: path) }
    if fields.database?.mode == .sqlite { return report(.stepsNeedTwoWriters, at: path) }
    let nodes = tree.value(at: path)?.sequence ?? []
    // What could not be read was left out: places are no longer those of the file.
    guard nodes.count == steps.count else { return }
    let rules = StepRules(
      steps: steps, form: value(["gateway"]) == nil ? .pods : .route,
      replicas: fields.autoscale == nil ? fields.replicas : nil)
    for (step, rule) in rules.problems {
      let place = path + (step.map { [String($0), "weight"] } ?? [])
      let node = step.flatMap { nodes[$0]["weight"] } ?? tree.value(at: path) ?? tree
      decoding.report(.rule(rule), at: node.mark, path: ["environments", name] + place)
    }
  }

  /// Whether steps in the defaults mean this environment.
  private var takesSteps: Bool { target == .kustomize && fields.database?.mode != .sqlite }

  private func reportUnused(_ key: String) {
    // Defaults are for all; what one target has no use for there is no mistake.
    if isWrittenHere([key]) { report(.unusedByTarget(target), at: [key]) }
  }

  /// The value under these keys; one that says nothing is none.
  private func value(_ path: [String]) -> YAMLNode? {
    tree.value(at: path).flatMap { $0.scalar?.kind == .null ? nil : $0 }
  }

  private func isWrittenHere(_ path: [String]) -> Bool {
    guard let mark = value(path)?.mark else { return false }
    return decoding.writtenPath(mark)?.first == "environments"
  }

  /// Reports at the first of these keys that the environment itself has, or else at the first that
  /// `defaults` has, or else at the environment.
  ///
  /// `judged` are the keys that the rule depends on, where they are others: a mistake elsewhere in
  /// their section hides nothing. One that is not there may be what an unknown key beside it was
  /// meant for.
  private func report(_ rule: PlatformRule, at paths: [String]..., judged: [[String]]? = nil) {
    let parts = (judged ?? paths).filter { !$0.isEmpty }.compactMap { tree.value(at: $0) }
    if parts.contains(where: decoding.isUnread) { return }
    if (judged ?? paths).contains(where: { decoding.mayBeMisspelt($0, in: tree) }) { return }
    let present = paths.filter { value($0) != nil }
    let path = present.first(where: isWrittenHere) ?? present.first ?? []
    let mark = tree.value(at: path)?.mark ?? tree.mark
    decoding.report(.rule(rule), at: mark, path: ["environments", name] + path)
  }
}
