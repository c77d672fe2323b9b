import Core
import JSON

/// A word and its characters in a random order, as kept.
struct Randomize: Sendable, Equatable {
  let id: Int64
  let created: Timestamp
  /// When it was jumbled last; at first the same as `created`.
  let updated: Timestamp
  let original: String
  let jumbled: String

  func write(to writer: inout JSONWriter) {
    writer.object {
      $0.name("id")
      $0.integer(id)
      $0.member("created", created.iso8601)
      $0.member("updated", updated.iso8601)
      $0.member("original", original)
      $0.member("jumbled", jumbled)
    }
  }
}

/// What may be jumbled: 1 to 255 Unicode code points without NUL, which PostgreSQL can not keep.
struct Word: Sendable, Equatable {
  static let lengthMax = 255

  let text: String

  init?(_ text: String) {
    guard !text.isEmpty, text.unicodeScalars.count <= Self.lengthMax, !text.utf8.contains(0)
    else { return nil }
    self.text = text
  }
}
