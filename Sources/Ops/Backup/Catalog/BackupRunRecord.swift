import Core
import JSON

/// Who began a backup: written first, so that what a killed run left behind can be told from what
/// is under way; and once more where it failed, which keeps anybody from pruning until one ends
/// well.
struct BackupRunRecord: Sendable, Equatable {
  /// The form that this release writes.
  static let formatCurrent = 1
  /// Most bytes of one as JSON.
  static let bytesMax = 64 * 1024

  let id: BackupID
  /// The lock that it holds, as `BackupSnapshot.lock`.
  let lock: String
  let host: String
  let process: Int32
  let startedAt: Timestamp
  /// Why there is no backup; nil where the run is under way, was killed or ended well.
  var failure: String?
}

extension BackupRunRecord {
  /// The object's bytes.
  var bytes: [UInt8] {
    var members: [JSONMember] = [
      JSONMember("format", .integer(Int64(Self.formatCurrent))),
      JSONMember("id", .string(id.text)),
      JSONMember("lock", .string(lock)),
      JSONMember("host", .string(host)),
      JSONMember("process", .integer(Int64(process))),
      JSONMember("startedAt", .string(startedAt.iso8601InMicroseconds)),
    ]
    if let failure { members.append(JSONMember("failure", .string(failure))) }
    return JSONValue.object(members).recordBytes
  }

  /// Reads what `bytes` gave.
  init(_ bytes: [UInt8]) throws(RecordProblem) {
    let fields = try RecordFields.read(bytes, formatCurrent: Self.formatCurrent)
    self.init(
      id: try fields.member("id", "the name of a backup") { $0.text.flatMap { BackupID($0) } },
      lock: try fields.text("lock"), host: try fields.text("host"),
      process: Int32(clamping: try fields.number("process")),
      startedAt: try fields.moment("startedAt"), failure: fields.json["failure"]?.text)
  }
}
