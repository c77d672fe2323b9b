import Core
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct JournalTests {
  private let directory = TemporaryDirectory()
  private var journal: Journal { Journal(path: directory.file("1.jsonl")) }
  private let time = Timestamp(microsecondsSinceEpoch: 1_790_000_000_123_000)

  private func cut(_ text: String) throws {
    let file = try File.open(journal.path, .append)
    try file.write(Array(text.utf8))
  }

  @Test func whatIsAppendedIsReadBackInOrder() throws {
    try journal.append("begin", ["program": "app"], at: time)
    try journal.append("phase", ["phase": "lock"], at: time.advanced(by: .seconds(1)))
    #expect(
      try journal.entries() == [
        JournalEntry(time: time, kind: "begin", fields: ["program": "app"]),
        JournalEntry(
          time: time.advanced(by: .seconds(1)), kind: "phase", fields: ["phase": "lock"]),
      ])
  }

  @Test func aJournalThatIsNotThereIsEmpty() throws {
    #expect(try journal.entries().isEmpty)
    #expect(JournalSummary([]) == nil)
  }

  @Test func aLastLineThatWasCutIsLeftOut() throws {
    try journal.append("begin", [:], at: time)
    try cut(#"{"time":"2026-09-2"#)
    #expect(try journal.entries().map(\.kind) == ["begin"])
  }

  @Test func aLineAfterOneThatWasCutIsNotLost() throws {
    try journal.append("begin", [:], at: time)
    try cut(#"{"time":"2026-09-2"#)
    try journal.append("phase", ["phase": "gate"], at: time)
    try journal.append("phase", ["phase": "soak"], at: time)
    #expect(try journal.entries().map(\.kind) == ["begin", "phase", "phase"])
    #expect(JournalSummary(try journal.entries())?.phase == .soak)
  }

  @Test func itIsItsOwnersAlone() throws {
    try journal.append("begin", [:], at: time)
    let mode = try ShellService.run(["stat", "-c", "%a", journal.path])
    #expect(mode == "600\n")
  }

  @Test func theSummaryTellsHowFarARolloutCame() throws {
    try journal.append("begin", ["program": "app"], at: time)
    for phase in ["lock", "preflight", "apply"] {
      try journal.append("phase", ["phase": .string(phase)], at: time.advanced(by: .seconds(2)))
    }
    let summary = try #require(JournalSummary(try journal.entries()))
    #expect(summary.request == ["program": "app"])
    #expect(summary.phase == .apply)
    #expect(summary.outcome == nil)
    #expect(summary.began == time)
    #expect(summary.lastChange == time.advanced(by: .seconds(2)))
  }

  @Test(arguments: Outcome.allCases)
  func onlyAnInterruptedRolloutHasNotEnded(outcome: Outcome) throws {
    try journal.append("begin", [:], at: time)
    try journal.append(
      "end", ["outcome": .string(outcome.rawValue), "cause": "503"], at: time)
    let summary = try #require(JournalSummary(try journal.entries()))
    #expect(summary.outcome == (outcome == .interrupted ? nil : outcome))
    #expect(summary.cause == "503")
  }

  @Test func aJournalWithoutABeginningTellsNothing() throws {
    try journal.append("phase", ["phase": "lock"], at: time)
    #expect(JournalSummary(try journal.entries()) == nil)
  }
}
