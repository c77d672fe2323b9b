import Core
import JSON
import POSIX

/// The record of one rollout in a file, a line of JSON for each entry.
///
/// Lines are appended and put on the disk one by one; a last line that a crash cut short is left
/// out when reading.
struct Journal: RolloutJournal {
  /// What a journal may hold, in bytes.
  static let bytesMax = 16 * 1024 * 1024

  let path: String

  /// Adds a line and puts it on the disk.
  func append(_ kind: String, _ fields: JSONValue, at time: Timestamp) throws(SystemError) {
    let file = try File.open(path, .append, mode: File.ownerOnly)
    // What a crash cut short must not swallow this line too.
    let start: [UInt8] = try endsInLine() ? [] : [newline]
    try file.write(
      start + JournalEntry(time: time, kind: kind, fields: fields).json.bytes() + [newline])
    try file.synchronize()
  }

  private func endsInLine() throws(SystemError) -> Bool {
    guard let size = File.size(path), size > 0 else { return true }
    return try File.readTail(path, bytes: 1) == "\n"
  }

  /// The whole lines so far.
  func entries() throws(SystemError) -> [JournalEntry] {
    guard File.exists(path) else { return [] }
    let text = try File.readText(path, limit: Self.bytesMax)
    return JournalEntry.read(lines: text)
  }
}

private let newline = UInt8(ascii: "\n")
