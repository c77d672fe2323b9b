import Core

/// A key of AWS, or one that a provider or GCS gave out in the same form, with its secret.
public struct Credentials: Sendable, Equatable {
  /// The key's public name.
  public let accessKeyID: String
  /// The secret that signs.
  public let secret: Secret
  /// What goes along with a key that is lent for a while.
  public let sessionToken: Secret?
  /// When it ends, where it does.
  public let expires: Timestamp?

  /// A key.
  public init(
    accessKeyID: String, secret: Secret, sessionToken: Secret? = nil, expires: Timestamp? = nil
  ) {
    self.accessKeyID = accessKeyID
    self.secret = secret
    self.sessionToken = sessionToken
    self.expires = expires
  }
}
