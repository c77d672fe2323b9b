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
  /// Whether a former release is brought back on purpose.
  let isUndo: Bool

  /// A rollout of `release` over `former`, nil where nothing serves.
  init(
    settings: Environment, paths: LocalPaths, release: LocalRelease, former: LocalRelease?,
    forwardOnly: Bool, isUndo: Bool = false
  ) throws {
    self.settings = settings
    self.paths = paths
    self.release = release
    self.former = former
    self.forwardOnly = forwardOnly
    self.isUndo = isUndo
    self.database = try DatabaseURL(release.environment["DATABASE_URL"] ?? "")
    self.client = SupervisorClient(
      paths: paths, host: settings.host ?? Environment.localHost, port: settings.port)
  }

  var environment: String { settings.name }
  var entrance: Entrance { Entrance(url: (settings.url ?? "") + Self.healthPath) }
  var policy: RolloutPolicy { settings.rollout }
  var redaction: Redaction { Redaction(release.environment) }
  var incoming: ReleaseName { Self.name(release) }
  var outgoing: ReleaseName? { former.map(Self.name) }

  /// A replica that is new serves only once it was observed apart from clients.
  var canary: (any RolloutCanary)? { nil }

  func preflight() throws -> [PreflightCheck] { LocalPreflight(self).checks() }

  func backup(_ run: any RolloutContext) throws -> String? {
    if isUndo { return "none: going back does not change the schema" }
    let means: any BackupMeans
    switch database {
    // A policy that wants none has nothing to wait for: what is copied keeps nobody away.
    case .sqlite where policy.backup == .skip: return nil
    case .sqlite: means = LocalBackup(paths: paths, database: database, release: release)
    case .postgres(let address): means = serverBackup(address)
    }
    return try RolloutBackup(requirement: policy.backup, means: means).carryOut(run)
  }

  func serverBackup(_ address: PostgresAddress) -> LocalServerBackup {
    LocalServerBackup(
      address: address, settings: settings, variables: ProcessInfo.environment)
  }

  func migrate(_ run: any RolloutContext) throws -> String {
    if isUndo { return "left as it is: going back does not change the schema" }
    return try LocalMigration(database: database).apply(run)
  }

  func apply(_ run: any RolloutContext) throws {
    let status = try run.change { _ in try client.ensureRunning() }
    if status.set(release.revision)?.stage != .serving {
      try start(release, run)
      try CandidateObservation(target: self, run: run).pass()
    }
    // Also where a former run has admitted it: the old one must not go before the new one serves.
    try admit(release, run)
    try dismissAll(but: release, run)
    if !run.isWatchedByClients {
      // What served before was broken, or nothing: clients judge the new release alone.
      try waitUntilAlone(release, run)
      try run.clientsMayCome()
    }
  }

  func observe(_ name: ReleaseName) -> PlatformObservation {
    // A supervisor that died is brought back here too: replicas and clients do not need it.
    guard let status = client.status() ?? (try? client.ensureRunning()) else {
      return .unknown("the supervisor does not answer")
    }
    // The old release may have had its crashes, long ago; the new one may have none.
    if name.revision == release.revision,
      let failed = failedReplica(of: name.revision, status, afterAdmission: true)
    {
      return .failed(failed)
    }
    let replicas = status.replicas(of: name.revision)
    let isWhole =
      replicas.count == status.set(name.revision)?.count
      && replicas.allSatisfy { $0.state == .accepting }
    return isWhole && status.sets.count == 1 ? .complete : .progressing
  }

  func replicas() -> [ReplicaCount]? {
    client.status().map { status in
      status.sets.map { set in
        let running = status.replicas(of: set.revision).filter { $0.state != .ended }
        return ReplicaCount(
          revision: set.revision, serving: running.count { $0.state == .accepting },
          total: running.count)
      }
    }
  }

  func finish(_ run: any RolloutContext) throws {
    try run.change { _ in
      var state = try LocalState.load(paths.state)
      state.replaceCurrent(with: release)
      try state.save(paths.state)
    }
    // What is left lying about takes room; it is no reason to take a good release back.
    do {
      try run.change { _ in
        try ReleaseStore(paths: paths).prune(keeping: try LocalState.load(paths.state))
        try LocalBackup.prune(paths)
      }
    } catch let error as Interrupted {
      throw error
    } catch {
      run.note("old releases and copies were not removed: \(error)")
    }
  }

  func evidence() -> [RolloutEvidence] {
    let status = client.status()
    return (0..<release.replicas).compactMap { index in
      let name = "\(release.revision)-\(index)"
      let lines = said(name, lines: RolloutEvidence.linesMax)
      let replica = status?.replicas.first { $0.name == name }
      guard replica != nil || !lines.isEmpty else { return nil }
      let state = replica.map { $0.end ?? $0.state.rawValue } ?? "not running"
      return RolloutEvidence(source: "replica \(name)", state: state, lines: lines)
    }
  }

  func rollBack(_ run: any RolloutContext) throws {
    guard client.status() != nil || former != nil || LocalReplicas.anyAlive(paths) else { return }
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
    } else if status.sets.allSatisfy({ $0.revision == release.revision }) {
      try run.change { fence in _ = try client.ask(SupervisorRequest(.stop, fence: fence)) }
    } else {
      try run.change { fence in
        _ = try client.ask(SupervisorRequest(.dismiss(release.revision), fence: fence))
      }
    }
    try waitUntilGone(release.revision, run)
    try run.change { _ in
      var state = try LocalState.load(paths.state)
      if state.putBack(former, insteadOf: release) { try state.save(paths.state) }
    }
  }

  private static func name(_ release: LocalRelease) -> ReleaseName {
    ReleaseName(
      revision: release.revision, source: "app, sha256 \(release.digest.prefix(12))")
  }
}

extension LocalTarget {
  /// The last lines that a replica wrote, without the secrets of its release.
  func said(_ name: String, lines: Int) -> [String] {
    let redaction = redaction
    return ReplicaLogs.tail(paths.log(name), lines: lines).map { redaction.applied(to: $0) }
  }

  /// Why the first failed replica of a revision failed, in one line; nil while none has.
  func failedReplica(
    of revision: String, _ status: SupervisorStatus, afterAdmission: Bool = false
  ) -> String? {
    for replica in status.replicas(of: revision) {
      guard let end = replica.end else { continue }
      let line = said(replica.name, lines: 1).first
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
      count: release.replicas, leaveTimeout: Self.leaveTimeout(of: release), stage: .candidate)
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
    try wait(for: [revision], run) { $0.set(revision) == nil }
  }

  /// Waits until no other release runs.
  private func waitUntilAlone(_ release: LocalRelease, _ run: any RolloutContext) throws {
    try wait(for: [], run) { status in
      status.sets.allSatisfy { $0.revision == release.revision }
    }
  }

  private func wait(
    for leaving: [String], _ run: any RolloutContext, until condition: (SupervisorStatus) -> Bool
  ) throws {
    let longest = [former, release].compactMap { $0.map(Self.leaveTimeout) }.max() ?? .zero
    let deadline = Deadline.after(longest + Self.startTimeout)
    while let status = client.status(), !condition(status) {
      guard !deadline.hasPassed else {
        let names = leaving.isEmpty ? "the old release" : leaving.joined(separator: ", ")
        throw PhaseFailure("\(names) does not leave")
      }
      try run.wait(Self.tick)
    }
  }

  /// How long a replica of a release may take to leave, by the release's own variables.
  private static func leaveTimeout(of release: LocalRelease) -> Duration {
    let times = ["DRAIN_DELAY", "DRAIN_TIMEOUT"].map { name in
      release.environment[name].flatMap { DurationText.parse($0) } ?? .seconds(10)
    }
    return times.reduce(leaveMargin, +)
  }
}

extension RolloutEvidence {
  /// Lines of each log that are kept.
  static let linesMax = 20
}
