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

  /// The bytes that `text` was made of, nil where it is no such text.
  public static func decode(_ text: String) -> [UInt8]? {
    guard text.utf8.count % 4 == 0, !text.contains(where: { "-_".contains($0) }) else {
      return nil
    }
    let plain = text.map { character in
      switch character {
      case "+": Character("-")
      case "/": Character("_")
      default: character
      }
    }
    guard let bytes = Base64URL.decode(String(plain.prefix { $0 != "=" })) else { return nil }
    return encode(bytes) == text ? bytes : nil
  }
}
