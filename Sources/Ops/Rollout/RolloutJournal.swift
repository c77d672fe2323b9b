import Core
import JSON

/// The record of one rollout: what happened, in its order.
///
/// A phase is entered in it before the phase begins, so that a later run knows how far an
/// interrupted one can have come.
protocol RolloutJournal: Sendable {
  /// Adds an entry; it is kept once this returns.
  func append(_ kind: String, _ fields: JSONValue, at time: Timestamp) throws
  /// The whole entries so far, none where there is no journal.
  func entries() throws -> [JournalEntry]
}

extension RolloutJournal {
  /// Adds an entry of this moment.
  func append(_ kind: String, _ fields: JSONValue) throws {
    try append(kind, fields, at: .now())
  }
}

/// One thing that happened in a rollout.
struct JournalEntry: Sendable, Equatable {
  /// When it was written.
  let time: Timestamp
  /// What happened: `begin`, `phase`, `baseline`, `note`, `end`, `helm` before Helm changes
  /// anything, and `resume` or `abort` where another run took over.
  let kind: String
  /// What belongs to it.
  let fields: JSONValue
}

extension JournalEntry {
  /// The phase that is entered, nil where none is.
  fileprivate var phase: Phase? {
    kind == "phase" ? fields["phase"]?.text.flatMap(Phase.init(rawValue:)) : nil
  }

  var json: JSONValue {
    ["time": .string(time.iso8601), "kind": .string(kind), "fields": fields]
  }

  init?(_ json: JSONValue) {
    guard let time = json["time"]?.text.flatMap({ Timestamp(iso8601: $0) }),
      let kind = json["kind"]?.text, let fields = json["fields"]
    else { return nil }
    self.init(time: time, kind: kind, fields: fields)
  }

  /// The entries of a text with one on each line; lines that are none are left out.
  static func read(lines text: String) -> [JournalEntry] {
    text.split(separator: "\n").compactMap { line in
      (try? JSONReader.read(String(line))).flatMap(JournalEntry.init)
    }
  }
}

/// What a journal tells of a rollout.
struct JournalSummary: Sendable, Equatable {
  /// What the rollout was asked for, as `begin` holds it.
  let request: JSONValue
  /// The phase entered last, nil before the first.
  let phase: Phase?
  /// When that was.
  let phaseBegan: Timestamp?
  /// The step of the canary that was entered last, from 0.
  let step: Int
  /// How it ended, nil while it has not.
  let outcome: Outcome?
  /// When it began.
  let began: Timestamp
  /// When the last line was written of what happened to it.
  let lastChange: Timestamp
  /// What made it fail, if anything did.
  let cause: String?
  /// How it ends once it has gone its way back.
  let verdict: Outcome
  /// Whether it never came so far as to change what is there.
  let hasChangedNothing: Bool

  /// Reads a summary, nil where the journal has no beginning.
  init?(_ entries: [JournalEntry]) {
    guard let first = entries.first, first.kind == "begin",
      let last = entries.last(where: { $0.kind != "resume" && $0.kind != "abort" })
    else { return nil }
    request = first.fields
    began = first.time
    lastChange = last.time
    let entered = entries.last { $0.kind == "phase" }
    phase = entered?.phase
    let decided = entries.last { $0.kind == "abort" || $0.fields["verdict"]?.text != nil }
    verdict =
      decided?.kind == "abort"
      ? .aborted
      : decided?.fields["verdict"]?.text.flatMap(Outcome.init(rawValue:)) ?? .rolledBack
    hasChangedNothing = entries.compactMap(\.phase).allSatisfy {
      $0.changesNothing || $0 == .diagnose
    }
    phaseBegan = entered?.time
    step = entered?.fields["step"]?.number.map { Int(clamping: $0) } ?? 0
    // Who goes on with a rollout undoes its end.
    let end = entries.last { ["end", "resume", "abort"].contains($0.kind) }
    outcome = end?.fields["outcome"]?.text.flatMap(Outcome.init(rawValue:))
      .flatMap { $0 == .interrupted ? nil : $0 }
    cause = entries.last { $0.fields["cause"]?.text != nil }?.fields["cause"]?.text
  }
}
