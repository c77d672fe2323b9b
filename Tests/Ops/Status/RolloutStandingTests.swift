import Core
import JSON
import Testing

@testable import Ops

/// What whoever is on call reads of the last rollout.
@Suite struct RolloutStandingTests {
  private static let began = Timestamp(microsecondsSinceEpoch: 1_790_000_000_000_000)
  private static let holder = LockHolder(
    fence: 7, process: 4711, host: "laptop", purpose: "rollout", since: began, until: began,
    isReleased: false)

  private func entry(_ seconds: Int64, _ kind: String, _ fields: JSONValue) -> JournalEntry {
    JournalEntry(time: Self.began.advanced(by: .seconds(seconds)), kind: kind, fields: fields)
  }

  private func entries(_ outcome: String? = nil, cause: JSONValue = .null) -> [JournalEntry] {
    let begun = [
      entry(0, "begin", ["revision": "3f2a"]), entry(1, "phase", ["phase": "lock"]),
      entry(5, "phase", ["phase": "gate"]), entry(8, "note", ["text": "slow"]),
    ]
    let end = outcome.map { entry(9, "end", ["outcome": .string($0), "cause": cause]) }
    return begun + [end].compactMap(\.self)
  }

  @Test func nothingWasEverBrought() {
    #expect(RolloutStanding(0, [], holder: nil) == .none)
  }

  @Test func oneThatRunsIsNotWrongAndSaysWhoWhereAndSinceWhen() {
    let standing = RolloutStanding(8, entries(), holder: Self.holder)
    let entered = Self.began.advanced(by: .seconds(5))
    #expect(standing.isRunning && standing.wrong == nil)
    #expect(standing.words.hasPrefix("8 of 3f2a, running, phase gate since \(entered), by"))
    #expect(standing.words.hasSuffix("by process 4711 on laptop since \(Self.began)"))
  }

  @Test func oneThatNobodyHoldsWasInterrupted() {
    let standing = RolloutStanding(8, entries(), holder: nil)
    #expect(standing.words.hasPrefix("8 of 3f2a, interrupted in phase gate at "))
    #expect(!standing.isRunning)
    #expect(standing.wrong == "rollout 8 was interrupted; use --resume or --abort")
  }

  @Test func oneThatWasTakenBackIsToldWithItsCauseAndLeavesNothingWrong() {
    let standing = RolloutStanding(
      8, entries("failed-and-rolled-back", cause: "exit 3"), holder: Self.holder)
    #expect(standing.words.hasSuffix(": exit 3"))
    #expect(!standing.isRunning && standing.wrong == nil)
  }

  @Test func oneWhoseWayBackFailedIsWrong() {
    let standing = RolloutStanding(8, entries("rollback-failed"), holder: nil)
    #expect(standing.wrong?.hasPrefix("rollout 8 failed, and so did the way back") == true)
  }
}
