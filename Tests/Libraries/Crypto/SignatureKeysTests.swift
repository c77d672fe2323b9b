import Crypto
import Testing

@Suite struct SignatureKeysTests {
  private static func bytes(_ text: String) throws -> [UInt8] {
    try #require(Base64URL.decode(text))
  }

  /// The key of RFC 7515, appendix A.3.
  private static let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
  private static let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
  private static let number = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"

  private static func pair() throws -> (PrivateKey, PublicKey) {
    let (x, y) = (try bytes(x), try bytes(y))
    return (
      try PrivateKey(p256X: x, y: y, number: try bytes(number)), try PublicKey(p256X: x, y: y)
    )
  }

  @Test func anECDSASignatureIsSixtyFourBytesAndDiffersEachTime() throws {
    let (secret, key) = try Self.pair()
    let message = Array("a message".utf8)
    let signatures = try (0..<200).map { _ in try secret.signature(of: message) }
    #expect(signatures.allSatisfy { $0.count == 64 })
    #expect(Set(signatures).count == signatures.count)
    #expect(signatures.allSatisfy { key.isValid($0, of: message) })
  }

  @Test func oneChangedBitMakesASignatureInvalid() throws {
    let (secret, key) = try Self.pair()
    let message = Array("a message".utf8)
    let signature = try secret.signature(of: message)
    for index in signature.indices {
      var changed = signature
      changed[index] ^= 0x80
      #expect(!key.isValid(changed, of: message))
    }
    #expect(!key.isValid(signature, of: Array("another".utf8)))
  }

  /// CVE-2022-21449: r and s of zero once passed for a signature of anything.
  @Test(arguments: [
    [UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xFF, count: 64), [],
    [UInt8](repeating: 1, count: 63), [UInt8](repeating: 1, count: 65),
  ])
  func bytesThatAreNoSignatureAreInvalid(signature: [UInt8]) throws {
    let (_, key) = try Self.pair()
    #expect(!key.isValid(signature, of: Array("a message".utf8)))
  }

  /// RFC 8032, section 7.1, test 2.
  @Test func anEd25519SignatureIsThePublishedOne() throws {
    let seed = try Self.bytes("TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs")
    let point = try Self.bytes("PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw")
    let signature = try PrivateKey(ed25519: seed).signature(of: [0x72])
    #expect(
      Hexadecimal.encode(signature) == """
        92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
        085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
        """)
    let key = try PublicKey(ed25519: point)
    #expect(key.isValid(signature, of: [0x72]))
    #expect(!key.isValid(signature, of: [0x73]))
    #expect(!key.isValid(Array(signature.dropLast()), of: [0x72]))
  }

  @Test func aPointThatIsNotOnTheCurveIsNoKey() throws {
    let (x, y) = (try Self.bytes(Self.x), try Self.bytes(Self.y))
    var wrong = y
    wrong[31] ^= 1
    #expect(throws: SignatureKeyError.notOnCurve) { try PublicKey(p256X: x, y: wrong) }
    #expect(throws: SignatureKeyError.notOnCurve) { try PublicKey(p256X: x, y: [0] + y) }
    #expect(throws: SignatureKeyError.notOnCurve) { try PublicKey(p256X: [], y: y) }
    #expect(throws: SignatureKeyError.notOnCurve) {
      try PublicKey(p256X: [UInt8](repeating: 0, count: 32), y: [UInt8](repeating: 0, count: 32))
    }
    #expect(throws: SignatureKeyError.notOnCurve) { try PublicKey(ed25519: y + [0]) }
    #expect(throws: SignatureKeyError.notOnCurve) { try PrivateKey(ed25519: []) }
  }

  @Test(arguments: [0, 512, 1024, 2047, 8193])
  func aModulusOfTheWrongSizeIsNoKey(bits: Int) {
    var modulus = [UInt8](repeating: 0xFF, count: (bits + 7) / 8)
    if bits % 8 != 0 { modulus[0] = UInt8(1 << (bits % 8) - 1) }
    #expect(throws: SignatureKeyError.modulusBits(bits)) {
      try PublicKey(rsaModulus: [0, 0] + modulus, exponent: [1, 0, 1])
    }
  }

  @Test(arguments: [[], [0], [1], [2], [1, 0, 0], [1, 0, 0, 0, 1]] as [[UInt8]])
  func anExponentThatNobodyUsesIsNoKey(exponent: [UInt8]) {
    #expect(throws: SignatureKeyError.exponent) {
      try PublicKey(rsaModulus: [UInt8](repeating: 0xFF, count: 256), exponent: exponent)
    }
  }
}
