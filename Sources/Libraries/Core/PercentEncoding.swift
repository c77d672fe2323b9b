/// Percent-encoding of the parts of URLs (RFC 3986, section 2.1).
public enum PercentEncoding {
  /// `text` with every byte escaped but ASCII letters, digits and those of `kept`.
  public static func encode(_ text: some StringProtocol, keeping kept: String = "-_.~") -> String {
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      if (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        || kept.utf8.contains(byte)
      {
        encoded.append(byte)
      } else {
        encoded += [
          UInt8(ascii: "%"), upperHexadecimal[Int(byte >> 4)], upperHexadecimal[Int(byte & 15)],
        ]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static let upperHexadecimal = Array("0123456789ABCDEF".utf8)

  /// The text behind `text`, or nil where an escape is malformed, NUL or not UTF-8.
  public static func decode(_ text: some StringProtocol) -> String? {
    decode(Array(text.utf8)[...])
  }

  /// The text behind `bytes`, or nil where an escape is malformed, NUL or not UTF-8.
  ///
  /// NUL is refused since no database column and no C interface can hold it.
  public static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> String? {
    let percent = UInt8(ascii: "%")
    let plus = UInt8(ascii: "+")
    guard bytes.contains(where: { $0 == percent || $0 == plus && plusIsSpace }) else {
      return String(validating: bytes, as: UTF8.self)
    }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      switch bytes[index] {
      case percent:
        guard index + 2 < bytes.endIndex, let byte = byte(bytes[index + 1], bytes[index + 2]),
          byte != 0
        else { return nil }
        decoded.append(byte)
        index += 3
      case plus where plusIsSpace:
        decoded.append(UInt8(ascii: " "))
        index += 1
      case let byte:
        decoded.append(byte)
        index += 1
      }
    }
    return String(validating: decoded, as: UTF8.self)
  }

  /// What two hexadecimal digits stand for; nil where they are none.
  public static func byte(_ high: UInt8, _ low: UInt8) -> UInt8? {
    guard let high = hexadecimal(high), let low = hexadecimal(low) else { return nil }
    return high << 4 | low
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
