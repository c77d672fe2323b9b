import Core

@testable import Ops

/// What one run of a rollout needs on a simulated cluster where nothing else happens.
struct UndisturbedRun {
  let cluster: SimulatedCluster
  let time: SimulatedTime
  let clients: SimulatedClients
  let interruption: Interruption
  private let target: SimulatedTarget<DeploymentSubject>
  private let timeout: Duration

  /// Of a release of that conduct; the former one serves where `hasFormer`.
  init(_ conduct: SimulatedRelease.Conduct = .good, hasFormer: Bool) throws {
    let scenario = Scenario(undisturbed: conduct, seed: 1, policies: try SimulatedPolicies())
    cluster = SimulatedCluster(scenario.generator)
    time = SimulatedTime(cluster)
    if hasFormer, let outgoing = scenario.outgoing {
      cluster.apply(outgoing, replicas: scenario.replicas)
      cluster.settle()
    }
    clients = SimulatedClients(cluster, ratePerSecond: 10, SeededGenerator(1))
    time.clients = clients
    interruption = Interruption(clock: time.clock)
    target = SimulatedTarget(scenario, time) { generation, release, isFormer in
      DeploymentSubject(
        name: "slipway", generation: generation, revision: release.revision, isFormer: isFormer)
    }
    timeout = scenario.timeout
  }

  /// The run, about to begin where `machine` stands.
  func make(
    _ machine: RolloutMachine = RolloutMachine(), journal: any RolloutJournal = SimulatedJournal(),
    lock: any EnvironmentLock = SimulatedLock(), timeout: Duration? = nil,
    probes: (any ProbeSource)? = nil
  ) throws -> RolloutRun {
    let source: any ProbeSource = probes ?? clients
    return RolloutRun(
      .init(
        target: target, journal: journal, lock: lock, holder: try lock.acquire(purpose: "rollout"),
        interruption: interruption, view: .silent, number: 1, fromBroken: false,
        timeout: timeout ?? self.timeout, restIn: nil, probes: { source }),
      machine: machine)
  }
}
