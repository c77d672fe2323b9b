import Core
import HTTPClient

/// Proves to a store who asks: a signature or a bearer's token.
public protocol RequestAuthorizer: Sendable {
  /// The headers that make `subject` a request of ours at `moment`, by the store's clock.
  func authorize(
    _ subject: SigV4.Subject, at moment: Timestamp
  ) throws(CredentialError) -> [HTTPHeader]

  /// Forgets credentials that the store calls expired.
  func invalidate()
}

/// Signs with the key of a chain, anew for each attempt.
public final class SigV4Authorizer: RequestAuthorizer {
  private let chain: CredentialChain
  private let region: String

  /// Signs for a region of S3.
  public init(_ chain: CredentialChain, region: String) {
    self.chain = chain
    self.region = region
  }

  /// The date, the token of a key that is lent, and the signature over both and the rest.
  public func authorize(
    _ subject: SigV4.Subject, at moment: Timestamp
  ) throws(CredentialError) -> [HTTPHeader] {
    let credentials = try chain.credentials()
    var added = [
      HTTPHeader("x-amz-date", SigV4.stamp(moment)),
      HTTPHeader("x-amz-content-sha256", subject.bodyHash),
    ]
    if let token = credentials.sessionToken {
      added.append(HTTPHeader("x-amz-security-token", token.reveal()))
    }
    var subject = subject
    subject.headers += added
    let signer = SigV4(credentials, region: region, service: "s3")
    added.append(HTTPHeader("Authorization", signer.authorization(subject, at: moment)))
    return added
  }

  /// Asks the sources again.
  public func invalidate() { chain.invalidate() }
}

/// Shows a token of OAuth, as GCS takes it.
public final class BearerAuthorizer: RequestAuthorizer {
  private let tokens: BearerTokens

  /// Shows the tokens of a source.
  public init(_ tokens: BearerTokens) { self.tokens = tokens }

  /// `Authorization: Bearer`.
  public func authorize(
    _ subject: SigV4.Subject, at moment: Timestamp
  ) throws(CredentialError) -> [HTTPHeader] {
    [HTTPHeader("Authorization", "Bearer " + (try tokens.token().reveal()))]
  }

  /// Asks the source again.
  public func invalidate() { tokens.invalidate() }
}
