import Core
import Crypto
import Testing
import Tokens

@Suite struct SigningTests {
  private static let claims = TokenClaims(
    subject: "ada", scopes: ["histories:read", "people:write"],
    expiresAt: TokenShop.now.advanced(by: .seconds(3600)), notBefore: TokenShop.now,
    issuedAt: TokenShop.now, issuer: "https://a.example", audiences: ["app", "other"])

  @Test(arguments: SignatureScheme.allCases)
  func whatAPairSignsIsAcceptedAndSaysTheSame(scheme: SignatureScheme) throws {
    let token = try TokenSigner(try Vectors.privateKey(scheme), identifier: "one").sign(Self.claims)
    let keys = TokenKeySet([TokenKey(try Vectors.publicKey(scheme), identifier: "one")])
    let policy = TokenPolicy(issuer: "https://a.example", audience: "other")
    let claims = try TokenVerifier(keys, policy).verify(token.reveal(), at: TokenShop.now)
    #expect(claims == Self.claims)
  }

  @Test func whatASecretSignsIsAcceptedAndSaysTheSame() throws {
    let token = try TokenSigner(secret: TokenShop.secret).sign(Self.claims)
    let claims = try TokenShop.verifier().verify(token.reveal(), at: TokenShop.now)
    #expect(claims == Self.claims)
  }

  @Test func aTokenWithoutExtrasHasTheBytesOfTheStandardsForm() throws {
    let claims = TokenClaims(subject: "ada", expiresAt: TokenShop.now, audiences: ["app"])
    let token = try TokenSigner(secret: TokenShop.secret).sign(claims).reveal()
    #expect(
      token
        == TokenShop.token(
          header: #"{"alg":"HS256","typ":"JWT"}"#,
          claims: #"{"sub":"ada","aud":"app","exp":1800000000}"#))
  }

  @Test func aTokenIsNotPrinted() throws {
    let token = try TokenSigner(secret: TokenShop.secret).sign(Self.claims)
    #expect("\(token)" == "[redacted]")
  }

  @Test func aKeyIsNotPrintedHoweverItIsPrinted() throws {
    let secret = Secret(String(repeating: "A", count: 32))
    for value in [
      try TokenKey(secret: secret, identifier: "one"), try TokenSigner(secret: secret),
      TokenKeySet([try TokenKey(secret: secret)]),
    ] as [Any] {
      var dumped = ""
      dump(value, to: &dumped)
      for text in ["\(value)", String(reflecting: value), dumped] {
        #expect(!text.contains("65") && !text.contains("AAAA"), "\(text)")
      }
    }
  }

  @Test func aSecretUnderThirtyTwoBytesIsRefused() throws {
    let short = Secret(String(repeating: "x", count: 31))
    #expect(throws: TokenSecretError.tooShort(31)) { try TokenKey(secret: short) }
    #expect(throws: TokenSecretError.tooShort(31)) { try TokenSigner(secret: short) }
    _ = try TokenKey(secret: Secret(String(repeating: "\u{E9}", count: 16)))
  }

  @Test func theSecretBeforeIsAcceptedBesideTheNewOne() throws {
    let old = Secret("the secret before, also long enough for a key")
    let keys = TokenKeySet([try TokenKey(secret: TokenShop.secret), try TokenKey(secret: old)])
    for secret in [TokenShop.secret, old] {
      for name in [nil, "any"] {
        let token = try TokenSigner(secret: secret, identifier: name).sign(Self.claims)
        #expect(try TokenVerifier(keys).verify(token.reveal(), at: TokenShop.now) == Self.claims)
      }
    }
    let other = Secret("a secret that nobody has configured for this")
    let token = try TokenSigner(secret: other).sign(Self.claims)
    #expect(throws: TokenRefusal.signatureInvalid) {
      try TokenVerifier(keys).verify(token.reveal(), at: TokenShop.now)
    }
  }

  @Test func aTokenThatNamesNoKeyIsForTheOnlyOne() throws {
    let token = try TokenSigner(try Vectors.privateKey(.ed25519)).sign(Self.claims).reveal()
    let key = try Vectors.publicKey(.ed25519)
    let one = TokenKeySet([
      TokenKey(key, identifier: "one"),
      TokenKey(try Vectors.publicKey(.rsaPKCS1SHA256), identifier: "two"),
    ])
    #expect(try TokenVerifier(one).verify(token, at: TokenShop.now) == Self.claims)
    let both = TokenKeySet([
      TokenKey(key, identifier: "one"), TokenKey(key, identifier: "two"),
    ])
    #expect(throws: TokenRefusal.keyNotNamed) {
      try TokenVerifier(both).verify(token, at: TokenShop.now)
    }
  }

  @Test func keysOfOneAlgorithmAreToldByTheirNames() throws {
    let other = try PublicKey(
      ed25519: try Vectors.bytes("PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"))
    let keys = TokenKeySet([
      TokenKey(other, identifier: "old"),
      TokenKey(try Vectors.publicKey(.ed25519), identifier: "new"),
    ])
    let secret = try Vectors.privateKey(.ed25519)
    let right = try TokenSigner(secret, identifier: "new").sign(Self.claims).reveal()
    #expect(try TokenVerifier(keys).verify(right, at: TokenShop.now) == Self.claims)
    let wrong = try TokenSigner(secret, identifier: "old").sign(Self.claims).reveal()
    #expect(throws: TokenRefusal.signatureInvalid) {
      try TokenVerifier(keys).verify(wrong, at: TokenShop.now)
    }
  }

  @Test func withoutKeysNothingIsAccepted() throws {
    #expect(throws: TokenRefusal.keyUnknown) {
      try TokenVerifier(TokenKeySet()).verify(TokenShop.token(), at: TokenShop.now)
    }
  }
}
