import Core

/// Names as parts of a JSON pointer that stands in a URI fragment.
///
/// https://www.rfc-editor.org/rfc/rfc6901, sections 3 and 6
enum PointerPart {
  /// How much of a name is told, in code points: nobody needs a megabyte back to know it.
  static let nameLengthMax = 64
  /// What stands where the rest of a name was.
  static let ellipsis = "..."

  /// What a fragment holds as it is (RFC 3986, section 3.5); a tilde escapes here.
  private static let kept = "-._~!$&'()*+,;=:@?"

  static func of(_ name: String) -> String {
    let scalars = name.unicodeScalars
    let rest = scalars.index(
      scalars.startIndex, offsetBy: nameLengthMax, limitedBy: scalars.endIndex)
    guard let rest, rest < scalars.endIndex else { return escaped(name) }
    return escaped(String(scalars[..<rest])) + ellipsis
  }

  private static func escaped(_ name: String) -> String {
    let isSpecial = name.utf8.contains { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }
    let parts = isSpecial ? name.unicodeScalars.map(replaced).joined() : name
    return PercentEncoding.encode(parts, keeping: kept)
  }

  private static func replaced(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "~": "~0"
    case "/": "~1"
    default: String(scalar)
    }
  }
}
