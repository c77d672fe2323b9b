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

  /// Characters of numbers of all bases, base-60 numbers, dates and times.
  ///
  /// https://yaml.org/type/float.html https://yaml.org/type/timestamp.html
  private static let ofNumbers = Set("0123456789abcdefABCDEFxXoO_.:+-tTzZ ".utf8)

  /// Characters that mean nothing to YAML wherever they stand.
  private static func isHarmless(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_./+-@:=;() ".utf8.contains(byte)
    }
  }

  /// Whether `text` may stand without quotes.
  ///
  /// Narrow on purpose: what is quoted without need is still right.
  static func isPlain(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last, bytes.allSatisfy(isHarmless),
      first != UInt8(ascii: " "), last != UInt8(ascii: " "), last != UInt8(ascii: ":"),
      !text.contains(": "), !"-.:=@+".utf8.contains(first),
      !reserved.contains(text.lowercased())
    else { return false }
    let startsNumber = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    return !startsNumber || !bytes.allSatisfy(ofNumbers.contains)
  }
}
