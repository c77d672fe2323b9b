import Core
import Crypto
import Testing
import Tokens

/// The examples that the standards print.
///
/// None of them is a token that this service accepts: their claims have no subject, or are no JSON.
/// That the claims are what is refused shows that the signature was found good, as a changed
/// signature is refused for itself.
@Suite struct StandardTests {
  private struct Example: Sendable {
    let name: String
    let token: String
    let refusal: TokenRefusal
    let key: @Sendable () throws -> TokenKey
  }

  private static let examples = [
    Example(name: "RFC 7515, A.1", token: Vectors.hs256, refusal: .claimMissing(.subject)) {
      try Vectors.secretKey(Vectors.hs256Secret)
    },
    Example(name: "RFC 7515, A.2", token: Vectors.rs256, refusal: .claimMissing(.subject)) {
      TokenKey(try Vectors.publicKey(.rsaPKCS1SHA256))
    },
    Example(name: "RFC 7515, A.3", token: Vectors.es256, refusal: .claimMissing(.subject)) {
      TokenKey(try Vectors.publicKey(.ecdsaP256SHA256))
    },
    Example(name: "RFC 7520, 4.1", token: Vectors.cookbookRS256, refusal: .claimsMalformed) {
      let modulus = try Vectors.bytes(Vectors.cookbookModulus)
      return TokenKey(
        try PublicKey(rsaModulus: modulus, exponent: [1, 0, 1]),
        identifier: "bilbo.baggins@hobbiton.example")
    },
    Example(name: "RFC 7520, 4.4", token: Vectors.cookbookHS256, refusal: .claimsMalformed) {
      try Vectors.secretKey(Vectors.cookbookSecret, "018c0ae5-4d9b-471b-bfd6-eef314bc7037")
    },
    Example(name: "RFC 8037, A.5", token: Vectors.edDSA, refusal: .claimsMalformed) {
      TokenKey(try Vectors.publicKey(.ed25519))
    },
  ]

  private static let now = Timestamp(microsecondsSinceEpoch: 1_300_000_000_000_000)

  @Test(arguments: examples.indices)
  func aPrintedSignatureIsValid(index: Int) throws {
    let example = Self.examples[index]
    let verifier = TokenVerifier(TokenKeySet([try example.key()]))
    #expect(throws: example.refusal, "\(example.name)") {
      try verifier.verify(example.token, at: Self.now)
    }
  }

  @Test(arguments: examples.indices)
  func aPrintedSignatureWithOneChangedBitIsNot(index: Int) throws {
    let example = Self.examples[index]
    let verifier = TokenVerifier(TokenKeySet([try example.key()]))
    let parts = example.token.split(separator: ".")
    var signature = try Vectors.bytes(String(parts[2]))
    signature[signature.count / 2] ^= 1
    let forged = "\(parts[0]).\(parts[1]).\(Base64URL.encode(signature))"
    #expect(throws: TokenRefusal.signatureInvalid, "\(example.name)") {
      try verifier.verify(forged, at: Self.now)
    }
  }

  /// RSA of this kind and Ed25519 always give the same bytes.
  @Test func thePrintedSignaturesAreMadeAgainFromThePrintedKeys() throws {
    for (scheme, token) in [
      (SignatureScheme.rsaPKCS1SHA256, Vectors.rs256), (.ed25519, Vectors.edDSA),
    ] {
      let parts = token.split(separator: ".")
      let signature = try Vectors.privateKey(scheme).signature(
        of: Array("\(parts[0]).\(parts[1])".utf8))
      #expect(Base64URL.encode(signature) == parts[2])
    }
  }
}
