import Core
import JSON

@testable import Ops

/// One rollout from a seed, driven by the real run with the real machines, and judged by what was
/// true in the cluster meanwhile.
struct SimulatedRollout {
  /// What came of it.
  struct Report: Equatable {
    let seed: UInt64
    let conduct: SimulatedRelease.Conduct
    let outcome: Outcome
    let cause: String?
    /// Runs that it took, interrupted ones included.
    let runs: Int
    let took: Duration
    /// What the platform's witness found against the new release, as `CauseText.id`.
    var causes: [String] = []
    /// Properties that do not hold.
    var violations: [String] = []
  }

  /// Runs of one rollout; one that is interrupted more often is a mistake of the simulation.
  private static let runsMax = 5

  private let scenario: Scenario
  private let cluster: SimulatedCluster
  private let time: SimulatedTime
  private let journal = SimulatedJournal()
  private let lock = SimulatedLock()

  init(_ scenario: Scenario) {
    self.scenario = scenario
    cluster = SimulatedCluster(scenario.generator)
    time = SimulatedTime(cluster)
  }

  /// Plays it to its end.
  func play<Subject>(
    makeSubject: @escaping (Int64, SimulatedRelease, Bool) -> Subject
  ) -> Report where Subject: WitnessSubject {
    if let outgoing = scenario.outgoing {
      cluster.apply(outgoing, replicas: scenario.replicas)
      cluster.settle()
    }
    place()
    let began = cluster.now
    let shifted = scenario.beginning(at: began)
    journal.append("begin", [:], at: time.wall)
    var interruptions = scenario.interruptions.map { (at: began + $0.at, losesLock: $0.losesLock) }
    var machine = RolloutMachine()
    var runs = 0
    var lost = 0
    while true {
      runs += 1
      let target = SimulatedTarget(shifted, time, makeSubject: makeSubject)
      let ended = run(machine, target, &interruptions)
      lost += time.clients?.failures.count ?? 0
      guard ended.outcome == .interrupted, runs < Self.runsMax, !ended.isOverdue else {
        var report = Report(
          seed: scenario.seed, conduct: scenario.incoming.conduct, outcome: ended.outcome,
          cause: ended.cause, runs: runs, took: cluster.now - began)
        report.causes = target.findings.compactMap { release, finding in
          guard release == scenario.incoming.revision, case .failed(let cause) = finding else {
            return nil
          }
          return CauseText(cause).id
        }
        if ended.isOverdue { report.violations.append("did not end in time") }
        let oracle = Oracle(scenario, scenario.faults, cluster)
        report.violations += oracle.violations(target, time, ended.outcome)
        report.violations += oracle.unreasonable(
          ended.outcome, failed: lost, away: shifted.faults.awayTime(from: began, to: cluster.now),
          ended.cause)
        return report
      }
      guard let summary = JournalSummary(journal.entries()) else { continue }
      machine =
        scenario.isResumed
        ? RolloutMachine(resuming: summary) : RolloutMachine(aborting: summary)
    }
  }

  /// What the scenario plans begins with the rollout.
  private func place() {
    let now = cluster.now
    cluster.troubleEnds = now + SimulatedRelease.troubleMax
    cluster.autoscaling = scenario.autoscaling.map { (now + $0.at, $0.replicas) }
    cluster.oldPodsCrash = scenario.oldPodsCrash.map { now + $0 }
    time.jumps = scenario.jumps.map { (now + $0.at, $0.by) }
    time.suspended = scenario.suspended.map { (now + $0.at, $0.length) }
  }

  private func run<Subject>(
    _ machine: RolloutMachine, _ target: SimulatedTarget<Subject>,
    _ interruptions: inout [(at: Duration, losesLock: Bool)]
  ) -> (outcome: Outcome, cause: String?, isOverdue: Bool) {
    let interruption = Interruption(clock: time.clock)
    let lock = lock
    let next = interruptions.first
    let bound = cluster.now + self.bound
    time.plan = [SimulatedTime.Planned(at: bound) { interruption.raise("overdue") }]
    if let next {
      interruptions.removeFirst()
      let losesLock = next.losesLock
      let raise: @Sendable () -> Void = {
        if losesLock { lock.lose() } else { interruption.raise("SIGTERM") }
      }
      time.plan.insert(SimulatedTime.Planned(at: next.at, what: raise), at: next.at < bound ? 0 : 1)
    }
    let clients = SimulatedClients(
      cluster, ratePerSecond: scenario.policy.probeRate,
      SeededGenerator(cluster.generator.next()))
    time.clients = clients
    let setting = RolloutRun.Setting(
      target: target, journal: journal, lock: lock, holder: lock.acquire(purpose: "rollout"),
      interruption: interruption, view: RolloutView.silent, number: 1, fromBroken: false,
      timeout: scenario.timeout, restIn: nil, probes: { clients })
    let baseline = journal.entries().last { $0.kind == "baseline" }
    let run = RolloutRun(
      setting, machine: machine, baseline: baseline.flatMap { Baseline($0.fields) })
    let outcome = run.run()
    return (outcome, run.machine.cause, interruption.reason == "overdue")
  }

  /// The most that a run may take: the whole forwards, with as much that is held, and the whole way
  /// back.
  private var bound: Duration {
    scenario.timeout * 2 + scenario.policy.soak + ClusterTarget.putBackTimeout
      + .seconds(60 + 60 + 60)
  }
}

extension RolloutView {
  /// A view that nobody looks at.
  static var silent: RolloutView {
    RolloutView(.silent)
  }
}

extension CommandContext {
  /// One in which nothing is printed.
  static var silent: CommandContext {
    let nowhere = TextOutput(isTerminal: false) { _ in }
    return CommandContext(
      output: nowhere, error: nowhere, environment: [:], currentDirectory: "/",
      tree: .group("ops", "", []))
  }
}
