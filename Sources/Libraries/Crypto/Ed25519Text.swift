/// Ed25519 keys as OpenSSL writes them.
///
/// Their encoding is of one length, so that a key is what follows on fixed bytes: RFC 8410,
/// sections 4 and 7.
private enum Ed25519Text {
  static let publicStart: [UInt8] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
  ]
  static let privateStart: [UInt8] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ]

  /// The 32 bytes of the key in `text`: between lines that name it `label`, or all of it.
  static func bytes(
    _ text: String, _ label: String, after start: [UInt8]
  ) throws(SignatureKeyError) -> [UInt8] {
    var lines = text.split(whereSeparator: \.isNewline).map { line in
      String(line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }.filter { !$0.isEmpty }
    if lines.first == "-----BEGIN \(label)-----", lines.last == "-----END \(label)-----" {
      lines = Array(lines.dropFirst().dropLast())
    }
    guard let bytes = Base64.decode(lines.joined()), bytes.starts(with: start),
      bytes.count == start.count + PublicKey.coordinateBytes
    else { throw .unreadable }
    return Array(bytes.dropFirst(start.count))
  }
}

extension PublicKey {
  /// An Ed25519 key as `openssl pkey -pubout` writes it, or the line of base 64 within that.
  ///
  /// Throws `unreadable`, or `notOnCurve`.
  public convenience init(ed25519Text text: String) throws(SignatureKeyError) {
    try self.init(
      ed25519: Ed25519Text.bytes(text, "PUBLIC KEY", after: Ed25519Text.publicStart))
  }
}

extension PrivateKey {
  /// An Ed25519 key as `openssl genpkey -algorithm ed25519` writes it: PKCS #8 in PEM.
  ///
  /// Throws `unreadable` for anything else, one that a password locks among it.
  public convenience init(ed25519Text text: String) throws(SignatureKeyError) {
    try self.init(
      ed25519: Ed25519Text.bytes(text, "PRIVATE KEY", after: Ed25519Text.privateStart))
  }
}
