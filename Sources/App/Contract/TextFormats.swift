import Core
import SQL

extension TextFormat {
  static let uuid = TextFormat(
    name: "uuid", words: "a UUID such as 0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968"
  ) { UUID($0) != nil }

  static let date = TextFormat(
    name: "date", words: "a day of the calendar as YYYY-MM-DD"
  ) { CivilDate($0) != nil }

  static let moment = TextFormat(
    name: "date-time", words: "a moment as YYYY-MM-DDTHH:MM:SS.sssZ"
  ) { Timestamp(iso8601: $0) != nil }

  /// A moment that a client gives.
  static let momentWithOffset = TextFormat(
    name: "date-time", words: "a moment as RFC 3339 writes it, such as 2026-11-02T09:30:00Z"
  ) { Timestamp(rfc3339: $0) != nil }

  /// An opaque mark of a place in a list.
  static let cursor = TextFormat(
    pattern: "^[A-Za-z0-9_-]{1,\(Cursor.lengthMax)}$", words: "a cursor that a `Link` gave"
  ) { Cursor($0) != nil }
}
