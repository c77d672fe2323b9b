/// Why a token is not accepted.
///
/// Each is a fact about the token. What it is called in an answer and in a metric stands here and
/// nowhere else; nothing of the token's own text is repeated.
public enum TokenRefusal: Error, Sendable, Equatable {
  /// Longer than `TokenPolicy.bytesMax`.
  case tooLarge
  /// Not three parts of base64url with points between them.
  case notCompact
  /// The first part is no JSON object with unique names.
  case headerMalformed
  /// It says that it is not signed.
  case unsigned
  /// It names no algorithm that this service knows.
  case algorithmUnknown
  /// It is of another type than a JSON Web Token.
  case typeUnknown
  /// It demands an extension that would have to be understood.
  case extensionDemanded
  /// No key of that name and algorithm is known.
  case keyUnknown
  /// It names no key, and there are several.
  case keyNotNamed
  /// The signature is not that of a key we know.
  case signatureInvalid
  /// The second part is no JSON object with unique names.
  case claimsMalformed
  /// A claim that must be there is not.
  case claimMissing(TokenClaim)
  /// A claim has another form than the standard gives it.
  case claimMalformed(TokenClaim)
  /// Its time is over.
  case expired
  /// Its time has not come.
  case notYetValid
  /// It was issued in the future.
  case issuedInFuture
  /// It is from another issuer.
  case issuerUnknown
  /// It is for another audience.
  case audienceUnknown
}

/// A claim that is looked at (RFC 7519, section 4.1; RFC 8693, section 4.2).
public enum TokenClaim: String, Sendable, CaseIterable {
  /// Who issued the token.
  case issuer = "iss"
  /// Who it is about.
  case subject = "sub"
  /// Who it is for.
  case audience = "aud"
  /// When its time is over.
  case expiresAt = "exp"
  /// When its time begins.
  case notBefore = "nbf"
  /// When it was issued.
  case issuedAt = "iat"
  /// What it allows.
  case scope = "scope"
}

extension TokenRefusal: CustomStringConvertible {
  /// One sentence without quotes and backslashes, fit for `error_description` (RFC 6750, 3).
  public var description: String {
    switch self {
    case .tooLarge: "the token is longer than \(TokenPolicy.bytesMax) bytes"
    case .notCompact: "the token is not three parts of base64url"
    case .headerMalformed: "the token's header is not a JSON object as it should be"
    case .unsigned: "the token is not signed"
    case .algorithmUnknown: "the token's algorithm is not accepted"
    case .typeUnknown: "the token is not of the type JWT"
    case .extensionDemanded: "the token demands an extension that is not supported"
    case .keyUnknown: "the token's key is not known"
    case .keyNotNamed: "the token does not name its key"
    case .signatureInvalid: "the token's signature is not valid"
    case .claimsMalformed: "the token's claims are not a JSON object as they should be"
    case .claimMissing(let claim): "the token has no claim \(claim.rawValue)"
    case .claimMalformed(let claim): "the token's claim \(claim.rawValue) is malformed"
    case .expired: "the token has expired"
    case .notYetValid: "the token is not valid yet"
    case .issuedInFuture: "the token was issued in the future"
    case .issuerUnknown: "the token's issuer is not accepted"
    case .audienceUnknown: "the token is not for this service"
    }
  }

  /// A word for metrics; few of them, whatever the tokens hold.
  public var label: String {
    switch self {
    case .tooLarge, .notCompact, .headerMalformed, .claimsMalformed, .claimMissing,
      .claimMalformed:
      "malformed"
    case .unsigned, .algorithmUnknown, .typeUnknown, .extensionDemanded: "unsupported"
    case .keyUnknown, .keyNotNamed: "key_unknown"
    case .signatureInvalid: "signature_invalid"
    case .expired: "expired"
    case .notYetValid, .issuedInFuture: "not_yet_valid"
    case .issuerUnknown, .audienceUnknown: "not_for_us"
    }
  }
}
