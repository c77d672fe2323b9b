/// What a plain scalar means in YAML 1.2.
///
/// One step stricter than the standard: a number with a leading zero is a string, because YAML 1.1
/// reads `012` as ten and 1.2 as twelve. So is one that no double holds, such as `980044e75049`, a
/// digest: kustomize writes it without quotes, since Go's reader takes it for a string.
/// https://yaml.org/spec/1.2.2/#1032-tag-resolution
enum CoreSchema {
  static func kind(of text: String) -> YAMLScalar.Kind {
    // Most texts are told by their first character.
    guard let first = text.utf8.first else { return .null }
    if isDigit(first) { return number(text) ?? .string(text) }
    return mayMeanMore.contains(first) ? word(text) : .string(text)
  }

  private static let mayMeanMore = Array("~nNtTfF.+-".utf8)

  private static func word(_ text: String) -> YAMLScalar.Kind {
    switch text {
    case "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .boolean(true)
    case "false", "False", "FALSE": return .boolean(false)
    case ".nan", ".NaN", ".NAN": return .real(.nan)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .real(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .real(-.infinity)
    default: return number(text) ?? .string(text)
    }
  }

  private static func number(_ text: String) -> YAMLScalar.Kind? {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, isDigit(first) || "+-.".utf8.contains(first) else { return nil }
    if bytes.starts(with: "0x".utf8) {
      return Int(text.dropFirst(2), radix: 16).map { .integer($0) }
    }
    if bytes.starts(with: "0o".utf8) {
      return Int(text.dropFirst(2), radix: 8).map { .integer($0) }
    }
    var rest = bytes[...]
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let whole = rest.prefix(while: isDigit)
    guard whole.count < 2 || whole.first != UInt8(ascii: "0") else { return nil }
    rest = rest.dropFirst(whole.count)
    if rest.isEmpty { return whole.isEmpty ? nil : Int(text).map { .integer($0) } }
    guard isReal(whole: whole, rest: rest), let value = Double(real(text)), value.isFinite else {
      return nil
    }
    return .real(value)
  }

  /// Whether what follows the whole part is a fraction, an exponent or both.
  private static func isReal(whole: ArraySlice<UInt8>, rest: ArraySlice<UInt8>) -> Bool {
    var rest = rest
    var digits = whole.count
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      digits += fraction.count
      rest = rest.dropFirst(1 + fraction.count)
    }
    guard digits > 0 else { return false }
    if rest.isEmpty { return true }
    guard rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") else { return false }
    rest.removeFirst()
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    return !rest.isEmpty && rest.allSatisfy(isDigit)
  }

  /// `text` in the form that `Double` reads: with digits on both sides of the point.
  private static func real(_ text: String) -> String {
    var result = ""
    var previous: Character?
    for character in text {
      if character == ".", !(previous?.isNumber ?? false) { result.append("0") }
      if previous == ".", !character.isNumber { result.append("0") }
      result.append(character)
      previous = character
    }
    return previous == "." ? result + "0" : result
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
