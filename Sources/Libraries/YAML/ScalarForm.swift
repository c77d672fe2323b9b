/// How a scalar is written so that every reader takes it for the same.
struct ScalarForm: Equatable {
  let text: String
  let style: YAMLScalar.Style

  init(_ scalar: YAMLScalar) {
    guard case .string(let text) = scalar.kind else {
      self.text = scalar.text.isEmpty ? "null" : scalar.text
      style = .plain
      return
    }
    self.text = text
    if Self.isPlain(text) {
      style = .plain
    } else {
      style = text.utf8.contains(UInt8(ascii: "\n")) ? .literal : .doubleQuoted
    }
  }

  /// Words that YAML 1.1 or 1.2 readers take for something else than text.
  ///
  /// https://yaml.org/type/bool.html
  private static let reserved: Set<String> = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
  ]
  private static let reservedBytesMax = 5

  /// What a character means to YAML where it stands in a plain text.
  private enum Meaning {
    case none
    /// It may be part of a number of any base, a base-60 number, a date or a time.
    ///
    /// https://yaml.org/type/float.html https://yaml.org/type/timestamp.html
    case ofNumber
    case special
  }

  private static func meaning(_ byte: UInt8) -> Meaning {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "x"), UInt8(ascii: "X"),
      UInt8(ascii: "o"), UInt8(ascii: "O"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "t"),
      UInt8(ascii: "T"), UInt8(ascii: "z"), UInt8(ascii: "Z"), UInt8(ascii: " "):
      .ofNumber
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: "="), UInt8(ascii: ";"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "$"):
      .none
    default: .special
    }
  }

  /// Whether `text` may stand without quotes.
  ///
  /// Narrow on purpose: what is quoted without need is still right. One look at each byte, since
  /// much of the time of a rendering is spent here.
  static func isPlain(_ text: String) -> Bool {
    let bytes = text.utf8.span
    guard !bytes.isEmpty, !mayNotBegin(bytes[0]) else { return false }
    var mayBeNumber = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[0])
    var last = bytes[0]
    for index in bytes.indices {
      let byte = bytes[index]
      // A colon with a space behind it ends a key.
      if last == UInt8(ascii: ":"), byte == UInt8(ascii: " ") { return false }
      switch meaning(byte) {
      case .special: return false
      case .none: mayBeNumber = false
      case .ofNumber: break
      }
      last = byte
    }
    if mayBeNumber || last == UInt8(ascii: " ") || last == UInt8(ascii: ":") { return false }
    return bytes.count > reservedBytesMax || !reserved.contains(text.lowercased())
  }

  private static func mayNotBegin(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
      UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "+"):
      true
    default: false
    }
  }
}
