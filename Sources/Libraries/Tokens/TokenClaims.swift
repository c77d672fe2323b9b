import Core
import JSON

/// What a token says, once its signature is proven; also what a new one is to say.
public struct TokenClaims: Sendable, Equatable {
  /// Who it is about, 1 to `subjectBytesMax` bytes without control characters.
  public var subject: String
  /// What it allows, each a word of `isScope`.
  public var scopes: [String]
  /// When its time is over.
  public var expiresAt: Timestamp
  /// When its time begins.
  public var notBefore: Timestamp?
  /// When it was issued.
  public var issuedAt: Timestamp?
  /// Who issued it.
  public var issuer: String?
  /// Who it is for.
  public var audiences: [String]

  /// As OpenID Connect has it; it goes into tables and logs.
  public static let subjectBytesMax = 255
  /// Objects and arrays within each other; issuers add groups and the like.
  private static let depthMax = 16

  /// The claims of a new token.
  public init(
    subject: String, scopes: [String] = [], expiresAt: Timestamp, notBefore: Timestamp? = nil,
    issuedAt: Timestamp? = nil, issuer: String? = nil, audiences: [String] = []
  ) {
    self.subject = subject
    self.scopes = scopes
    self.expiresAt = expiresAt
    self.notBefore = notBefore
    self.issuedAt = issuedAt
    self.issuer = issuer
    self.audiences = audiences
  }

  /// Whether `text` is one word of a scope (RFC 6749, section 3.3).
  public static func isScope(_ text: some StringProtocol) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
  }

  /// Whether `text` can name a subject.
  public static func isSubject(_ text: String) -> Bool {
    (1...subjectBytesMax).contains(text.utf8.count)
      && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }

  /// Reads the second part of a token.
  init(_ bytes: [UInt8]) throws(TokenRefusal) {
    guard let value = try? JSONReader.read(bytes, depthMax: Self.depthMax), value.members != nil
    else { throw .claimsMalformed }
    guard let expiresAt = try Self.moment(value, .expiresAt) else {
      throw .claimMissing(.expiresAt)
    }
    self.expiresAt = expiresAt
    notBefore = try Self.moment(value, .notBefore)
    issuedAt = try Self.moment(value, .issuedAt)
    guard let subject = try Self.text(value, .subject) else { throw .claimMissing(.subject) }
    guard Self.isSubject(subject) else { throw .claimMalformed(.subject) }
    self.subject = subject
    issuer = try Self.text(value, .issuer)
    audiences = try Self.audiences(value)
    let words = try Self.text(value, .scope)?.split(separator: " ") ?? []
    guard words.allSatisfy(Self.isScope) else { throw .claimMalformed(.scope) }
    scopes = words.map(String.init)
  }

  /// The claims as the second part of a token.
  func encoded() -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      if let issuer { writer.member(TokenClaim.issuer.rawValue, issuer) }
      writer.member(TokenClaim.subject.rawValue, subject)
      switch audiences.count {
      case 0: break
      case 1: writer.member(TokenClaim.audience.rawValue, audiences[0])
      default: writer.member(TokenClaim.audience.rawValue, .array(audiences.map { .string($0) }))
      }
      for (claim, moment) in [
        (TokenClaim.expiresAt, expiresAt), (.notBefore, notBefore), (.issuedAt, issuedAt),
      ] {
        guard let moment else { continue }
        writer.member(claim.rawValue, .integer(moment.microsecondsSinceEpoch / 1_000_000))
      }
      if !scopes.isEmpty {
        writer.member(TokenClaim.scope.rawValue, scopes.joined(separator: " "))
      }
    }
    return writer.bytes
  }

  /// The last second that a date with a year of four digits can be in.
  private static let secondsMax = 253_402_300_799.0

  /// Seconds since the epoch, whole or not (RFC 7519, section 2).
  private static func moment(
    _ value: JSONValue, _ claim: TokenClaim
  ) throws(TokenRefusal) -> Timestamp? {
    let seconds: Double
    switch value[claim.rawValue] {
    case nil: return nil
    case .integer(let number): seconds = Double(number)
    case .real(let number): seconds = number
    default: throw .claimMalformed(claim)
    }
    guard (0...secondsMax).contains(seconds) else { throw .claimMalformed(claim) }
    return Timestamp(microsecondsSinceEpoch: Int64(seconds * 1_000_000))
  }

  private static func text(
    _ value: JSONValue, _ claim: TokenClaim
  ) throws(TokenRefusal) -> String? {
    guard let value = value[claim.rawValue] else { return nil }
    guard let text = value.text else { throw .claimMalformed(claim) }
    return text
  }

  /// One text or several (RFC 7519, section 4.1.3).
  private static func audiences(_ value: JSONValue) throws(TokenRefusal) -> [String] {
    guard let value = value[TokenClaim.audience.rawValue] else { return [] }
    if let text = value.text { return [text] }
    guard let elements = value.elements else { throw .claimMalformed(.audience) }
    let texts = elements.compactMap(\.text)
    guard texts.count == elements.count else { throw .claimMalformed(.audience) }
    return texts
  }
}
