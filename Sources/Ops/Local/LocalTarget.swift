import Core
import JSON
import POSIX
import SQL

/// Brings releases to this machine: processes under a supervisor, behind one socket.
final class LocalTarget: RolloutTarget {
  /// The path that is polled.
  static let healthPath = "/health"
  /// What a replica does before it stops accepting; the service's own default.
  static let drainDelay: Duration = .milliseconds(800)
  /// What a replica may take beyond its drain before it is killed.
  private static let leaveMargin: Duration = .seconds(5)
  /// How often the supervisor is asked.
  private static let tick: Duration = .milliseconds(50)
  /// How long a release may take to start, or to leave, beside its own times.
  static let startTimeout: Duration = .seconds(30)

  let paths: LocalPaths
  let settings: Environment
  let release: LocalRelease
  let former: LocalRelease?
  let database: DatabaseURL
  let client: SupervisorClient
  let forwardOnly: Bool

  /// A rollout of `release` over `former`, nil where nothing serves.
  init(
    settings: Environment, paths: LocalPaths, release: LocalRelease, former: LocalRelease?,
    forwardOnly: Bool
  ) throws {
    self.settings = settings
    self.paths = paths
    self.release = release
    self.former = former
    self.forwardOnly = forwardOnly
    self.database = try DatabaseURL(release.environment["DATABASE_URL"] ?? "")
    self.client = SupervisorClient(
      paths: paths, host: settings.host ?? Environment.localHost, port: settings.port)
  }

  var environment: String { settings.name }
  var entrance: String { (settings.url ?? "") + Self.healthPath }
  var policy: RolloutPolicy { settings.rollout }
  var incoming: ReleaseName { Self.name(release) }
  var outgoing: ReleaseName? { former.map(Self.name) }

  func preflight() throws -> [PreflightCheck] { LocalPreflight(self).checks() }

  func backup(_ run: any RolloutContext) throws -> String? {
    try LocalBackup(paths: paths, database: database, requirement: policy.backup)
      .take(for: release, run)
  }

  func migrate(_ run: any RolloutContext) throws -> String {
    try LocalMigration(database: database).apply(run)
  }

  func apply(_ run: any RolloutContext) throws {
    let status = try run.change { _ in try client.ensureRunning() }
    if status.set(release.revision)?.stage != .serving {
      try start(release, run)
      try CandidateObservation(target: self, run: run).pass()
      try admit(release, run)
    }
    try run.clientsMayCome()
    try dismissAll(but: release, run)
  }

  func observe(_ name: ReleaseName) -> PlatformObservation {
    guard let status = client.status() else { return .unknown("the supervisor does not answer") }
    if let failed = failedReplica(of: name.revision, status, afterAdmission: true) {
      return .failed(failed)
    }
    let replicas = status.replicas(of: name.revision)
    let isWhole =
      replicas.count == status.set(name.revision)?.count
      && replicas.allSatisfy { $0.state == .accepting }
    return isWhole && status.sets.count == 1 ? .complete : .progressing
  }

  func finish(_ run: any RolloutContext) throws {
    try run.change { _ in
      var state = try LocalState.load(paths.state)
      state.replaceCurrent(with: release)
      try state.save(paths.state)
      try ReleaseStore(paths: paths).prune(keeping: state)
      try LocalBackup.prune(paths)
    }
  }

  func evidence() -> [RolloutEvidence] {
    let status = client.status()
    return (0..<release.replicas).compactMap { index in
      let name = "\(release.revision)-\(index)"
      let lines = ReplicaLogs.tail(paths.log(name), lines: RolloutEvidence.linesMax)
      let replica = status?.replicas.first { $0.name == name }
      guard replica != nil || !lines.isEmpty else { return nil }
      let state = replica.map { $0.end ?? $0.state.rawValue } ?? "not running"
      return RolloutEvidence(source: "replica \(name)", state: state, lines: lines)
    }
  }

  func rollBack(_ run: any RolloutContext) throws {
    guard client.status() != nil || former != nil else { return }
    let status = try run.change { _ in try client.ensureRunning() }
    if let former {
      if status.set(former.revision)?.stage != .serving {
        // It has left, or is about to: processes that were asked to end are not asked back.
        try waitUntilGone(former.revision, run)
        try start(former, run)
        try waitUntilReady(former, run)
        try admit(former, run)
      }
      try dismissAll(but: former, run)
    } else {
      try run.change { fence in _ = try client.ask(SupervisorRequest(.stop, fence: fence)) }
    }
    try waitUntilGone(release.revision, run)
  }

  private static func name(_ release: LocalRelease) -> ReleaseName {
    ReleaseName(
      revision: release.revision, source: "app, sha256 \(release.digest.prefix(12))")
  }
}

extension LocalTarget {
  /// Why the first failed replica of a revision failed, in one line; nil while none has.
  func failedReplica(
    of revision: String, _ status: SupervisorStatus, afterAdmission: Bool = false
  ) -> String? {
    for replica in status.replicas(of: revision) {
      guard let end = replica.end else { continue }
      let line = ReplicaLogs.tail(paths.log(replica.name), lines: 1).first
      let restarts =
        afterAdmission && replica.restarts > 0
        ? ", \(counted(replica.restarts, "restart"))" : ""
      return "replica \(replica.name): \(end)\(restarts)"
        + (line.map { "; last line: \(LogLine.words($0))" } ?? "; it said nothing")
    }
    return nil
  }

  private func start(_ release: LocalRelease, _ run: any RolloutContext) throws {
    let set = ReplicaSet(
      revision: release.revision, program: release.program, environment: release.environment,
      count: release.replicas, leaveTimeout: Self.drainDelay + settings.drain + Self.leaveMargin,
      stage: .candidate)
    try run.change { fence in _ = try client.ask(SupervisorRequest(.start(set), fence: fence)) }
  }

  /// Lets clients in, and waits until every replica has them.
  private func admit(_ release: LocalRelease, _ run: any RolloutContext) throws {
    try run.change { fence in
      _ = try client.ask(SupervisorRequest(.admit(release.revision), fence: fence))
    }
    try wait(for: release, run) { $0.state == .accepting }
  }

  private func waitUntilReady(_ release: LocalRelease, _ run: any RolloutContext) throws {
    try wait(for: release, run) { $0.state == .ready || $0.state == .accepting }
  }

  private func wait(
    for release: LocalRelease, _ run: any RolloutContext,
    until condition: (SupervisorStatus.ReplicaStatus) -> Bool
  ) throws {
    let deadline = Deadline.after(Self.startTimeout)
    while true {
      let status = try client.ask(SupervisorRequest(.status))
      if let cause = failedReplica(of: release.revision, status) { throw PhaseFailure(cause) }
      let replicas = status.replicas(of: release.revision)
      if replicas.count == release.replicas, replicas.allSatisfy(condition) { return }
      guard !deadline.hasPassed else {
        let states = replicas.map { "\($0.name) is \($0.state.rawValue)" }
        throw PhaseFailure(
          "after \(DurationText.format(Self.startTimeout)): "
            + (states.isEmpty ? "no replica" : states.joined(separator: ", ")))
      }
      try run.wait(Self.tick)
    }
  }

  private func dismissAll(but kept: LocalRelease, _ run: any RolloutContext) throws {
    for set in try client.ask(SupervisorRequest(.status)).sets
    where set.revision != kept.revision && set.stage != .leaving {
      try run.change { fence in
        _ = try client.ask(SupervisorRequest(.dismiss(set.revision), fence: fence))
      }
    }
  }

  private func waitUntilGone(_ revision: String, _ run: any RolloutContext) throws {
    let deadline = Deadline.after(
      Self.drainDelay + settings.drain + Self.leaveMargin + Self.startTimeout)
    while let status = client.status(), status.set(revision) != nil {
      guard !deadline.hasPassed else {
        throw PhaseFailure("release \(revision) does not leave")
      }
      try run.wait(Self.tick)
    }
  }
}

extension RolloutEvidence {
  /// Lines of each log that are kept.
  static let linesMax = 20
}
