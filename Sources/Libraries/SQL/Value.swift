import Core

/// A value that goes to the database or comes from it.
///
/// PostgreSQL has a type for each case; SQLite keeps booleans as 0 and 1, and dates, timestamps
/// and UUIDs as text. Read columns through `Row.get`, which hides the difference.
public enum Value: Sendable, Equatable {
  /// SQL's absence of a value.
  case null
  /// True or false; 1 or 0 in SQLite.
  case boolean(Bool)
  /// A whole number of 64 bits.
  case integer(Int64)
  /// A binary floating point number of 64 bits.
  case real(Double)
  /// Unicode text without NUL, which PostgreSQL cannot keep.
  case text(String)
  /// Bytes, as they are.
  case blob([UInt8])
  /// A calendar day; `YYYY-MM-DD` in SQLite.
  case date(CivilDate)
  /// A moment to the microsecond; `YYYY-MM-DDTHH:MM:SS.ffffffZ` in SQLite, where it sorts as text.
  case timestamp(Timestamp)
  /// A UUID; 36 characters in SQLite.
  case uuid(UUID)
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
  /// A text.
  public init(stringLiteral value: String) { self = .text(value) }

  /// A whole number.
  public init(integerLiteral value: Int64) { self = .integer(value) }

  /// True or false.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }

  /// A floating point number.
  public init(floatLiteral value: Double) { self = .real(value) }

  /// SQL's null.
  public init(nilLiteral: ()) { self = .null }
}

extension Value {
  /// What kind of value this is, in one word, for messages that must not show the value.
  public var kindName: String {
    switch self {
    case .null: "null"
    case .boolean: "boolean"
    case .integer: "integer"
    case .real: "real"
    case .text: "text"
    case .blob: "blob"
    case .date: "date"
    case .timestamp: "timestamp"
    case .uuid: "uuid"
    }
  }
}
