import Core

@testable import Ops

/// Brings releases into a simulated cluster, with the real witness.
final class SimulatedTarget<Subject: WitnessSubject>: RolloutTarget {
  /// How long the API may be away before a change is given up.
  private static var changeTimeout: Duration { .seconds(60) }
  private static var tick: Duration { .milliseconds(100) }

  private struct Watched {
    let watch: SimulatedWatch
    var witness: Witness<Subject>
  }

  let environment = "simulated"
  let entrance = Entrance(url: "http://simulated/health")
  let incoming: ReleaseName
  let outgoing: ReleaseName?
  let policy: RolloutPolicy
  let redaction = Redaction(secrets: [])
  /// When clients began to be judged.
  private(set) var judgedFrom: Duration?
  /// What the witness said of a release, each time that it said something else.
  private(set) var findings: [(release: String, finding: WitnessFinding)] = []

  private let scenario: Scenario
  private let time: SimulatedTime
  private let makeSubject: (_ generation: Int64, SimulatedRelease, _ isFormer: Bool) -> Subject
  private var watched: [String: Watched] = [:]

  init(
    _ scenario: Scenario, _ time: SimulatedTime,
    makeSubject: @escaping (Int64, SimulatedRelease, Bool) -> Subject
  ) {
    self.scenario = scenario
    self.time = time
    self.makeSubject = makeSubject
    incoming = ReleaseName(revision: scenario.incoming.revision, source: "simulated")
    outgoing = scenario.outgoing.map { ReleaseName(revision: $0.revision, source: "simulated") }
    policy = scenario.policy
  }

  /// Those are played with the real target, in processes.
  var canary: (any RolloutCanary)? { nil }

  func preflight() -> [PreflightCheck] { [] }
  func backup(_ run: any RolloutContext) -> String? { nil }

  func migrate(_ run: any RolloutContext) throws -> String {
    judgedFrom = run.isWatchedByClients ? time.cluster.now : nil
    try run.wait(.seconds(1))
    return "nothing to do"
  }

  func apply(_ run: any RolloutContext) throws {
    if run.isWatchedByClients { judgedFrom = judgedFrom ?? time.cluster.now }
    try bring(scenario.incoming, isFormer: false, run)
    guard !run.isWatchedByClients else { return }
    while true {
      switch observe(incoming) {
      case .complete:
        judgedFrom = time.cluster.now
        return try run.clientsMayCome()
      case .failed(let cause): throw PhaseFailure(cause, advice: advice(on: incoming))
      case .progressing, .unheard, .unknown: try run.wait(Self.tick)
      }
    }
  }

  func observe(_ release: ReleaseName) -> PlatformObservation {
    guard var entry = watched[release.revision] else { return .unknown("nobody watches") }
    for change in entry.watch.arrived(by: time.cluster.now) {
      entry.witness.handle(change, at: time.wall)
    }
    let finding = entry.witness.look(at: time.wall)
    if findings.last?.finding != finding || findings.last?.release != release.revision {
      findings.append((release.revision, finding))
    }
    let observation = entry.witness.observe(at: time.wall)
    watched[release.revision] = entry
    return observation
  }

  func advice(on release: ReleaseName) -> CauseAdvice? {
    guard let last = findings.last(where: { $0.release == release.revision }),
      case .failed(let cause) = last.finding
    else { return nil }
    return CauseAdvice(cause)
  }

  func replicas() -> [ReplicaCount]? { nil }
  func finish(_ run: any RolloutContext) throws { try run.change { _ in } }
  func evidence() -> [RolloutEvidence] { watched[incoming.revision]?.witness.evidence ?? [] }

  func rollBack(_ run: any RolloutContext) throws {
    if scenario.mutation == .leavesNothing { return try run.change { _ in time.cluster.delete() } }
    while scenario.mutation == .waitsForEver { try run.wait(Self.tick) }
    if let outgoing = scenario.outgoing {
      try bring(outgoing, isFormer: true, run)
      // Until the new pods are gone clients may meet them.
      let end = time.cluster.now + ClusterTarget.putBackTimeout
      while let name = self.outgoing, observe(name) != .complete {
        if case .failed(let cause) = observe(name) { throw PhaseFailure(cause) }
        guard time.cluster.now < end else { throw PhaseFailure("not there again") }
        try run.wait(Self.tick)
      }
    } else {
      try run.change { _ in time.cluster.delete() }
    }
  }

  private func bring(
    _ release: SimulatedRelease, isFormer: Bool, _ run: any RolloutContext
  ) throws {
    let end = time.cluster.now + Self.changeTimeout
    while scenario.faults.away.contains(where: { $0.contains(time.cluster.now) }) {
      guard time.cluster.now < end else { throw PhaseFailure("the API server does not answer") }
      try run.wait(Self.tick)
    }
    let generation = try run.change { _ in
      time.cluster.apply(
        release, replicas: time.cluster.deployment == nil ? scenario.replicas : nil)
    }
    let watch = SimulatedWatch(
      time.cluster, scenario.faults, SeededGenerator(time.cluster.generator.next()))
    time.cluster.watches.append(watch)
    let subject = makeSubject(generation, release, isFormer)
    watched[release.revision] = Watched(watch: watch, witness: Witness(subject))
  }
}

/// The time of a simulation: it passes only while a run waits.
///
/// One thread runs a simulation from its beginning to its end.
final class SimulatedTime: @unchecked Sendable {
  let cluster: SimulatedCluster
  var clients: SimulatedClients?
  /// How far the machine's clock was set from the true one, and when it was set.
  var jumps: [(at: Duration, by: Duration)] = []
  /// What happens to the run, and when.
  var plan: [Planned] = []
  /// When the process is suspended, and for how long.
  var suspended: [(at: Duration, length: Duration)] = []

  struct Planned {
    let at: Duration
    let what: @Sendable () -> Void
  }

  /// What else goes on at each step of the cluster; true once it is over.
  var beside: [() -> Bool] = []
  /// Whether a step is being played: what is done in it takes no time.
  private(set) var isPassing = false

  private var pending: Duration = .zero

  init(_ cluster: SimulatedCluster) { self.cluster = cluster }

  /// What the machine's clock says.
  var wall: Timestamp {
    let set = jumps.reduce(Duration.zero) { $1.at <= cluster.now ? $0 + $1.by : $0 }
    return RecordedStream.began.advanced(by: cluster.now + set)
  }

  var clock: RolloutClock {
    RolloutClock(
      elapsed: { [self] in cluster.now + pending }, pause: { [self] in pass($0) })
  }

  func pass(_ duration: Duration) {
    guard !isPassing else { return }
    pending += duration
    while pending >= SimulatedCluster.step {
      pending -= SimulatedCluster.step
      cluster.advance()
      isPassing = true
      clients?.step()
      beside.removeAll { $0() }
      isPassing = false
      while let next = plan.first, next.at <= cluster.now {
        plan.removeFirst()
        next.what()
      }
      while let next = suspended.first, next.at <= cluster.now {
        suspended.removeFirst()
        let end = cluster.now + next.length
        while cluster.now < end { cluster.advance() }
        clients?.skip()
      }
    }
  }
}
