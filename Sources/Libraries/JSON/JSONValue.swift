/// A JSON value that keeps integers apart from reals, and members in their order.
public enum JSONValue: Sendable, Equatable {
  /// `null`.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A number without fraction and exponent, within 64 bits.
  case integer(Int64)
  /// A number with a fraction or an exponent.
  case real(Double)
  /// A text.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object; names are unique.
  case object([JSONMember])

  /// The member of that name, nil where this is no object or has none.
  public subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The text, nil where this is none.
  public var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The integer, nil where this is none.
  public var number: Int64? {
    if case .integer(let number) = self { number } else { nil }
  }

  /// The truth value, nil where this is none.
  public var truth: Bool? {
    if case .boolean(let truth) = self { truth } else { nil }
  }

  /// The elements, nil where this is no array.
  public var elements: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The members, nil where this is no object.
  public var members: [JSONMember]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The type's name as messages use it.
  public var typeName: String {
    switch self {
    case .null: "null"
    case .boolean: "boolean"
    case .integer: "integer"
    case .real: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

/// A name and its value in an object.
public struct JSONMember: Sendable, Equatable {
  /// The name.
  public let name: String
  /// The value.
  public let value: JSONValue

  /// A member.
  public init(_ name: String, _ value: JSONValue) {
    self.name = name
    self.value = value
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
  /// A text.
  public init(stringLiteral text: String) { self = .string(text) }
  /// An integer.
  public init(integerLiteral number: Int64) { self = .integer(number) }
  /// A truth value.
  public init(booleanLiteral truth: Bool) { self = .boolean(truth) }
  /// A real.
  public init(floatLiteral number: Double) { self = .real(number) }
  /// `null`.
  public init(nilLiteral: ()) { self = .null }
  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object, members in the order written.
  public init(dictionaryLiteral members: (String, JSONValue)...) {
    self = .object(members.map { JSONMember($0.0, $0.1) })
  }
}
