import Core
import Testing

@testable import Ops

/// What a run tells of a cause beside its words.
@Suite struct RolloutAdviceTests {
  /// The run of a release of that conduct over a good one, to its end.
  private func run(_ conduct: SimulatedRelease.Conduct) throws -> RolloutRun {
    let scenario = Scenario(undisturbed: conduct, seed: 1, policies: try SimulatedPolicies())
    let cluster = SimulatedCluster(scenario.generator)
    let time = SimulatedTime(cluster)
    if let outgoing = scenario.outgoing {
      cluster.apply(outgoing, replicas: scenario.replicas)
      cluster.settle()
    }
    let clients = SimulatedClients(cluster, ratePerSecond: 10, SeededGenerator(1))
    time.clients = clients
    let target = SimulatedTarget(scenario, time) { generation, release, isFormer in
      DeploymentSubject(
        name: "slipway", generation: generation, revision: release.revision, isFormer: isFormer)
    }
    let lock = SimulatedLock()
    let run = RolloutRun(
      .init(
        target: target, journal: SimulatedJournal(), lock: lock,
        holder: lock.acquire(purpose: "rollout"),
        interruption: Interruption(clock: time.clock), view: .silent, number: 1,
        fromBroken: false, timeout: scenario.timeout, restIn: nil, probes: { clients }),
      machine: RolloutMachine())
    _ = run.run()
    return run
  }

  @Test(arguments: [
    SimulatedRelease.Conduct.crashing, .outOfMemory, .imageMissing, .misconfigured, .unschedulable,
    .quotaUsedUp,
  ])
  func aCauseOfThePlatformHasItsAdvice(conduct: SimulatedRelease.Conduct) throws {
    let record = try run(conduct).record
    #expect(record.outcome == .rolledBack)
    #expect(record.advice?.id == conduct.cause, "\(record.cause ?? "no cause")")
  }

  @Test func aCauseOfClientsHasNone() throws {
    let record = try run(.answersBadly).record
    #expect(record.outcome == .rolledBack)
    #expect(record.cause != nil && record.advice == nil)
  }
}
