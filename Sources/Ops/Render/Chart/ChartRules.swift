import YAML

/// Checks the values of the chart against each other; the templates refuse the same.
struct ChartRules {
  let values: ChartValues
  let root: YAMLNode
  let decoding: Decoding

  func check() {
    let secrets = values.secrets
    let mode = values.database.mode
    for name in secrets.keys.sorted() where mode.hasNoUse(of: name) {
      report(.secretUnused(by: mode), at: ["secrets", name])
    }
    for name in secrets.keys.sorted() {
      if let rule = PlatformRule.name(ofSecret: name) { report(rule, at: ["secrets", name]) }
    }
    for name in values.variables.keys.sorted() {
      let rule = TakenVariables.rule(for: name, secrets: secrets.keys, settings: "environment")
      if let rule { report(rule, at: ["env", name]) }
    }
    checkBackup()
    for (name, rule) in PlatformRule.shared(secrets) { report(rule, at: ["secrets", name]) }
    checkDatabase()
    if mode == .bundled, case .vault = secrets[SecretForm.database] {
      report(.bundledNeedsSecret, at: ["secrets", SecretForm.database])
    }
    if mode == .external, values.database.pooler == .transaction, values.migrations.mode != .none,
      secrets[SecretForm.migrations] == nil
    {
      report(.migrationsThroughPooler, at: ["database", "pooler"])
    }
    if values.ingress.enabled, values.ingress.host == nil {
      report(.entranceWithoutHost, at: ["ingress"])
    }
    if values.gateway.enabled, values.gateway.host == nil {
      report(.entranceWithoutHost, at: ["gateway"])
    }
    if values.gateway.enabled, values.gateway.name == nil {
      report(.gatewayUnnamed, at: ["gateway"])
    }
    if values.image.digest == nil, values.image.tag == ImageReference.latest {
      report(.imageLatest, at: ["image", "tag"])
    }
    if values.ports.http == values.ports.admin {
      report(.portsEqual(values.ports.http), at: ["ports", "admin"], ["ports", "http"])
    }
    let (ready, deadline) = (
      values.rollout.minReadySeconds, values.rollout.progressDeadlineSeconds
    )
    if deadline <= ready {
      report(
        .deadlineNotOverReady(deadline: deadline, ready: ready),
        at: ["rollout", "progressDeadlineSeconds"], ["rollout", "minReadySeconds"])
    }
    for (name, value) in values.variables where SecretInClear.isLikely(name: name, value: value) {
      report(.secretInClear, at: ["env", name])
    }
    for path in EnvironmentRules.textsForObjects + [["service", "annotations"]] {
      for pair in root.value(at: path)?.mapping ?? []
      where pair.value.scalar.map({ SecretInClear.isLikely(value: $0.text) }) ?? false {
        report(.secretInClear, at: path + [pair.key])
      }
    }
    let scale = values.autoscale
    if scale.enabled, scale.min > scale.max {
      report(.minOverMax(min: scale.min, max: scale.max), at: ["autoscale", "min"])
    }
  }

  private func checkDatabase() {
    let database = values.database
    if database.mode == .cloudNativePG, let image = database.image,
      !DatabaseParameters.tellsVersion(image)
    {
      report(.databaseVersionUnknown, at: ["database", "image"])
    }
    let scale = values.autoscale
    if database.mode == .sqlite, scale.enabled || values.replicas > 1 {
      report(
        .oneWriter(replicas: scale.enabled ? scale.max : values.replicas),
        at: scale.enabled ? ["autoscale"] : ["replicas"])
    }
    for (key, rule) in DatabaseParameters.problems(
      of: database.parameters, mode: database.mode, memory: database.resources.requests.memory)
    {
      report(rule, at: ["database", "parameters", key])
    }
    if values.migrations.mode == .hook, [.bundled, .cloudNativePG].contains(database.mode) {
      report(.hookBeforeDatabase(database.mode), at: ["migrations", "mode"])
    }
    checkLimits(
      values.resources.limits.processor, values.resources.limits.memory,
      values.resources.requests.processor, values.resources.requests.memory, at: ["resources"])
    checkLimits(
      database.resources.limits.processor, database.resources.limits.memory,
      database.resources.requests.processor, database.resources.requests.memory,
      at: ["database", "resources"])
  }

  private func checkBackup() {
    let backup = values.backup
    guard backup.enabled else { return }
    if values.database.mode == .sqlite { report(.backupOfVolume, at: ["backup", "enabled"]) }
    if backup.store == nil { report(.storeMissing, at: ["backup"]) }
    if backup.drill.enabled, !backup.encryptTo.isEmpty, backup.drill.identity == nil {
      report(.drillWithoutIdentity, at: ["backup", "drill"], ["backup", "encryptTo"])
    }
    if backup.signWith == nil, !backup.signedBy.isEmpty {
      report(.signedByNobody, at: ["backup", "signedBy"])
    }
    if backup.signWith != nil, backup.signedBy.isEmpty {
      report(.signatureOfNoUse, at: ["backup", "signWith"])
    }
  }

  private func checkLimits(
    _ processorMax: Quantity?, _ memoryMax: Quantity?, _ processor: Quantity, _ memory: Quantity,
    at path: [String]
  ) {
    for (key, limit, request) in [("cpu", processorMax, processor), ("memory", memoryMax, memory)] {
      guard let limit, limit.amount < request.amount else { continue }
      report(
        .limitUnderRequest(limit: limit.text, request: request.text), at: path + ["limits", key],
        path + ["requests", key])
    }
  }

  /// Reports at the first of these keys that the values have, or else at their beginning.
  private func report(_ rule: PlatformRule, at paths: [String]...) {
    let path = paths.first { root.value(at: $0) != nil } ?? paths.first ?? []
    decoding.report(.rule(rule), at: root.value(at: path)?.mark ?? root.mark, path: path)
  }
}
