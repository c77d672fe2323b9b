/// Base 64 with the plain alphabet and padding (RFC 4648, section 4), as headers want it.
public enum Base64 {
  /// The text of `bytes`.
  public static func encode(_ bytes: [UInt8]) -> String {
    let text = Base64URL.encode(bytes).map { character in
      switch character {
      case "-": Character("+")
      case "_": Character("/")
      default: character
      }
    }
    return String(text) + String(repeating: "=", count: (3 - bytes.count % 3) % 3)
  }
}
