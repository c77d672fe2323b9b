import Core

@testable import Ops

/// A canary in a simulated cluster, with the real witness.
final class SimulatedCanary: RolloutCanary {
  private static let tick: Duration = .milliseconds(100)
  /// How long a Gateway takes to hear of a weight.
  private static let routeDelay: Duration = .milliseconds(500)

  let steps: [RolloutStep]

  private let scenario: Scenario
  private let time: SimulatedTime
  private var watched: (watch: SimulatedWatch, witness: Witness<DeploymentSubject>)?

  init(_ scenario: Scenario, _ time: SimulatedTime) {
    (self.scenario, self.time) = (scenario, time)
    steps = scenario.outgoing == nil ? [] : scenario.steps
  }

  func bring(_ step: RolloutStep, _ run: any RolloutContext) throws -> String {
    let form: CanaryForm = scenario.isWeighed ? .route : .pods
    let pods = form.pods(for: step.weight, beside: time.cluster.deployment?.replicas ?? 1)
    let generation = try run.change { _ in
      time.cluster.bringCanary(scenario.incoming, replicas: pods)
    }
    watch(generation)
    while observe() != .complete {
      if case .failed(let cause) = observe() { throw PhaseFailure(cause) }
      try run.wait(Self.tick)
    }
    if scenario.isWeighed { try run.change { _ in time.cluster.canaryWeight = step.weight } }
    return counted(pods, "pod")
  }

  private func watch(_ generation: Int64) {
    let watch = SimulatedWatch(
      time.cluster, scenario.faults, SeededGenerator(time.cluster.generator.next()))
    time.cluster.watches.append(watch)
    let subject = DeploymentSubject(
      name: "slipway-canary", generation: generation, revision: scenario.incoming.revision)
    watched = (watch, Witness(subject))
  }

  func observe() -> PlatformObservation {
    guard var entry = watched else { return .progressing }
    for change in entry.watch.arrived(by: time.cluster.now) {
      entry.witness.handle(change, at: time.wall)
    }
    defer { watched = entry }
    return entry.witness.observe(at: time.wall)
  }

  func end(_ run: any RolloutContext) throws {
    if time.cluster.canaryWeight != nil {
      try run.change { _ in time.cluster.canaryWeight = 0 }
      try run.wait(Self.routeDelay)
    }
    try run.change { _ in time.cluster.deleteCanary() }
    // What was evicted serves nobody, whoever removes it.
    while time.cluster.pods.contains(where: { time.cluster.isOfCanary($0) && !$0.wasEvicted }) {
      try run.wait(Self.tick)
    }
    try run.change { _ in time.cluster.canaryWeight = nil }
  }
}
