import JSON
import POSIX
import Testing

@testable import Ops

/// Journals of whole rollouts, decided again by the machine of today.
@Suite struct JournalReplayTests {
  private struct Case: Sendable, CustomTestStringConvertible {
    let journal: String
    let outcome: Outcome
    let phases: [Phase]
    var testDescription: String { journal }
  }

  private static let whole: [Phase] = [
    .lock, .preflight, .baseline, .backup, .migrate, .apply, .gate, .soak, .finish,
  ]
  private static let wayBack: [Phase] = [.diagnose, .rollBack, .gateOld]

  private static let cases = [
    Case(journal: "first-install", outcome: .done, phases: whole),
    Case(journal: "good", outcome: .done, phases: whole),
    Case(journal: "failed", outcome: .rolledBack, phases: Array(whole.prefix(7)) + wayBack),
    Case(
      journal: "killed-and-resumed", outcome: .done,
      phases: Array(whole.prefix(7)) + [.apply, .gate, .soak, .finish]),
    Case(
      journal: "killed-and-aborted", outcome: .aborted,
      phases: Array(whole.prefix(8)) + [.rollBack, .gateOld]),
    Case(
      journal: "interrupted-and-resumed", outcome: .done,
      phases: Array(whole.prefix(6)) + [.apply, .gate, .soak, .finish]),
    Case(
      journal: "killed-on-the-way-back", outcome: .rolledBack,
      phases: Array(whole.prefix(7)) + [.diagnose, .rollBack, .rollBack, .gateOld]),
    Case(
      journal: "aborted-before-any-change", outcome: .aborted,
      phases: [.lock, .preflight, .baseline, .diagnose]),
    Case(
      journal: "first-install-failed", outcome: .rolledBack,
      phases: Array(whole.prefix(6)) + wayBack),
  ]

  private static func entries(_ name: String) throws -> [JournalEntry] {
    let path = Path.parent(of: #filePath) + "/journals/\(name).jsonl"
    return JournalEntry.read(lines: try File.readText(path, limit: 1 << 20))
  }

  @Test(arguments: cases)
  private func theMachineDecidesAsItDid(_ testCase: Case) throws {
    let entries = try Self.entries(testCase.journal)
    let replay = try JournalReplay(entries)
    #expect(replay.phases == testCase.phases)
    #expect(replay.outcome == testCase.outcome)
    #expect(JournalSummary(entries)?.outcome == testCase.outcome)
  }

  @Test(arguments: cases)
  private func whereverItEndsAJournalIsResumedAndAborted(_ testCase: Case) throws {
    let entries = try Self.entries(testCase.journal)
    for count in 1..<entries.count {
      let summary = try #require(JournalSummary(Array(entries.prefix(count))))
      guard summary.outcome == nil, summary.phase != nil else { continue }
      #expect(JournalReplay.end(of: RolloutMachine(aborting: summary)) == .aborted)
      let resumed = JournalReplay.end(of: RolloutMachine(resuming: summary))
      #expect(resumed == (summary.phase?.isWayBack == true ? summary.verdict : .done))
    }
  }
}

/// The phases that a machine enters where what a journal tells happens to it.
private struct JournalReplay {
  private(set) var phases: [Phase] = []
  private(set) var outcome: Outcome?

  init(_ entries: [JournalEntry]) throws {
    var machine = RolloutMachine()
    // What a run was interrupted by is told on by one that goes on.
    var known: String?
    phases = [machine.phase]
    for (index, entry) in entries.enumerated() {
      switch entry.kind {
      case "phase":
        let phase = try #require(entry.fields["phase"]?.text.flatMap(Phase.init(rawValue:)))
        if phase == machine.phase { continue }
        let cause = entry.fields["cause"]?.text
        // A cause that was not known before is what the phase before ended with.
        let event =
          cause == nil || cause == machine.cause || cause == known
          ? RolloutMachine.Event.succeeded : .failed(cause ?? "")
        take(machine.handle(event))
        #expect(machine.phase == phase)
      case "resume", "abort":
        let summary = try #require(JournalSummary(Array(entries.prefix(index))))
        known = summary.cause
        machine =
          entry.kind == "resume"
          ? RolloutMachine(resuming: summary) : RolloutMachine(aborting: summary)
        phases.append(machine.phase)
      case "end":
        let told = try #require(entry.fields["outcome"]?.text.flatMap(Outcome.init(rawValue:)))
        take(machine.handle(told == .interrupted ? .interrupted("SIGTERM") : .succeeded))
      default: break
      }
    }
  }

  private mutating func take(_ action: RolloutMachine.Action) {
    switch action {
    case .enter(let phase): phases.append(phase)
    case .end(let outcome): self.outcome = outcome
    }
  }

  /// How a rollout ends in which all goes well from there on.
  static func end(of machine: RolloutMachine) -> Outcome {
    var machine = machine
    for _ in Phase.allCases {
      if case .end(let outcome) = machine.handle(.succeeded) { return outcome }
    }
    return .interrupted
  }
}
