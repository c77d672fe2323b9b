import Testing

@testable import Ops

/// What a run tells of a cause beside its words.
@Suite struct RolloutAdviceTests {
  /// The run of a release of that conduct over a good one, to its end.
  private func run(_ conduct: SimulatedRelease.Conduct) throws -> RolloutRun {
    let run = try UndisturbedRun(conduct, hasFormer: true).make()
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
