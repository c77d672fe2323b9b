/// A name of something in a schema.
struct QualifiedName: Sendable, Hashable {
  let schema: String
  let name: String

  /// As SQL writes it, with quotes where they are needed: no two names have one title.
  var title: String { "\(Self.quotedIfNeeded(schema)).\(Self.quotedIfNeeded(name))" }

  /// The same with quotes in any case, which no word of SQL can be mistaken for.
  var quoted: String { "\(Self.quoted(schema)).\(Self.quoted(name))" }

  /// The name that `title` or a person wrote; nil where it is not a schema, a dot and a name.
  init?(title: String) {
    var parts: [String] = []
    var rest = title[...]
    while let part = Self.next(&rest) {
      parts.append(part)
      if rest.isEmpty { break }
      guard rest.removeFirst() == "." else { return nil }
    }
    guard parts.count == 2, rest.isEmpty else { return nil }
    (schema, name) = (parts[0], parts[1])
  }

  init(schema: String, name: String) { (self.schema, self.name) = (schema, name) }

  /// An identifier with quotes around it.
  ///
  /// https://www.postgresql.org/docs/15/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
  static func quoted(_ name: String) -> String {
    let doubled = name.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined()
    return "\"\(doubled)\""
  }

  private static func quotedIfNeeded(_ name: String) -> String {
    let isPlain =
      !name.isEmpty
      && name.utf8.enumerated().allSatisfy { index, byte in isPlainByte(byte, isFirst: index == 0) }
    return isPlain ? name : quoted(name)
  }

  private static func isPlainByte(_ byte: UInt8, isFirst: Bool) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): !isFirst
    default: false
    }
  }

  /// The identifier at the front of `rest`, which is taken away from it.
  private static func next(_ rest: inout Substring) -> String? {
    guard rest.first == "\"" else {
      let part = rest.prefix { $0 != "." && $0 != "\"" }
      rest = rest.dropFirst(part.count)
      return part.isEmpty ? nil : String(part)
    }
    var name = ""
    rest.removeFirst()
    while let character = rest.popFirst() {
      guard character == "\"" else {
        name.append(character)
        continue
      }
      guard rest.first == "\"" else { return name.isEmpty ? nil : name }
      name.append(rest.removeFirst())
    }
    return nil
  }
}
