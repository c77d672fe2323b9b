import Core
import HTTPClient
import JSON

/// The state of an environment of a cluster as a person wants to see it.
struct ClusterStatus: Sendable {
  /// How long the service may take to answer.
  private static let healthTimeout: Duration = .seconds(2)
  /// What is shown of what a release says of its schema, in characters.
  private static let schemaWordsMax = 200

  let environment: String
  let entrance: String
  var release: ClusterRelease?
  var health = ""
  /// What the release that serves says of the schema, and the migration that was run last.
  var schema = ""
  /// The backup that was proven last and the one that was taken last, as far as that is known.
  var backup = ""
  var deployment = ""
  /// What Helm says of its release; nil where it is not by Helm.
  var helm: String?
  var rollout = RolloutStanding.none
  /// Why nothing may be rolled out; nil where it may.
  var frozen: String?
  /// The canary that runs; nil where none does.
  var canary: String?
  var pods: [String] = []
  /// What the rollout that runs is about to change, one line each.
  var meanwhile: [String] = []
  /// What is not as it should be, one line each.
  var wrong: [String] = []

  /// Looks at everything, and changes nothing.
  static func read(_ site: ClusterSite) throws -> ClusterStatus {
    let state = try site.load()
    let entrance = site.entrance
    var status = ClusterStatus(
      environment: site.environment.name, entrance: entrance.shown, release: state.current)
    if let helm = site.helm { status.lookAtHelm(helm) }
    try status.lookAtRollout(state, site)
    try status.lookAtDeployment(site)
    let tried = try status.lookAtCanary(site)
    try status.lookAtHealth(site, tried: tried)
    status.lookAtDatabase(site)
    return status
  }

  private mutating func lookAtHealth(_ site: ClusterSite, tried: String?) throws {
    guard deployment != "none" else {
      health = "not asked, nothing serves"
      return
    }
    let entrance = site.entrance
    let relay = try site.relay()
    var request = HTTPRequest(
      entrance.url, unixSocketPath: relay?.socketPath, deadline: .after(Self.healthTimeout))
    request.headers = [HTTPHeader("Accept", "application/json")]
    do throws(HTTPClientError) {
      let response = try HTTPClient().send(request)
      if let word = relay?.mark.outcome(of: response) {
        health = "no answer: \(word)"
        if release != nil { wrong.append("\(entrance.shown): \(word)") }
        return
      }
      let revision = response.header("X-Revision")
      health = "\(response.status) from \(revision ?? "an unknown revision")"
      if response.status != 200 { wrong.append("\(entrance.shown) answers \(response.status)") }
      takeSchema(from: response.body, of: revision)
      if let revision, let release, revision != release.revision, revision != tried {
        differs("revision \(revision) answers, and \(release.revision) was brought last")
      }
    } catch {
      health = "no answer: \(error)"
      if release != nil { wrong.append("\(entrance.shown): \(error)") }
    }
  }

  /// Notes what the release that answered says of its schema, where it does.
  private mutating func takeSchema(from body: [UInt8], of revision: String?) {
    guard let said = (try? JSONReader.read(body))?["schema"], let state = said["state"]?.text
    else { return }
    let words = ErrorReport.printable(String(state.prefix(Self.schemaWordsMax)))
    schema = "\(words), says \(revision ?? "an unknown revision")"
    if said["usable"]?.truth == false { wrong.append("the schema is \(words)") }
  }

  /// Looks for what the Jobs tell that are kept; what they do not is said to be unknown.
  private mutating func lookAtDatabase(_ site: ClusterSite) {
    let name = site.environment.name
    let elsewhere =
      site.environment.backup == nil
      ? "\(name) has no 'backup' in \(Platform.fileName)" : "ops backup list --env \(name)"
    let said = schema.isEmpty ? nil : schema
    do throws(ClusterFailure) {
      let traces = try site.databaseTraces()
      let migration = traces.migrationWords ?? "no Job of a migration is kept"
      schema = [said ?? "unknown, no release says it", migration].joined(separator: "; ")
      let proven = traces.succeeded(.drill).flatMap { site.proven(by: $0) }
      backup = traces.backupWords(proven: proven, elsewhere: elsewhere)
    } catch {
      let words = ErrorReport.printable(error.words)
      schema = said ?? "unknown, no release says it; \(words)"
      backup = "unknown here: \(elsewhere); \(words)"
    }
  }

  private mutating func lookAtDeployment(_ site: ClusterSite) throws {
    guard
      let object = try site.client.get(.deployment, site.names.service, in: site.names.namespace)
    else {
      deployment = "none"
      if release != nil { wrong.append("the Deployment \(site.names.service) is gone") }
      return
    }
    guard let reading = DeploymentReading(object) else {
      deployment = "unreadable"
      return
    }
    let old = reading.existing - reading.updated
    deployment =
      "\(reading.updated) of \(reading.replicas) updated, \(reading.available) available,"
      + " \(old) old"
    if reading.updated < reading.replicas || reading.available < reading.replicas || old > 0 {
      differs("the Deployment is not whole: \(deployment)")
    }
    let labels = "\(site.ownLabel),app.kubernetes.io/component=\(Objects.app)"
    let selection = ClusterSelection(.pod, in: site.names.namespace, labels: labels)
    pods = try site.client.list(selection).items.map { pod in
      let status = pod["status"]?["containerStatuses"]?.elements?.first
      let restarts = Int(clamping: status?["restartCount"]?.number ?? 0)
      let state = status?["state"]?["waiting"]?["reason"]?.text ?? pod["status"]?["phase"]?.text
      return "\(pod["metadata"]?["name"]?.text ?? "?")  \(state ?? "?")"
        + "  \(status?["ready"]?.truth == true ? "ready" : "not ready")"
        + "  \(counted(restarts, "restart"))"
    }
  }

  private mutating func lookAtHelm(_ program: HelmProgram) {
    do throws(HelmFailure) {
      let history = try program.history()
      helm = history.revisions.last.map { "revision \($0.number), \($0.status.rawValue)" } ?? "none"
      if case .unfinished(let last, _) = history.standing {
        wrong.append(HelmCheck.words(of: last, program.release))
      }
    } catch {
      helm = "unknown"
      wrong.append(error.message)
    }
  }

  /// The revision of a canary, nil where none runs.
  private mutating func lookAtCanary(_ site: ClusterSite) throws -> String? {
    let name = CanaryObjects.name(of: site.names.service)
    guard let object = try site.client.get(.deployment, name, in: site.names.namespace),
      let reading = DeploymentReading(object)
    else { return nil }
    let weight = reading.object.annotations[CanaryObjects.weightKey].map { ", \($0) % wanted" }
    let revision = reading.template.variable(DeploymentSubject.revisionVariable).first
    canary =
      "\(revision ?? "?"), \(reading.available) of \(reading.replicas) available\(weight ?? "")"
    if !rollout.isRunning {
      wrong.append("a canary runs and no rollout: \(canary ?? ""); use --resume or --abort")
    }
    return revision
  }

  private mutating func lookAtRollout(
    _ state: RolloutState<ClusterRelease>, _ site: ClusterSite
  ) throws {
    frozen = state.frozen
    let entries = try site.journal(state.number).entries()
    rollout = RolloutStanding(state.number, entries, holder: try? site.lock.holder())
    if let reason = rollout.wrong { wrong.append(reason) }
  }

  /// Notes what is not as it was left: wrong, but for a rollout that changes it just now.
  private mutating func differs(_ words: String) {
    if rollout.isRunning { meanwhile.append(words) } else { wrong.append(words) }
  }
}

extension ClusterStatus {
  var lines: [String] {
    let lines = [
      "environment  \(environment) (\(entrance))",
      "release      "
        + (release.map { "\($0.revision), rollout \($0.number), \($0.image), since \($0.time)" }
          ?? "none"),
      "health       \(health)", "schema       \(schema)", "deployment   \(deployment)",
      "rollout      \(rollout.words)", "backup       \(backup)",
    ]
    return lines + (helm.map { ["helm         \($0)"] } ?? [])
      + (canary.map { ["canary       \($0)"] } ?? []) + pods.map { "pod          \($0)" }
      + (frozen.map { ["frozen       \($0)"] } ?? []) + meanwhile.map { "meanwhile    \($0)" }
      + wrong.map { "wrong        \($0)" }
  }

  var json: JSONValue {
    [
      "environment": .string(environment), "entrance": .string(entrance),
      "revision": release.map { .string($0.revision) } ?? .null,
      "rolloutNumber": release.map { .integer(Int64($0.number)) } ?? .null,
      "image": release.map { .string($0.image) } ?? .null,
      "health": .string(health), "schema": .string(schema), "deployment": .string(deployment),
      "backup": .string(backup),
      "helm": helm.map { .string($0) } ?? .null, "rollout": .string(rollout.words),
      "isRunning": .boolean(rollout.isRunning), "frozen": frozen.map { .string($0) } ?? .null,
      "canary": canary.map { .string($0) } ?? .null, "pods": .array(pods.map { .string($0) }),
      "meanwhile": .array(meanwhile.map { .string($0) }),
      "wrong": .array(wrong.map { .string($0) }),
    ]
  }
}
