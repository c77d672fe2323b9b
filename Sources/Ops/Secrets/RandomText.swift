import Core
import Crypto

/// Secrets that nobody has thought of.
enum RandomText {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

  /// So many letters and digits, each as likely as any other: nothing has to escape them.
  static func password(characters count: Int) -> Secret {
    // Bytes past the last multiple of the alphabet's size would favour its first characters.
    let limit = 256 - 256 % alphabet.count
    var text: [UInt8] = []
    while text.count < count {
      let fair = RandomBytes.make(count).filter { $0 < limit }
      text += fair.prefix(count - text.count).map { alphabet[Int($0) % alphabet.count] }
    }
    return Secret(String(decoding: text, as: UTF8.self))
  }

  /// The text of so many random bytes.
  static func key(bytes count: Int) -> Secret { Secret(Base64URL.encode(RandomBytes.make(count))) }
}
