import Core
import JSON
import POSIX

/// The record of one rollout, a line of JSON for each thing that happened.
///
/// A phase is entered in it before the phase begins, so that a later run knows how far an
/// interrupted one can have come. Lines are appended and put on the disk one by one; a last line
/// that a crash cut short is left out when reading.
struct Journal: Sendable {
  /// One line.
  struct Entry: Sendable, Equatable {
    /// When it was written.
    let time: Timestamp
    /// What happened: `begin`, `phase`, `note`, `end`.
    let kind: String
    /// What belongs to it.
    let fields: JSONValue
  }

  /// What a journal may hold, in bytes.
  static let bytesMax = 16 * 1024 * 1024

  let path: String

  /// Adds a line and puts it on the disk.
  func append(_ kind: String, _ fields: JSONValue, at time: Timestamp = .now()) throws(SystemError)
  {
    let line: JSONValue = ["time": .string(time.iso8601), "kind": .string(kind), "fields": fields]
    let file = try File.open(path, .append, mode: File.ownerOnly)
    // What a crash cut short must not swallow this line too.
    let start: [UInt8] = try endsInLine() ? [] : [newline]
    try file.write(start + line.bytes() + [newline])
    try file.synchronize()
  }

  private func endsInLine() throws(SystemError) -> Bool {
    guard let size = File.size(path), size > 0 else { return true }
    return try File.readTail(path, bytes: 1) == "\n"
  }

  /// The whole lines so far.
  func entries() throws(SystemError) -> [Entry] {
    guard File.exists(path) else { return [] }
    let text = try File.readText(path, limit: Self.bytesMax)
    return text.split(separator: "\n").compactMap { line in
      guard let value = try? JSONReader.read(String(line)),
        let time = value["time"]?.text.flatMap({ Timestamp(iso8601: $0) }),
        let kind = value["kind"]?.text, let fields = value["fields"]
      else { return nil }
      return Entry(time: time, kind: kind, fields: fields)
    }
  }
}

private let newline = UInt8(ascii: "\n")

/// What a journal tells of a rollout.
struct JournalSummary: Sendable, Equatable {
  /// What the rollout was asked for, as `begin` holds it.
  let request: JSONValue
  /// The phase entered last, nil before the first.
  let phase: Phase?
  /// How it ended, nil while it has not.
  let outcome: Outcome?
  /// When it began.
  let began: Timestamp
  /// When the last line was written.
  let lastChange: Timestamp
  /// What made it fail, if anything did.
  let cause: String?

  /// Reads a summary, nil where the journal has no beginning.
  init?(_ entries: [Journal.Entry]) {
    guard let first = entries.first, first.kind == "begin", let last = entries.last else {
      return nil
    }
    request = first.fields
    began = first.time
    lastChange = last.time
    phase = entries.last { $0.kind == "phase" }
      .flatMap { $0.fields["phase"]?.text }.flatMap(Phase.init(rawValue:))
    let end = entries.last { $0.kind == "end" }
    outcome = end?.fields["outcome"]?.text.flatMap(Outcome.init(rawValue:))
      .flatMap { $0 == .interrupted ? nil : $0 }
    cause = entries.last { $0.fields["cause"]?.text != nil }?.fields["cause"]?.text
  }
}
