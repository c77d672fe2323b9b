import Core

/// A Swift type that a column can be read as.
///
/// The conversion accepts what either database gives for the type, and nothing else: a text that
/// is not a date is not a date.
public protocol ValueConvertible {
  /// The value as this type, or nil when it is something else.
  init?(value: Value)
}

extension Bool: ValueConvertible {
  /// A boolean, or SQLite's 0 and 1.
  public init?(value: Value) {
    switch value {
    case .boolean(let flag): self = flag
    case .integer(0): self = false
    case .integer(1): self = true
    default: return nil
    }
  }
}

extension Int64: ValueConvertible {
  /// A whole number.
  public init?(value: Value) {
    guard case .integer(let number) = value else { return nil }
    self = number
  }
}

extension Int: ValueConvertible {
  /// A whole number.
  public init?(value: Value) {
    guard case .integer(let number) = value else { return nil }
    self.init(number)
  }
}

extension Double: ValueConvertible {
  /// A floating point number, or a whole one.
  public init?(value: Value) {
    switch value {
    case .real(let number): self = number
    case .integer(let number): self = Double(number)
    default: return nil
    }
  }
}

extension String: ValueConvertible {
  /// A text.
  public init?(value: Value) {
    guard case .text(let text) = value else { return nil }
    self = text
  }
}

extension [UInt8]: ValueConvertible {
  /// Bytes.
  public init?(value: Value) {
    guard case .blob(let bytes) = value else { return nil }
    self = bytes
  }
}

extension CivilDate: ValueConvertible {
  /// A date, or SQLite's text of one.
  public init?(value: Value) {
    switch value {
    case .date(let date): self = date
    case .text(let text): self.init(text)
    default: return nil
    }
  }
}

extension Timestamp: ValueConvertible {
  /// A timestamp, or SQLite's text of one.
  public init?(value: Value) {
    switch value {
    case .timestamp(let moment): self = moment
    case .text(let text): self.init(iso8601: text)
    default: return nil
    }
  }
}

extension UUID: ValueConvertible {
  /// A UUID, or SQLite's text of one.
  public init?(value: Value) {
    switch value {
    case .uuid(let uuid): self = uuid
    case .text(let text): self.init(text)
    default: return nil
    }
  }
}

extension Optional: ValueConvertible where Wrapped: ValueConvertible {
  /// Null as nil, everything else as the wrapped type.
  public init?(value: Value) {
    if case .null = value {
      self = nil as Wrapped?
    } else {
      guard let wrapped = Wrapped(value: value) else { return nil }
      self = wrapped
    }
  }
}
