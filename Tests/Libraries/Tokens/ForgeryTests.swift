import Core
import Crypto
import Testing
import Tokens

/// What people who forge tokens try with the header, the signature and the form.
@Suite struct ForgeryTests {
  private static let claims = #"{"sub":"ada","exp":1800003600}"#

  @Test(arguments: ["none", "None", "NONE", "nOnE"])
  func aTokenThatSaysItIsUnsignedIsRefused(name: String) throws {
    let unsigned =
      Base64URL.encode(#"{"alg":"\#(name)"}"#.utf8) + "." + Base64URL.encode(Self.claims.utf8)
    #expect(try TokenShop.refusal(unsigned + ".") == .unsigned)
    #expect(try TokenShop.refusal(unsigned + ".AAAA") == .unsigned)
    #expect(try TokenShop.refusal(unsigned) == .notCompact)
  }

  @Test(arguments: [
    "hs256", "HS384", "HS512", "PS256", "RS512", "ES256K", "ES384", "dir", "", " HS256",
    "HS256\\u0000",
    "Ed25519",
  ])
  func anotherAlgorithmIsRefused(name: String) throws {
    let token = TokenShop.token(header: #"{"alg":"\#(name)"}"#)
    #expect(try TokenShop.refusal(token) == .algorithmUnknown)
  }

  /// A public key is known to everybody: its text must not pass for the shared secret.
  @Test(arguments: SignatureScheme.allCases)
  func aPublicKeyIsNeverASecret(scheme: SignatureScheme) throws {
    let key = try Vectors.publicKey(scheme)
    let verifier = TokenVerifier(TokenKeySet([TokenKey(key)]))
    let texts = [Vectors.rs256Modulus, Vectors.es256X, Vectors.edDSAPoint]
    let bytes = try texts.map(Vectors.bytes) + texts.map { Array($0.utf8) }
    for bytes in bytes {
      let signed =
        Base64URL.encode(#"{"alg":"HS256"}"#.utf8) + "." + Base64URL.encode(Self.claims.utf8)
      let code = HMACSHA256.code(of: Array(signed.utf8), key: bytes)
      #expect(throws: TokenRefusal.keyUnknown) {
        try verifier.verify(signed + "." + Base64URL.encode(code), at: TokenShop.now)
      }
    }
  }

  @Test func aKeyServesItsOwnAlgorithmAlone() throws {
    let claims = TokenClaims(subject: "ada", expiresAt: TokenShop.now)
    for signer in SignatureScheme.allCases {
      let token = try TokenSigner(try Vectors.privateKey(signer)).sign(claims).reveal()
      for scheme in SignatureScheme.allCases {
        let verifier = TokenVerifier(TokenKeySet([TokenKey(try Vectors.publicKey(scheme))]))
        if scheme == signer {
          #expect(try verifier.verify(token, at: TokenShop.now) == claims)
        } else {
          #expect(throws: TokenRefusal.keyUnknown) {
            try verifier.verify(token, at: TokenShop.now)
          }
        }
      }
    }
  }

  private static func ecdsa() throws -> (signed: String, signature: [UInt8], TokenVerifier) {
    let claims = TokenClaims(subject: "ada", expiresAt: TokenShop.now)
    let token = try TokenSigner(try Vectors.privateKey(.ecdsaP256SHA256)).sign(claims).reveal()
    let parts = token.split(separator: ".").map(String.init)
    let verifier = TokenVerifier(TokenKeySet([TokenKey(try Vectors.publicKey(.ecdsaP256SHA256))]))
    return ("\(parts[0]).\(parts[1])", try Vectors.bytes(parts[2]), verifier)
  }

  @Test func anECDSASignatureOfAnotherFormIsRefused() throws {
    let (signed, signature, verifier) = try Self.ecdsa()
    let (r, s) = (signature[..<32], signature[32...])
    let der: [UInt8] = [0x30, 0x46, 0x02, 0x21, 0x00] + r + [0x02, 0x21, 0x00] + s
    let zeros = [UInt8](repeating: 0, count: 32)
    let wrong: [[UInt8]] = [
      der, zeros + zeros, Array(r) + zeros, zeros + Array(s), Array(s) + Array(r),
      Array(signature.dropLast()), signature + [0], [0] + signature, signature + signature,
    ]
    for signature in wrong {
      #expect(throws: TokenRefusal.signatureInvalid) {
        try verifier.verify(signed + "." + Base64URL.encode(signature), at: TokenShop.now)
      }
    }
  }

  /// RFC 7515's own example has the larger of the two values of s that both are right, so both are
  /// accepted; a token's text must not be taken for its identity.
  @Test func theOtherValueOfSIsAsValid() throws {
    let order = try Vectors.bytes("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE")
    let (signed, signature, verifier) = try Self.ecdsa()
    var borrow = 0
    var other = [UInt8](repeating: 0, count: 32)
    for index in (0..<32).reversed() {
      let difference = Int(order[index]) - Int(signature[32 + index]) - borrow
      borrow = difference < 0 ? 1 : 0
      other[index] = UInt8(truncatingIfNeeded: difference)
    }
    let text = signed + "." + Base64URL.encode(Array(signature[..<32]) + other)
    #expect(try verifier.verify(text, at: TokenShop.now).subject == "ada")
  }

  @Test(arguments: [
    #"{"alg":"HS256","crit":["exp"],"exp":1}"#, #"{"alg":"HS256","crit":[]}"#,
    #"{"alg":"HS256","crit":null}"#, #"{"alg":"HS256","b64":false}"#,
    #"{"alg":"HS256","b64":"false"}"#,
  ])
  func anExtensionThatMustBeUnderstoodIsRefused(header: String) throws {
    #expect(try TokenShop.refusal(TokenShop.token(header: header)) == .extensionDemanded)
  }

  @Test(arguments: [
    "[]", "null", "1", "", "{", "{}", #"{"alg":1}"#, #"{"alg":null}"#, #"{"alg":["HS256"]}"#,
    #"{"alg":"HS256","alg":"HS256"}"#, #"{"alg":"HS256","alg":"none"}"#,
    #"{"alg":"HS256"} x"#, #"{"alg":"HS256","typ":7}"#, #"{"alg":"HS256","kid":7}"#,
    #"{"alg":"HS256","kid":""}"#, #"{"alg":"HS256","x":[[[[]]]]}"#,
    #"{"alg":"HS256","x":"\ud800"}"#,
  ])
  func aMalformedHeaderIsRefused(header: String) throws {
    let expected = header.isEmpty ? TokenRefusal.notCompact : .headerMalformed
    #expect(try TokenShop.refusal(TokenShop.token(header: header)) == expected)
  }

  @Test(arguments: ["JWT", "jwt", "at+jwt", "AT+JWT", "application/jwt", "application/at+jwt"])
  func theTypesOfTokensAreAccepted(type: String) throws {
    let token = TokenShop.token(header: #"{"alg":"HS256","typ":"\#(type)"}"#)
    #expect(try TokenShop.refusal(token) == nil)
  }

  @Test(arguments: ["JWE", "dpop+jwt", "secevent+jwt", "logout+jwt", "", "application/json"])
  func aSignedTextOfAnotherKindIsNoToken(type: String) throws {
    let token = TokenShop.token(header: #"{"alg":"HS256","typ":"\#(type)"}"#)
    #expect(try TokenShop.refusal(token) == .typeUnknown)
  }

  /// Whoever forges a token would put the address of a key, or a key, of their own there.
  @Test func aKeyThatTheTokenBringsAlongIsNotLookedAt() throws {
    let secret = try TokenKey(secret: TokenShop.secret)
    let own = TokenSigner(try Vectors.privateKey(.ed25519))
    let signed = Base64URL.encode(
      """
      {"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"\(Vectors.edDSAPoint)"},\
      "jku":"http://127.0.0.1:1/keys","x5u":"http://127.0.0.1:1/c","x5c":["AAAA"]}
      """.utf8)
    let forged = signed + "." + Base64URL.encode(Self.claims.utf8)
    let signature = try Vectors.privateKey(.ed25519).signature(of: Array(forged.utf8))
    #expect(own.algorithm == .edDSA)
    #expect(throws: TokenRefusal.keyUnknown) {
      try TokenVerifier(TokenKeySet([secret])).verify(
        forged + "." + Base64URL.encode(signature), at: TokenShop.now)
    }
  }

  @Test(arguments: [
    "../../../../dev/null", "/proc/self/environ", "' OR '1'='1", "a|b; rm", "http://127.0.0.1/k",
    "\\u0000", "*", "%00",
  ])
  func aKeyIsFoundByItsExactNameAlone(name: String) throws {
    let keys = TokenKeySet([try TokenKey(secret: TokenShop.secret, identifier: "one")])
    let token = TokenShop.token(header: #"{"alg":"HS256","kid":"\#(name)"}"#)
    #expect(throws: TokenRefusal.keyUnknown) {
      try TokenVerifier(keys).verify(token, at: TokenShop.now)
    }
  }

  @Test func aNameIsComparedByItsBytes() throws {
    let keys = TokenKeySet([try TokenKey(secret: TokenShop.secret, identifier: "\u{E9}")])
    let token = TokenShop.token(header: #"{"alg":"HS256","kid":"e\u0301"}"#)
    #expect(throws: TokenRefusal.keyUnknown) {
      try TokenVerifier(keys).verify(token, at: TokenShop.now)
    }
  }

  @Test func aNameOfAKeyThatIsTooLongIsRefused() throws {
    let name = String(repeating: "k", count: 257)
    let token = TokenShop.token(header: #"{"alg":"HS256","kid":"\#(name)"}"#)
    #expect(try TokenShop.refusal(token) == .headerMalformed)
  }

  @Test func aTokenOfAnotherShapeIsRefused() throws {
    let token = TokenShop.token()
    let parts = token.split(separator: ".").map(String.init)
    let wrong = [
      "", ".", "..", "...", "a", "a.b", parts[0], token + ".", token + ".AAAA",
      "." + token, ".\(parts[1]).\(parts[2])", "\(parts[0])..\(parts[2])",
      token + "=", token + " ", " " + token, token + "\n", "\(parts[0]) .\(parts[1]).\(parts[2])",
      "\(parts[0]).\(parts[1])=.\(parts[2])", "\(parts[0]).\(parts[1]).\(parts[2])==",
      token.replacing(".", with: "\u{FF0E}"), token + "\0", token + "\u{E9}",
      token.replacing(".", with: ","),
    ]
    for text in wrong {
      #expect(try TokenShop.refusal(text) == .notCompact, "\(text.debugDescription)")
    }
    #expect(try TokenShop.refusal(token) == nil)
  }

  @Test func aSignatureThatIsMissingIsNoSignature() throws {
    let parts = TokenShop.token().split(separator: ".")
    #expect(try TokenShop.refusal("\(parts[0]).\(parts[1]).") == .signatureInvalid)
  }

  /// The last letter of base64url can carry bits that belong to no byte.
  @Test func anotherSpellingOfTheSameSignatureIsRefused() throws {
    let token = TokenShop.token()
    let last = try #require(token.last)
    let spellings = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for letter in spellings where letter != last {
      #expect(try TokenShop.refusal(String(token.dropLast()) + String(letter)) != nil)
    }
  }

  @Test func aTokenIsAcceptedUpToTheLimitAndRefusedBeyond() throws {
    func token(filling count: Int) -> String {
      TokenShop.token(
        claims: #"{"sub":"ada","exp":1800003600,"x":"\#(String(repeating: "x", count: count))"}"#)
    }
    let room = TokenPolicy.bytesMax - token(filling: 0).utf8.count
    #expect(try TokenShop.refusal(token(filling: room * 3 / 4 - 4)) == nil)
    #expect(try TokenShop.refusal(token(filling: room * 3 / 4 + 4)) == .tooLarge)
    #expect(try TokenShop.refusal(String(repeating: "A.", count: 1_000_000)) == .tooLarge)
  }

  @Test func anEncryptedTokenIsRefused() throws {
    #expect(try TokenShop.refusal("eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA") == .notCompact)
  }
}
