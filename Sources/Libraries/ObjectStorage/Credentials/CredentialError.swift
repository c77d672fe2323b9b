import HTTPClient

/// Why there are no credentials; never holds one.
public struct CredentialError: Error, Sendable, Equatable {
  /// What was asked.
  public enum Source: String, Sendable, CaseIterable {
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    case environment = "the environment"
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`.
    case webIdentity = "web identity"
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI` or `_RELATIVE_URI`.
    case container = "the container's credentials"
    /// The metadata of a machine of EC2.
    case instance = "the instance's metadata"
    /// A file with a token of OAuth.
    case tokenFile = "the token's file"
    /// The metadata server of Google Cloud.
    case metadataServer = "the metadata server"
    /// None of them.
    case all = "any source of credentials"
  }

  /// What was asked.
  public let source: Source
  /// What was wrong.
  public let detail: String
  /// Whether it may be better a little later.
  public let isTransient: Bool

  /// Whether nobody answered at all.
  public let isUnanswered: Bool

  /// A failure.
  public init(
    _ source: Source, _ detail: String, isTransient: Bool = false, isUnanswered: Bool = false
  ) {
    self.source = source
    self.detail = detail
    self.isTransient = isTransient
    self.isUnanswered = isUnanswered
  }
}

extension CredentialError: CustomStringConvertible {
  /// `source: what was wrong`.
  public var description: String { "\(source.rawValue): \(detail)" }
}

/// A place where credentials may be.
public protocol CredentialSource: Sendable {
  /// What it has; nil where nothing says that it should have any, and the next is asked.
  func credentials() throws(CredentialError) -> Credentials?
}
