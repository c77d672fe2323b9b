import Core

/// How a value is named, checked and completed, whatever its type.
struct ValueDeclaration: Sendable {
  /// What a shell may offer.
  enum Completion: Sendable, Equatable {
    case nothing
    case files
    case directories
    case words([String])
  }

  /// How it is written in help, in capitals.
  let name: String
  /// What is accepted, for help and errors.
  let allowed: String
  let completion: Completion
  /// How a wrong value is shown: what may be a secret is not.
  let shown: @Sendable (String) -> String
  let isAllowed: @Sendable (String) -> Bool
}

/// The type of an option's or operand's value: its name, its check and its reading in one.
struct ValueType<Value: Sendable>: Sendable {
  let declaration: ValueDeclaration
  let read: @Sendable (String) -> Value?

  init(
    name: String, allowed: String, completion: ValueDeclaration.Completion = .nothing,
    shown: @escaping @Sendable (String) -> String = { $0 },
    read: @escaping @Sendable (String) -> Value?
  ) {
    declaration = ValueDeclaration(
      name: name, allowed: allowed, completion: completion, shown: shown,
      isAllowed: { read($0) != nil })
    self.read = read
  }
}

extension ValueType where Value == String {
  /// Any text that is not empty.
  static func text(_ name: String) -> Self {
    ValueType(name: name, allowed: "a text that is not empty") { $0.isEmpty ? nil : $0 }
  }

  /// A file's path.
  static var path: Self {
    ValueType(name: "PATH", allowed: "a path", completion: .files) { $0.isEmpty ? nil : $0 }
  }

  /// A directory's path.
  static var directory: Self {
    ValueType(name: "DIR", allowed: "the path of a directory", completion: .directories) {
      $0.isEmpty ? nil : $0
    }
  }

  /// An address that an HTTP client can ask.
  static var httpURL: Self {
    ValueType(name: "URL", allowed: "an address that begins with http:// or https://") { text in
      let isHTTP = ["http://", "https://"].contains { text.hasPrefix($0) && text.count > $0.count }
      return isHTTP && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f } ? text : nil
    }
  }
}

extension ValueType where Value == Secret {
  /// A text that is never shown, such as an address with a password in it.
  static func secret(_ name: String) -> Self {
    ValueType(
      name: name, allowed: "a text that is not empty", shown: { _ in Secret("").description }
    ) { $0.isEmpty ? nil : Secret($0) }
  }
}

extension ValueType where Value == Int {
  /// A whole number within `range`.
  static func integer(_ range: ClosedRange<Int>, name: String = "N") -> Self {
    ValueType(
      name: name, allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)"
    ) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
  }
}

extension ValueType where Value == Duration {
  /// A duration with its unit.
  static var duration: Self {
    ValueType(name: "DURATION", allowed: DurationText.allowed) { DurationText.parse($0) }
  }

  /// A duration with its unit, within `range`.
  static func duration(in range: ClosedRange<Duration>) -> Self {
    let bounds = [range.lowerBound, range.upperBound].map(DurationText.format)
    return ValueType(
      name: "DURATION", allowed: "\(bounds[0]) to \(bounds[1]), \(DurationText.allowed)"
    ) { text in DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil } }
  }
}

extension ValueType where Value: CaseIterable & RawRepresentable<String> {
  /// One of an enumeration's words.
  static func choice(_ name: String, of type: Value.Type = Value.self) -> Self {
    let words = type.allCases.map(\.rawValue)
    return ValueType(
      name: name, allowed: words.joined(separator: ", "), completion: .words(words)
    ) { Value(rawValue: $0) }
  }
}

/// A variable's name with its value.
struct Assignment: Sendable, Equatable {
  let name: String
  let value: String

  /// Splits `NAME=VALUE` at the first `=`; nil where the name is none that shells accept.
  init?(_ text: String) {
    guard let sign = text.firstIndex(of: "=") else { return nil }
    name = String(text[..<sign])
    value = String(text[text.index(after: sign)...])
    guard let first = name.utf8.first, !(0x30...0x39).contains(first),
      name.utf8.allSatisfy({ byte in
        byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
          || (0x61...0x7a).contains(byte)
      })
    else { return nil }
  }
}

extension ValueType where Value == Assignment {
  /// `NAME=VALUE`; the value may hold a password and is not shown.
  static var assignment: Self {
    ValueType(
      name: "NAME=VALUE",
      allowed: "NAME=VALUE, the name of letters, digits and _ not beginning with a digit",
      shown: { text in
        text.firstIndex(of: "=").map { "\(text[..<$0])=\(Secret(""))" } ?? text
      }
    ) { Assignment($0) }
  }
}
