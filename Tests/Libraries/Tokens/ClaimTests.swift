import Core
import Crypto
import Testing
import Tokens

@Suite struct ClaimTests {
  private static func refusal(_ claims: String) throws -> TokenRefusal? {
    try TokenShop.refusal(TokenShop.token(claims: claims))
  }

  @Test(arguments: [
    "[]", "null", "7", "\"ada\"", "{", #"{"sub":"ada","exp":1800003600,"sub":"bob"}"#,
    #"{"exp":1,"exp":1800003600,"sub":"ada"}"#, #"{"sub":"ada","exp":1800003600}}"#,
    #"{"sub":"ada","exp":1e400}"#, #"{"sub":"ada","exp":99999999999999999999}"#,
    #"{"sub":"ada","exp":1800003600,"x":"\udc00"}"#, #"{"sub":"ada","exp":NaN}"#,
    #"{"sub":"ada","exp":Infinity}"#,
  ])
  func claimsThatAreNoJSONObjectOfUniqueNamesAreRefused(claims: String) throws {
    #expect(try Self.refusal(claims) == .claimsMalformed)
  }

  @Test func aBombOfNestingIsRefused() throws {
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      let bomb = String(repeating: open, count: 1000) + "1" + String(repeating: close, count: 1000)
      #expect(try Self.refusal(#"{"sub":"ada","exp":1800003600,"x":\#(bomb)}"#) == .claimsMalformed)
    }
  }

  @Test func bytesThatAreNoUTF8AreRefused() throws {
    let claims = Array(#"{"sub":""#.utf8) + [0xFF, 0xFE] + Array(#"","exp":1800003600}"#.utf8)
    let token = TokenShop.token(header: Array(#"{"alg":"HS256"}"#.utf8), claims: claims)
    #expect(try TokenShop.refusal(token) == .claimsMalformed)
  }

  @Test(arguments: [
    "\"1800003600\"", "-1", "-0.5", "true", "null", "[1800003600]", "{}", "253402300800", "1e300",
    "9223372036854775807",
  ])
  func aTimeOfAnotherFormIsRefused(time: String) throws {
    #expect(try Self.refusal(#"{"sub":"ada","exp":\#(time)}"#) == .claimMalformed(.expiresAt))
    let good = #""sub":"ada","exp":1800003600"#
    #expect(try Self.refusal(#"{\#(good),"nbf":\#(time)}"#) == .claimMalformed(.notBefore))
    #expect(try Self.refusal(#"{\#(good),"iat":\#(time)}"#) == .claimMalformed(.issuedAt))
  }

  @Test func aTimeMayHaveAFraction() throws {
    #expect(try Self.refusal(#"{"sub":"ada","exp":1800003600.5}"#) == nil)
    #expect(try Self.refusal(#"{"sub":"ada","exp":1.8000036e9}"#) == nil)
  }

  /// Seconds from now, and what becomes of a token with such times: 60 are forgiven.
  @Test(
    arguments: [
      ("exp", 3600, nil), ("exp", 0, nil), ("exp", -59, nil), ("exp", -60, .expired),
      ("exp", -3600, .expired), ("nbf", -3600, nil), ("nbf", 60, nil), ("nbf", 61, .notYetValid),
      ("iat", -3600, nil), ("iat", 60, nil), ("iat", 61, .issuedInFuture),
      ("iat", 1_000_000_000, .issuedInFuture),
    ] as [(String, Int64, TokenRefusal?)])
  func clocksMayDifferByAMinute(name: String, seconds: Int64, refusal: TokenRefusal?) throws {
    let time = #""\#(name)":\#(TokenShop.seconds + seconds)"#
    let expiry = name == "exp" ? "" : #","exp":1800003600"#
    #expect(try Self.refusal(#"{"sub":"ada",\#(time)\#(expiry)}"#) == refusal)
  }

  @Test func aTokenWithoutAnEndIsRefused() throws {
    #expect(try Self.refusal(#"{"sub":"ada"}"#) == .claimMissing(.expiresAt))
  }

  @Test func aTokenAboutNobodyIsRefused() throws {
    #expect(try Self.refusal(#"{"exp":1800003600}"#) == .claimMissing(.subject))
    let longest = String(repeating: "s", count: 255)
    #expect(try Self.refusal(#"{"sub":"\#(longest)","exp":1800003600}"#) == nil)
    for subject in [
      #""""#, "7", "null", #"["ada"]"#, #""a\u0000b""#, #""a\nb""#, "\"s\(longest)\"",
    ] {
      let claims = #"{"sub":\#(subject),"exp":1800003600}"#
      #expect(try Self.refusal(claims) == .claimMalformed(.subject), "\(subject)")
    }
  }

  @Test(
    arguments: [
      (nil, .claimMissing(.issuer)), (#""https://a.example""#, nil),
      (#""https://a.example/""#, .issuerUnknown), (#""HTTPS://a.example""#, .issuerUnknown),
      (#""""#, .issuerUnknown), (#"["https://a.example"]"#, .claimMalformed(.issuer)),
    ] as [(String?, TokenRefusal?)])
  func theIssuerIsExactlyTheOneConfigured(issuer: String?, refusal: TokenRefusal?) throws {
    let member = issuer.map { #","iss":\#($0)"# } ?? ""
    let token = TokenShop.token(claims: #"{"sub":"ada","exp":1800003600\#(member)}"#)
    #expect(try TokenShop.refusal(token, issuer: "https://a.example") == refusal)
  }

  @Test(
    arguments: [
      (nil, .claimMissing(.audience)), (#""app""#, nil), (#"["other","app"]"#, nil),
      (#""App""#, .audienceUnknown), (#"["other"]"#, .audienceUnknown),
      ("[]", .claimMissing(.audience)), (#"["app",7]"#, .claimMalformed(.audience)),
      ("7", .claimMalformed(.audience)), (#"{"app":1}"#, .claimMalformed(.audience)),
      (#""app other""#, .audienceUnknown),
    ] as [(String?, TokenRefusal?)])
  func theAudienceHoldsExactlyTheOneConfigured(audience: String?, refusal: TokenRefusal?) throws {
    let member = audience.map { #","aud":\#($0)"# } ?? ""
    let token = TokenShop.token(claims: #"{"sub":"ada","exp":1800003600\#(member)}"#)
    #expect(try TokenShop.refusal(token, audience: "app") == refusal)
  }

  @Test func withoutConfigurationIssuerAndAudienceMayBeAnyButNotAnything() throws {
    let good = #""sub":"ada","exp":1800003600"#
    #expect(try Self.refusal(#"{\#(good),"iss":"x","aud":["y"]}"#) == nil)
    #expect(try Self.refusal(#"{\#(good),"aud":7}"#) == .claimMalformed(.audience))
  }

  @Test func aScopeIsWordsWithSpacesBetween() throws {
    let verifier = try TokenShop.verifier()
    let token = TokenShop.token(
      claims: #"{"sub":"ada","exp":1800003600,"scope":"histories:read people:write"}"#)
    let claims = try verifier.verify(token, at: TokenShop.now)
    #expect(claims.scopes == ["histories:read", "people:write"])
    for scope in ["7", #"["histories:read"]"#, #""a\"b""#, #""a\\b""#, #""é""#, #""a\tb""#] {
      let wrong = #"{"sub":"ada","exp":1800003600,"scope":\#(scope)}"#
      #expect(try Self.refusal(wrong) == .claimMalformed(.scope), "\(scope)")
    }
  }

  /// Claims are the forger's words until the signature is proven.
  @Test func noClaimIsReadBeforeTheSignatureIsProven() throws {
    let parts = TokenShop.token(claims: "not even JSON").split(separator: ".")
    let forged = "\(parts[0]).\(parts[1]).\(Base64URL.encode([UInt8](repeating: 1, count: 32)))"
    #expect(try TokenShop.refusal(forged) == .signatureInvalid)
  }

  @Test func everyDescriptionFitsIntoAHeader() {
    let claims = TokenClaim.allCases
    let all: [TokenRefusal] =
      [
        .tooLarge, .notCompact, .headerMalformed, .unsigned, .algorithmUnknown, .typeUnknown,
        .extensionDemanded, .keyUnknown, .keyNotNamed, .signatureInvalid, .claimsMalformed,
        .expired, .notYetValid, .issuedInFuture, .issuerUnknown, .audienceUnknown,
      ] + claims.map { .claimMissing($0) } + claims.map { .claimMalformed($0) }
    for refusal in all {
      #expect(
        refusal.description.utf8.allSatisfy {
          (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C
        })
      #expect(refusal.label.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F })
    }
    #expect(Set(all.map(\.description)).count == all.count)
  }
}
