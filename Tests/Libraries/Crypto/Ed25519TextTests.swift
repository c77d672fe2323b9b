import Crypto
import Testing

@Suite struct Ed25519TextTests {
  /// RFC 8410, section 10.3 and 10.1.
  private static let secret = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
    -----END PRIVATE KEY-----
    """
  private static let line = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="

  @Test(arguments: [
    line, "\n \(line) \r\n", "-----BEGIN PUBLIC KEY-----\n\(line)\n-----END PUBLIC KEY-----\n",
  ])
  func thePublishedKeysBelongTogether(text: String) throws {
    let message = Array("a manifest".utf8)
    let signature = try PrivateKey(ed25519Text: Self.secret).signature(of: message)
    #expect(try PublicKey(ed25519Text: text).isValid(signature, of: message))
  }

  @Test(arguments: [
    "", "-----BEGIN PUBLIC KEY-----", String(line.dropLast()), line + line,
    line.replacing("VwAy", with: "VwAz"), line.replacing("9", with: "-"), secret,
    // A key of P-256.
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b"
      + "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==",
  ])
  func whatIsNoPublicKeyIsRefused(text: String) {
    #expect(throws: SignatureKeyError.unreadable) { try PublicKey(ed25519Text: text) }
  }

  @Test(arguments: [
    "", line, secret.replacing("PRIVATE", with: "ENCRYPTED PRIVATE"),
    secret.replacing("INTu", with: "INT"),
  ])
  func whatIsNoPrivateKeyIsRefused(text: String) {
    #expect(throws: SignatureKeyError.unreadable) { try PrivateKey(ed25519Text: text) }
  }

  @Test func base64IsReadAsItIsWritten() {
    for length in 0..<40 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 250) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
    for text in ["A", "AA", "AAA", "AA=A", "AB==", "A===", "====", "AA-_", "AAA=AAAA", "AA A"] {
      #expect(Base64.decode(text) == nil, "\(text)")
    }
  }
}
