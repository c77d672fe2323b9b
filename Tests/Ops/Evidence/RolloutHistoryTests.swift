import Core
import JSON
import Testing

@testable import Ops

@Suite struct RolloutHistoryTests {
  private static func time(_ second: Int) -> Timestamp {
    Timestamp(microsecondsSinceEpoch: 1_790_000_000_000_000 + Int64(second) * 1_000_000)
  }

  /// A journal that came to `phase`, and ended with `outcome` where there is one.
  private static func summary(
    _ number: Int, _ revision: String, _ outcome: Outcome?, cause: String? = nil
  ) -> JournalSummary? {
    var entries = [
      JournalEntry(
        time: time(number * 100), kind: "begin",
        fields: ["revision": .string(revision), "environment": ["PASSWORD": "hidden"]]),
      JournalEntry(time: time(number * 100 + 1), kind: "phase", fields: ["phase": "gate"]),
    ]
    if let outcome {
      entries.append(
        JournalEntry(
          time: time(number * 100 + 9), kind: "end",
          fields: [
            "outcome": .string(outcome.rawValue), "cause": cause.map { .string($0) } ?? .null,
          ]))
    }
    return JournalSummary(entries)
  }

  private static func history(count: Int = 20, isHeld: Bool = false) -> RolloutHistory {
    RolloutHistory([1, 2, 3, 4], count: count, isHeld: isHeld) { number in
      switch number {
      case 1: summary(1, "aaa", .done)
      case 2: summary(2, "bbb", .rolledBack, cause: "it\u{1b}[2J died")
      case 3: summary(3, "ccc", .done)
      default: summary(4, "ddd", nil)
      }
    }
  }

  @Test func theNewestComesFirstWithWhatServedBefore() {
    let history = Self.history()
    #expect(history.rows.map(\.number) == [4, 3, 2, 1])
    #expect(history.rows.map(\.from) == ["ccc", "aaa", "aaa", nil])
  }

  @Test func whatServedBeforeIsKnownOfTheLastRowToo() {
    let history = Self.history(count: 2)
    #expect(history.rows.map(\.number) == [4, 3])
    #expect(history.rows.map(\.from) == ["ccc", "aaa"])
  }

  @Test func theTableTellsOutcomesAndCausesAndNoSecret() {
    let text = Self.history().lines.joined(separator: "\n")
    #expect(text.contains("failed-and-rolled-back\n        it\\u{1B}[2J died\n"))
    #expect(text.contains("interrupted in gate"))
    #expect(!text.contains("hidden") && !Self.history().json.written().contains("hidden"))
    #expect(Self.history(isHeld: true).lines.joined().contains("running, gate"))
  }

  @Test func withoutRolloutsThereIsALine() {
    let none = RolloutHistory([], count: 20, isHeld: false) { _ in nil }
    #expect(none.lines == ["no rollout yet"])
    #expect(none.json == [])
  }

  @Test func aJournalThatCannotBeReadIsPassedOver() {
    let history = RolloutHistory([1, 2], count: 20, isHeld: false) { number in
      number == 1 ? Self.summary(1, "aaa", .done) : nil
    }
    #expect(history.rows.map(\.number) == [1])
  }
}
