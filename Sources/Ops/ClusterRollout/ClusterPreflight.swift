import Core
import JSON
import Migrations
import SQL
import Schema

/// What can be known of a rollout to a cluster before anything is changed.
struct ClusterPreflight {
  private let target: ClusterTarget
  private var client: ClusterClient { target.client }
  private var namespace: String { target.namespace }

  init(_ target: ClusterTarget) { self.target = target }

  /// Everything that was looked at, what stands against the rollout among it.
  func checks() throws -> [PreflightCheck] {
    let policy = target.policy
    var checks = [try rights(), rendered(), image()]
    // Who may not look would be told so once more by each of the rest.
    let mayLook = checks[0].verdict != .refuse
    let live = mayLook ? try client.get(.deployment, target.deployment.name, in: namespace) : nil
    let workload = WorkloadArithmetic(
      target.objects, live: live.flatMap { DeploymentReading($0) }?.replicas,
      steps: target.clusterCanary.steps, form: target.clusterCanary.form,
      sharesRequests: target.site.environment.url != nil)
    if mayLook {
      checks += try dryRun()
      checks.append(serving(live))
      checks += [wayBackIsKept()].compactMap(\.self)
    }
    checks += workload.checks()
    checks += [
      workload.downtime(over: target.former, failedMax: policy.failedMax),
      workload.canary(probeRate: policy.probeRate, consecutive: policy.consecutive),
    ].compactMap(\.self)
    let job = mayLook ? try liveJob() : nil
    if mayLook {
      checks += [try quota(workload), try disruption(), try secrets(), migrationJob(job)]
    }
    checks += schema(job)
    if mayLook { checks += try target.delivery.checks(of: target) }
    checks.append(PreflightCheck("lint", .warn, "migrations were not checked"))
    checks += try ClusterBackup.checks(of: target, mayLook: mayLook)
    return checks
  }

  /// Whether the cluster lets us make every kind of call that a rollout makes.
  private func rights() throws -> PreflightCheck {
    let rights = ClusterRight.needed(
      for: target.objects + (target.formerObjects ?? []),
      throughPods: target.site.environment.url == nil,
      byHelm: target.site.environment.target == .helm)
    return try RightsCheck(
      rights: rights, client: client, namespace: namespace, environment: target.environment
    ).check()
  }

  /// Whether the files of the repository are what platform.yaml says, the image aside.
  ///
  /// What is rolled out is rendered anew, so old files change nothing but what people read.
  private func rendered() -> PreflightCheck {
    let site = target.site
    let (service, root) = (site.platform.service, site.root)
    do {
      let scope = RenderedTree.Scope(environments: [site.environment], isAll: false)
      let tree = try RenderedTree(site.platform, scope, under: root) { environment in
        try KeptImage.read(of: environment.name, service, under: root)
      }
      guard try TreeOnDisk(tree, under: root).isStale else {
        return PreflightCheck("files", .ok, "as platform.yaml says")
      }
      return PreflightCheck(
        "files", .warn, "not as platform.yaml says; ops render --env \(target.environment)")
    } catch {
      return PreflightCheck(
        "files", .warn, "not compared: \(ErrorReport(error).findings[0].message)")
    }
  }

  /// Whether the API server would take every object, admission included, and what that would
  /// change.
  ///
  /// https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
  private func dryRun() throws -> [PreflightCheck] {
    guard try isThere() else {
      return [
        PreflightCheck("objects", .warn, "not tried: the namespace \(namespace) is not there yet")
      ]
    }
    var refused: [String] = []
    var changes = LiveChanges()
    for object in objects {
      do throws(ClusterFailure) {
        let live = try client.get(object.kind, object.name, in: object.namespace)
        // One that is there is followed, or made anew: a Job can not be changed.
        if object.isMigration, live != nil { continue }
        let wanted = try client.apply(
          object.kind, object.json, in: object.namespace, dryRun: true,
          by: target.delivery.fieldManager)
        changes.add(object, live: live, wanted: wanted)
      } catch {
        if error.mayPass { throw error }
        refused.append(Self.refusal(of: object, error))
      }
    }
    guard refused.isEmpty else {
      return [PreflightCheck("objects", .refuse, refused.joined(separator: "; "))]
    }
    let words = "\(counted(target.objects.count, "object")) accepted"
    return [PreflightCheck("objects", .ok, words), changes.check]
      + [sharedSecrets(changes.altered)].compactMap(\.self)
  }

  /// A Secret is one for the canary and for what serves, whose pods would start with what nobody
  /// has judged yet.
  private func sharedSecrets(_ altered: [ClusterObject]) -> PreflightCheck? {
    let sources = altered.filter { $0.kind.kind == "ExternalSecret" }.map(\.name)
    guard !target.clusterCanary.steps.isEmpty, !sources.isEmpty else { return nil }
    return PreflightCheck(
      "steps", .refuse,
      "ExternalSecret \(sources.joined(separator: ", ")) would give pods of the release that serves"
        + " other secrets while the steps are taken; bring it by --skip-steps")
  }

  /// All that is brought, the Job as it is told what serves.
  private var objects: [ClusterObject] {
    target.objects.map { $0.isMigration ? target.migration?.job ?? $0 : $0 }
  }

  private func isThere() throws(ClusterFailure) -> Bool {
    do throws(ClusterFailure) {
      return try client.get(.namespace, namespace) != nil
    } catch {
      if error.reason == .forbidden { return true }
      throw error
    }
  }

  private static func refusal(of object: ClusterObject, _ failure: ClusterFailure) -> String {
    failure.reason == .notFound
      ? "the cluster knows no \(object.kind.kind) of \(object.kind.apiVersion)"
      : "\(object.kind.kind) \(object.name): \(failure.message)"
  }

  private func image() -> PreflightCheck {
    let image = target.release.image
    guard image.contains("@sha256:") else {
      return PreflightCheck("image", .warn, "\(image): a tag can be moved; add @sha256:...")
    }
    return PreflightCheck("image", .ok, image)
  }

  /// What runs must be what is remembered, or nobody could put it back.
  private func serving(_ live: JSONValue?) -> PreflightCheck {
    Self.serving(
      live, name: target.deployment.name, former: target.former,
      adoption: target.delivery.adoption)
  }

  /// Without what the release that serves is made of nobody could put it back; nil where it is
  /// kept.
  private func wayBackIsKept() -> PreflightCheck? {
    guard let former = target.former, target.formerObjects == nil else { return nil }
    let names = target.site.names
    return PreflightCheck(
      "way back", target.forwardOnly ? .warn : .refuse,
      "what \(former.revision) is made of is not kept any more: ConfigMap"
        + " \(names.manifests(former.number)) is gone"
        + (target.site.helm == nil ? "" : ", and Helm has no revision of it")
        + "; restore it, or go on without a way back by --forward-only")
  }

  static func serving(
    _ live: JSONValue?, name: String, former: ClusterRelease?, adoption: String
  ) -> PreflightCheck {
    guard let live else {
      return former == nil
        ? PreflightCheck("serving", .ok, "nothing yet: there will be nothing to go back to")
        : PreflightCheck("serving", .warn, "the Deployment \(name) is gone; it is made anew")
    }
    guard let former else {
      return PreflightCheck(
        "serving", .refuse,
        "the Deployment \(name) is there, and no rollout brought it: what it was"
          + " made of is not kept, so there is no way back; delete it, \(adoption)"
      )
    }
    let template = DeploymentReading(live)?.template
    let revisions = template?.variable(DeploymentSubject.revisionVariable) ?? []
    let images = template?.images ?? []
    guard revisions.contains(former.revision), images.contains(former.image) else {
      let found = (revisions + images).joined(separator: ", ")
      return PreflightCheck(
        "serving", .refuse,
        "the Deployment \(name) runs \(found.isEmpty ? "nothing that has a revision" : found),"
          + " and \(former.revision) (\(former.image)) was brought last: a rollback would lose what"
          + " somebody else changed; put it back by kubectl rollout undo, then roll out the change")
    }
    return PreflightCheck("serving", .ok, former.revision)
  }

  /// Whether the pod that comes before one goes has room in what the namespace may use.
  ///
  /// https://kubernetes.io/docs/concepts/policy/resource-quotas/
  private func quota(_ workload: WorkloadArithmetic) throws -> PreflightCheck {
    let quotas: [JSONValue]
    do throws(ClusterFailure) {
      quotas = try client.list(ClusterSelection(.resourceQuota, in: namespace)).items
    } catch {
      guard error.reason == .forbidden else { throw error }
      return PreflightCheck(
        "quota", .warn,
        "not allowed to look at quotas; allow list of resourcequotas, as ops render role --env"
          + " \(target.environment) does")
    }
    let wanted = workload.surgeUsage.sorted { $0.key < $1.key }
    var short: [String] = []
    for quota in quotas {
      let name = quota["metadata"]?["name"]?.text ?? "?"
      for (resource, amount) in wanted {
        guard let hard = quota["status"]?["hard"]?[resource]?.text.flatMap(amount.read),
          let used = quota["status"]?["used"]?[resource]?.text.flatMap(amount.read)
        else { continue }
        if hard - used < amount.value {
          let key = resource == "pods" ? "replicas" : "resources.\(resource)"
          short.append(
            "ResourceQuota \(name) leaves \(amount.written(hard - used)) of \(resource): set its"
              + " spec.hard to at least \(amount.written(used + amount.value)), or lower \(key)")
        }
      }
    }
    guard short.isEmpty else {
      return PreflightCheck(
        "quota", .refuse,
        "\(counted(workload.surge, "pod")) more \(workload.surge == 1 ? "has" : "have") no room;"
          + " \(short.joined(separator: "; "))")
    }
    return PreflightCheck(
      "quota", .ok, quotas.isEmpty ? "none" : "room for \(counted(workload.surge, "pod")) more")
  }

  /// Whether the budget lets a pod go, for whoever drains a node meanwhile.
  ///
  /// https://kubernetes.io/docs/tasks/run-application/configure-pdb/
  private func disruption() throws -> PreflightCheck {
    let name = target.objects.first { $0.kind.kind == "PodDisruptionBudget" }?.name
    guard let name,
      let live = try client.get(.podDisruptionBudget, name, in: namespace)
    else { return PreflightCheck("disruption", .ok, "no budget yet") }
    let allowed = live["status"]?["disruptionsAllowed"]?.number ?? 0
    let words = "\(name) lets \(counted(Int(clamping: allowed), "pod")) go"
    guard allowed <= 0 else { return PreflightCheck("disruption", .ok, words) }
    let key = target.site.environment.autoscale == nil ? "replicas" : "autoscale.min"
    return PreflightCheck(
      "disruption", .warn,
      "PodDisruptionBudget \(words), so that no node can be drained; see that all pods are ready,"
        + " or raise \(key)")
  }

  /// Whether the Secrets that pods mount are there, or will be brought by somebody.
  private func secrets() throws -> PreflightCheck {
    let missing = try target.prerequisites.missingSecrets()
    guard missing.isEmpty else {
      return PreflightCheck(
        "secrets", .warn, "not there yet: \(missing.map(\.words).joined(separator: "; "))")
    }
    return PreflightCheck(
      "secrets", .ok, target.prerequisites.secrets.isEmpty ? "none needed" : "all there")
  }

  /// The Job of the migration as it is there; nil where it is not, or there is none.
  private func liveJob() throws -> JSONValue? {
    guard let job = target.migration?.job else { return nil }
    return try client.get(.job, job.name, in: namespace)
  }

  private func migrationJob(_ live: JSONValue?) -> PreflightCheck {
    guard let job = target.migration?.job else {
      return PreflightCheck("migration", .ok, "in the pod, before it serves")
    }
    let words =
      switch MigrationJob.Standing(live) {
      case .absent: "Job \(job.name)"
      case .running: "Job \(job.name) runs already and will be followed"
      case .succeeded: "Job \(job.name) has run already"
      case .failed, .leaving: "Job \(job.name) failed before; it is made anew"
      }
    return PreflightCheck("migration", .ok, words)
  }

  /// Whether whatever may serve once the schema is changed can run on it; `job` is the migration's
  /// as it is there.
  ///
  /// What an image migrates, it alone knows: its Job is told what serves, and refuses. The way back
  /// is judged by the migrations that this program knows.
  private func schema(_ job: JSONValue?) -> [PreflightCheck] {
    if target.isUndo { return wayBack() }
    guard let former = target.former else { return [] }
    return [
      Self.compatibility(
        of: former, job: job, hasJob: target.migration != nil, forwardOnly: target.forwardOnly)
    ]
  }

  static func compatibility(
    of former: ClusterRelease, job: JSONValue?, hasJob: Bool, forwardOnly: Bool
  ) -> PreflightCheck {
    let subject = "compatibility"
    guard !forwardOnly else {
      return PreflightCheck(
        subject, .warn,
        "not checked: --forward-only accepts that \(former.revision) may not run on the new schema")
    }
    guard hasJob else {
      return PreflightCheck(
        subject, .warn,
        "not checked: no Job migrates, and nobody asks whether \(former.revision) runs on what the"
          + " pod or somebody else makes of the schema; see min-release of the new migrations")
    }
    guard let version = former.version else {
      return PreflightCheck(
        subject, .warn,
        "not checked: the version of \(former.revision) is not known, so its migration is not told"
          + " of it: a contract migration would not be refused; see min-release of the new"
          + " migrations, and allow get of services/proxy, by which the next release is asked")
    }
    guard let job, hasChecked(job, version) else {
      return PreflightCheck(
        subject, .warn,
        "not checked: the image alone knows its migrations; its Job is told that \(version) serves,"
          + " and refuses, before it changes anything, what that could not run on")
    }
    return PreflightCheck(subject, .ok, "\(version) runs on it, as the image's Job has seen")
  }

  /// Whether a Job has come to its good end that was told what serves.
  private static func hasChecked(_ job: JSONValue, _ version: String) -> Bool {
    MigrationJob.Standing(job) == .succeeded
      && TemplateReading(job["spec"]?["template"] ?? .null)
        .variable(MigrateApplyCommand.servingVariable).contains(version)
  }

  private func wayBack() -> [PreflightCheck] {
    guard let migrations = try? ServiceSchema.migrations(for: .postgres).migrations,
      let needed = migrations.compactMap(\.header.minRelease).max()
    else { return [] }
    let found = target.release.version
    if let version = found.flatMap({ Release($0) }), version >= needed {
      return [PreflightCheck("schema", .ok, "\(version) runs on it")]
    }
    return [
      PreflightCheck(
        "schema", target.forwardOnly || found == nil ? .warn : .refuse,
        "the release to go back to is \(found ?? "of an unknown version"), and the schema needs"
          + " \(needed); --forward-only accepts that")
    ]
  }
}
