import Core
import POSIX
import Testing

@testable import Ops

/// Plays rollouts from seeds, with everything that a cluster can do to them.
///
/// `SLIPWAY_SEEDS=10000` plays as many, `SLIPWAY_SEEDS=5001-10000` those, `SLIPWAY_SEED=7` that one
/// alone, and tells its story.
@Suite struct SimulatorTests {
  /// Seeds that are played where nothing else is said.
  private static let seedsDefault = 40
  /// Seeds in which a planted mistake must have shown.
  private static let seedsOfMutations: UInt64 = 400

  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.environment[name].flatMap { UInt64($0) }
  }

  private static func seeds() -> ClosedRange<UInt64> {
    if let seed = number("SLIPWAY_SEED") { return seed...seed }
    let ends = (ProcessInfo.environment["SLIPWAY_SEEDS"] ?? "\(seedsDefault)")
      .split(separator: "-").compactMap { UInt64($0) }
    guard let last = ends.last else { return 1...UInt64(seedsDefault) }
    let first = ends.count > 1 ? ends[0] : 1
    return first...max(first, last)
  }

  private static func play(
    _ seed: UInt64, _ policies: SimulatedPolicies, _ mutation: Mutation? = nil
  ) -> SimulatedRollout.Report {
    let rollout = SimulatedRollout(
      Scenario(seed: seed, policies: policies, mutation: mutation))
    guard let mutation else {
      return rollout.play { generation, release, isFormer in
        DeploymentSubject(
          name: "slipway", generation: generation, revision: release.revision, isFormer: isFormer)
      }
    }
    return rollout.play { generation, release, isFormer in
      MutatedSubject(mutation, generation, release, isFormer: isFormer)
    }
  }

  @Test func everySeedKeepsAllProperties() throws {
    let policies = try SimulatedPolicies()
    var outcomes: [String: Int] = [:]
    for seed in Self.seeds() {
      let report = Self.play(seed, policies)
      let kind = report.conduct.isGood ? "good" : "bad"
      outcomes["\(kind) \(report.outcome.rawValue)", default: 0] += 1
      for violation in report.violations {
        Issue.record(
          """
          SLIPWAY_SEED=\(seed): \(violation); \(report.conduct) ended as \
          \(report.outcome.rawValue) after \(report.took), \(report.cause ?? "no cause")
          """)
      }
    }
    print("simulated: \(outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
    guard Self.number("SLIPWAY_SEED") == nil else { return }
    // Properties of rollouts that all end alike would prove little.
    #expect(outcomes["good done", default: 0] > 0)
    #expect(outcomes["bad failed-and-rolled-back", default: 0] > 0)
  }

  private static func playProcesses(
    _ seed: UInt64, _ policies: SimulatedPolicies, _ mutation: Mutation? = nil
  ) throws -> ClusterSimulation.Report {
    let scenario = Scenario(seed: seed, policies: policies, mutation: mutation)
    return try ClusterSimulation(scenario, SimulatedPlace(scenario)).play()
  }

  @Test func everySeedOfProcessesKeepsAllProperties() throws {
    let policies = try SimulatedPolicies()
    var outcomes: [String: Int] = [:]
    for seed in Self.seeds() {
      let report = try Self.playProcesses(seed, policies)
      let kind = report.conduct.isGood ? "good" : "bad"
      outcomes["\(kind) \(report.outcome.rawValue)", default: 0] += 1
      for violation in report.violations {
        Issue.record(
          "SLIPWAY_SEED=\(seed): \(violation); \(report.conduct): \(report.story)")
      }
      if Self.number("SLIPWAY_SEED") != nil { print("\(report)") }
    }
    print("processes: \(outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
    guard Self.number("SLIPWAY_SEED") == nil else { return }
    #expect(outcomes["good done", default: 0] > 0)
    #expect(outcomes["bad failed-and-rolled-back", default: 0] > 0)
  }

  @Test func theSameSeedPlaysTheSame() throws {
    let policies = try SimulatedPolicies()
    for seed in UInt64(1)...5 {
      #expect(Self.play(seed, policies) == Self.play(seed, policies))
      #expect(try Self.playProcesses(seed, policies) == Self.playProcesses(seed, policies))
    }
  }

  @Test(arguments: Mutation.allCases)
  func aPlantedMistakeIsFoundByThePropertyThatItBreaks(_ mutation: Mutation) throws {
    let policies = try SimulatedPolicies()
    let seed = try (1...Self.seedsOfMutations).first { seed in
      let violations =
        mutation.isOfProcesses
        ? try Self.playProcesses(seed, policies, mutation).violations
        : Self.play(seed, policies, mutation).violations
      return violations.contains { $0.contains(mutation.symptom) }
    }
    #expect(seed != nil, "\(mutation) shows in none of \(Self.seedsOfMutations) seeds")
  }

  @Test(arguments: Array(stride(from: 4, to: 30, by: 2)))
  func anAPIThatIsAwayForMinutesTakesNoGoodReleaseBack(from begin: Int) throws {
    let away: ClosedRange<Duration> = .seconds(begin) ... .seconds(begin + 180)
    let scenario = Scenario(
      undisturbed: .good, seed: 1, policies: try SimulatedPolicies(), away: [away])
    let report = SimulatedRollout(scenario).play { generation, release, isFormer in
      DeploymentSubject(
        name: "slipway", generation: generation, revision: release.revision, isFormer: isFormer)
    }
    #expect(report.outcome == .done, "\(report)")
    #expect(report.violations == [])
  }

  @Test(arguments: Array(stride(from: 2, to: 40, by: 3)), [0, 2])
  func whoeverIsAskedInVainForAWhileIsAskedUntilThereIsAnAnswer(
    from begin: Int, steps: Int
  ) throws {
    let away: ClosedRange<Duration> = .seconds(begin) ... .seconds(begin + 100)
    let weights = [30, 50].prefix(steps)
    let scenario = Scenario(
      undisturbed: .good, seed: 1, policies: try SimulatedPolicies(), away: [away],
      steps: weights.map { RolloutStep(weight: $0, time: .seconds(3)) })
    let report = try ClusterSimulation(scenario, SimulatedPlace(scenario)).play()
    // An API that is away is waited for, as long as there is time, and ends no release.
    // Before it began nobody could tell whether another one had, which refuses it after a minute.
    let ends: Set<Outcome> = begin == 2 ? [.done, .refused] : [.done, .aborted]
    #expect(ends.contains(report.outcome), "\(report)")
    #expect(report.violations == [])
  }

  @Test(arguments: SimulatedRelease.Conduct.allCases.filter { !$0.isCompleteOnPlatform })
  func everyFailureIsFoundByItsCause(_ conduct: SimulatedRelease.Conduct) throws {
    let policies = try SimulatedPolicies()
    for seed in UInt64(1)...3 {
      let scenario = Scenario(undisturbed: conduct, seed: seed, policies: policies)
      let report = SimulatedRollout(scenario).play { generation, release, isFormer in
        DeploymentSubject(
          name: "slipway", generation: generation, revision: release.revision, isFormer: isFormer)
      }
      #expect(report.outcome == .rolledBack, "\(report)")
      #expect(report.causes == [conduct.cause], "\(report)")
    }
  }
}
