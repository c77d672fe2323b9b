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
  private let scheme: SigV4Scheme
  private let region: String

  /// Signs for a region of a store that checks by `scheme`.
  public init(_ chain: CredentialChain, _ scheme: SigV4Scheme, region: String) {
    self.chain = chain
    self.scheme = scheme
    self.region = region
  }

  /// The date, the token of a key that is lent, and the signature over both and the rest.
  public func authorize(
    _ subject: SigV4.Subject, at moment: Timestamp
  ) throws(CredentialError) -> [HTTPHeader] {
    let credentials = try chain.credentials()
    var added = [
      HTTPHeader(scheme.dateHeader, SigV4.stamp(moment)),
      HTTPHeader(scheme.bodyHashHeader, subject.bodyHash),
    ]
    if let token = credentials.sessionToken, let name = scheme.tokenHeader {
      added.append(HTTPHeader(name, token.reveal()))
    }
    var subject = subject
    subject.headers += added
    let signer = SigV4(credentials, scheme, region: region)
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
