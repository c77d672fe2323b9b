/// Percent encoding as RFC 3986 defines it.
enum PercentEncoding {
  /// Decodes `%41`; nil when a percent sign is not followed by two digits, or the bytes are no
  /// text.
  static func decode(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard let high = rest.popFirst().flatMap(hexDigit),
          let low = rest.popFirst().flatMap(hexDigit)
        else { return nil }
        bytes.append(high << 4 | low)
      } else {
        bytes.append(byte)
      }
    }
    guard !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Encodes everything but ASCII letters, digits and `kept`.
  static func encode(_ text: String, keeping kept: String = "-_.~") -> String {
    let kept = Set(kept.utf8)
    var result = ""
    for byte in text.utf8 {
      let scalar = Unicode.Scalar(byte)
      if kept.contains(byte) || scalar.properties.isAlphabetic && byte < 128
        || (48...57).contains(byte)
      {
        result.unicodeScalars.append(scalar)
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += byte < 16 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return result
  }
}
