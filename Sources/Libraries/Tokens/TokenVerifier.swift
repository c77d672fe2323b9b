import Core
import Crypto

/// What is asked of a token beside its signature.
public struct TokenPolicy: Sendable, Equatable {
  /// Who must have issued it; nil accepts any issuer that has the key.
  public var issuer: String?
  /// Who it must be for; nil does not look at it.
  public var audience: String?

  /// Most bytes of a token.
  public static let bytesMax = 8 * 1024
  /// How much the clocks of issuer and service may differ.
  public static let leeway: Duration = .seconds(60)

  /// A policy.
  public init(issuer: String? = nil, audience: String? = nil) {
    self.issuer = issuer
    self.audience = audience
  }
}

/// Checks tokens: JSON Web Tokens (RFC 7519) that are signed (RFC 7515), by the rules of RFC 8725.
public struct TokenVerifier: Sendable {
  /// The keys that may have signed.
  public let keys: TokenKeySet
  /// What is asked beside the signature.
  public let policy: TokenPolicy

  /// A verifier; a value that is as cheap to make as its arguments.
  public init(_ keys: TokenKeySet, _ policy: TokenPolicy = TokenPolicy()) {
    self.keys = keys
    self.policy = policy
  }

  /// What `token` says, if it is to be believed at `now`.
  ///
  /// No claim is read before the signature is proven.
  public func verify(_ token: String, at now: Timestamp) throws(TokenRefusal) -> TokenClaims {
    try verifyWithOrigin(token, at: now).claims
  }

  /// The same, and where the key came from that proved it: two issuers may give one name to two
  /// subjects.
  public func verifyWithOrigin(
    _ token: String, at now: Timestamp
  ) throws(TokenRefusal) -> (claims: TokenClaims, origin: TokenKey.Origin) {
    let parts = try CompactToken(token)
    let header = try TokenHeader(parts.header)
    let candidates = try keys.candidates(header)
    guard let key = candidates.first(where: { $0.isValid(parts.signature, of: parts.signed) })
    else { throw keys.isNamed(header) ? .signatureInvalid : .keyUnknown }
    let claims = try TokenClaims(parts.claims)
    try check(claims, now)
    return (claims, key.origin)
  }

  private func check(_ claims: TokenClaims, _ now: Timestamp) throws(TokenRefusal) {
    let earliest = now.advanced(by: .zero - TokenPolicy.leeway)
    let latest = now.advanced(by: TokenPolicy.leeway)
    guard claims.expiresAt > earliest else { throw .expired }
    if let notBefore = claims.notBefore, notBefore > latest { throw .notYetValid }
    if let issuedAt = claims.issuedAt, issuedAt > latest { throw .issuedInFuture }
    if let issuer = policy.issuer {
      guard let given = claims.issuer else { throw .claimMissing(.issuer) }
      guard isSame(given, issuer) else { throw .issuerUnknown }
    }
    if let audience = policy.audience {
      guard !claims.audiences.isEmpty else { throw .claimMissing(.audience) }
      guard claims.audiences.contains(where: { isSame($0, audience) })
      else { throw .audienceUnknown }
    }
  }
}

/// A token in its three parts (RFC 7515, section 7.1).
struct CompactToken {
  let header: [UInt8]
  let claims: [UInt8]
  let signature: [UInt8]
  /// What the signature is of: the text of the first two parts.
  let signed: [UInt8]

  init(_ token: String) throws(TokenRefusal) {
    guard token.utf8.count <= TokenPolicy.bytesMax else { throw .tooLarge }
    let bytes = Array(token.utf8)
    let points = bytes.indices.filter { bytes[$0] == UInt8(ascii: ".") }
    guard points.count == 2,
      let header = Self.part(bytes[..<points[0]]),
      let claims = Self.part(bytes[(points[0] + 1)..<points[1]])
    else { throw .notCompact }
    // Who leaves the signature out may say so in the header; that refusal is the clearer one.
    let last = bytes[(points[1] + 1)...]
    guard let signature = last.isEmpty ? [] : Self.part(last) else { throw .notCompact }
    self.header = header
    self.claims = claims
    self.signature = signature
    signed = Array(bytes[..<points[1]])
  }

  private static func part(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
    bytes.isEmpty ? nil : Base64URL.decode(String(decoding: bytes, as: UTF8.self))
  }
}
