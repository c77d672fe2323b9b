import Core
import HTTPServer
import JSON
import SQL

/// A request as the audit history will tell of it.
///
/// Made on an event thread, so it holds what is there; words are made of it when it is written.
struct AuditEntry: Sendable {
  /// The most bytes of a body that are kept.
  static let dataBytesMax = 4096
  /// The most bytes of a path that are kept.
  static let routeBytesMax = 8000
  /// What an entry takes in memory beside its texts, about.
  static let overheadBytes = 160

  let created: Timestamp
  let method: String
  let route: String
  /// The beginning of the body, a few bytes more than are shown.
  let body: [UInt8]
  let status: Int

  init(_ request: Request, status: Int, at now: Timestamp) {
    // A few bytes more show whether the last character is whole.
    let bytesMax = Self.dataBytesMax + 4
    self.init(
      created: now, method: request.method.rawValue, route: request.path,
      body: request.body.count <= bytesMax ? request.body : Array(request.body.prefix(bytesMax)),
      status: status)
  }

  init(created: Timestamp, method: String, route: String, body: [UInt8], status: Int) {
    self.created = created
    self.method = method
    self.route = route
    self.body = body
    self.status = status
  }

  /// What it takes in memory, about.
  var bytes: Int { Self.overheadBytes + method.utf8.count + route.utf8.count + body.count }

  /// The status line, such as `201 Created`.
  var statusLine: String {
    status == Completion.clientClosedRequest
      ? "\(status) Client Closed Request" : "\(status) \(StatusPhrase.of(status))"
  }

  /// Writes the row as the member of a batch.
  func write(to writer: inout JSONWriter) {
    writer.object {
      $0.member("created", created.databaseText)
      $0.member("method", Self.text(method.utf8, bytesMax: Self.routeBytesMax))
      $0.member("route", Self.text(route.utf8, bytesMax: Self.routeBytesMax))
      $0.member("data", Self.text(body, bytesMax: Self.dataBytesMax))
      $0.member("status", statusLine)
    }
  }

  /// The bytes as text of at most `bytesMax` bytes, which ends with a whole character.
  ///
  /// What is not UTF-8 becomes U+FFFD, and so does NUL, which PostgreSQL can not keep.
  static func text(_ bytes: some Collection<UInt8>, bytesMax: Int) -> String {
    var text = ""
    var count = 0
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      let kept = scalar == "\0" ? "\u{FFFD}" : scalar
      count += UTF8.width(kept)
      guard count <= bytesMax else { break }
      text.unicodeScalars.append(kept)
    }
    return text
  }
}

/// The paths whose requests the audit history tells of.
enum AuditedPaths {
  private static let prefix = Array("/api/randomizes".utf8)

  /// Whether `request` is for a randomize or the list of them, found or not.
  static func holds(_ request: Request) -> Bool { request.isWithin(prefix) }
}
