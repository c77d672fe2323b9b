import Core
import JSON

/// What was found out about a backup after it was written, as an object of its own.
///
/// It names the manifest that it is about by its digest: copied to another backup it says nothing.
struct BackupMark: Sendable, Equatable {
  /// How far a backup was looked at.
  enum Stage: String, CaseIterable, Sendable {
    /// Its bytes were read back, and are what was written.
    case bytesVerified = "bytes-verified"
    /// It was restored, and the copy held what the original did.
    case proven

    var fileName: String {
      switch self {
      case .bytesVerified: "verified.json"
      case .proven: "proven.json"
      }
    }
  }

  /// The form that this release writes.
  static let formatCurrent = 1
  /// Most bytes of one as JSON.
  static let bytesMax = 1024 * 1024

  let stage: Stage
  let id: BackupID
  /// The digest of the manifest's bytes, in hexadecimal.
  let manifestSHA256: String
  let at: Timestamp
  /// How long it took.
  let duration: Duration
  /// The version of `ops` that looked.
  let tool: String
  /// Whatever else is worth keeping: what was compared, where.
  let details: JSONValue
}

extension BackupMark {
  /// The object's bytes.
  var bytes: [UInt8] {
    let members: [JSONMember] = [
      JSONMember("format", .integer(Int64(Self.formatCurrent))),
      JSONMember("stage", .string(stage.rawValue)),
      JSONMember("id", .string(id.text)),
      JSONMember("manifestSHA256", .string(manifestSHA256)),
      JSONMember("at", .string(at.iso8601InMicroseconds)),
      JSONMember("milliseconds", .integer(duration.inMilliseconds)),
      JSONMember("tool", .string(tool)),
      JSONMember("details", details),
    ]
    return JSONValue.object(members).recordBytes
  }

  /// Reads what `bytes` gave.
  init(_ bytes: [UInt8]) throws(RecordProblem) {
    let fields = try RecordFields.read(bytes, formatCurrent: Self.formatCurrent)
    self.init(
      stage: try fields.choice("stage"),
      id: try fields.member("id", "the name of a backup") { $0.text.flatMap { BackupID($0) } },
      manifestSHA256: try fields.text("manifestSHA256"), at: try fields.moment("at"),
      duration: .milliseconds(try fields.number("milliseconds")), tool: try fields.text("tool"),
      details: fields.json["details"] ?? .null)
  }
}
