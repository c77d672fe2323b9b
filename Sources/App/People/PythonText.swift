import JSON

/// Values as the original service's messages show them, in the words of its language.
///
/// https://docs.python.org/3/library/functions.html#repr
struct PythonText {
  /// The longest text of a value, in code points; what is longer ends with an ellipsis.
  static let lengthMax = 200

  private(set) var text = ""
  private var count = 0

  /// The text of `value`, cut at `lengthMax`.
  static func of(_ value: JSONValue) -> String {
    var text = PythonText()
    text.add(value)
    return text.text
  }

  private var isFull: Bool { count > Self.lengthMax }

  private mutating func add(_ value: JSONValue) {
    switch value {
    case .null: put("None")
    case .boolean(let truth): put(truth ? "True" : "False")
    case .integer(let number): put(String(number))
    case .real(let number): put(Self.text(number))
    case .string(let string): quote(string)
    case .array(let elements): list("[", "]", elements) { $0.add($1) }
    case .object(let members):
      list("{", "}", members) { text, member in
        text.quote(member.name)
        text.put(": ")
        text.add(member.value)
      }
    }
  }

  private mutating func list<Element>(
    _ open: String, _ close: String, _ elements: [Element],
    _ body: (inout PythonText, Element) -> Void
  ) {
    put(open)
    // Each takes a place at least, so that no more is looked at than is shown.
    for (index, element) in elements.prefix(Self.lengthMax + 1).enumerated() where !isFull {
      if index > 0 { put(", ") }
      body(&self, element)
    }
    put(close)
  }

  /// Single quotes, unless double ones save an escape.
  private mutating func quote(_ string: String) {
    let shown = string.unicodeScalars.prefix(Self.lengthMax + 1)
    let quote: Unicode.Scalar = shown.contains("'") && !shown.contains("\"") ? "\"" : "'"
    put(String(quote))
    for scalar in shown where !isFull {
      switch scalar {
      case quote, "\\": put("\\\(scalar)")
      case "\n": put("\\n")
      case "\r": put("\\r")
      case "\t": put("\\t")
      default: put(Self.isPrintable(scalar) ? String(scalar) : Self.escaped(scalar))
      }
    }
    put(String(quote))
  }

  private mutating func put(_ part: String) {
    for scalar in part.unicodeScalars where !isFull {
      count += 1
      text.unicodeScalars.append(isFull ? "…" : scalar)
    }
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    let (letter, width) =
      scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x1_0000 ? ("u", 4) : ("U", 8)
    return "\\\(letter)" + String(repeating: "0", count: width - digits.count) + digits
  }

  /// The shortest digits that give the number back; an exponent below -4 and from 16 on.
  private static func text(_ number: Double) -> String {
    let described = number.description
    guard number.magnitude >= 0x1p53, number.magnitude < 1e16, described.contains("e")
    else { return described }
    return String(Int64(number)) + ".0"
  }
}
