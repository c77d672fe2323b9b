/// A script of SQL, of which the last line must say that it is whole.
///
/// https://www.postgresql.org/docs/15/app-pgdump.html
final class CompletionLineStream: ByteStream {
  /// The lines behind it are few: a comment's end, and what undoes `\restrict`.
  private static let tailBytes = 1024

  private let upstream: any ByteStream
  private let content: BackupFile.Content
  private let line: String
  private var tail: [UInt8] = []

  init(_ upstream: any ByteStream, _ content: BackupFile.Content) {
    self.upstream = upstream
    self.content = content
    line =
      content == .globals
      ? "-- PostgreSQL database cluster dump complete" : "-- PostgreSQL database dump complete"
  }

  func next() throws -> [UInt8] {
    let piece = try upstream.next()
    tail = Array((tail + piece.suffix(Self.tailBytes)).suffix(Self.tailBytes))
    return piece
  }

  func finish() throws {
    try upstream.finish()
    let lines = String(decoding: tail, as: UTF8.self).split(separator: "\n")
    guard lines.contains(where: { $0 == line }) else {
      throw BackupError.incomplete(content, reason: "it does not end with '\(line)'")
    }
  }

  func discard() { upstream.discard() }
}
