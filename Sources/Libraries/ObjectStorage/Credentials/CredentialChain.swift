import Core

/// Asks one source after another, keeps what it got, and asks again before that ends.
public final class CredentialChain: Sendable {
  private let sources: [any CredentialSource]
  private let now: @Sendable () -> Timestamp
  private let kept = Guarded<Credentials?>(nil)

  /// How long before its end a key is replaced: an upload that began with it may take a while.
  public static let refreshAhead: Duration = .seconds(300)

  /// The sources in the order in which they are asked.
  public init(
    _ sources: [any CredentialSource],
    now: @escaping @Sendable () -> Timestamp = { Timestamp.now() }
  ) {
    self.sources = sources
    self.now = now
  }

  /// One key that is known.
  public convenience init(_ credentials: Credentials) {
    self.init([ExplicitCredentials(credentials)])
  }

  /// A key that is good for a while; who comes meanwhile waits for the one who asks.
  ///
  /// Where asking again fails and the old key is still good, it serves on.
  public func credentials() throws(CredentialError) -> Credentials {
    try kept.withLock { kept throws(CredentialError) in
      let moment = now()
      if let kept, kept.isGood(until: moment.advanced(by: Self.refreshAhead)) { return kept }
      do throws(CredentialError) {
        let fresh = try ask()
        kept = fresh
        return fresh
      } catch {
        if let kept, kept.isGood(until: moment) { return kept }
        throw error
      }
    }
  }

  /// Forgets what it got.
  public func invalidate() { kept.withLock { $0 = nil } }

  private func ask() throws(CredentialError) -> Credentials {
    for source in sources {
      if let credentials = try source.credentials() { return credentials }
    }
    throw CredentialError(.all, "none has any")
  }
}

extension Credentials {
  /// Whether it does not end before `moment`.
  func isGood(until moment: Timestamp) -> Bool { expires.map { moment < $0 } ?? true }
}

/// Credentials that the program was given.
public struct ExplicitCredentials: CredentialSource {
  private let given: Credentials?

  /// What was given, if anything.
  public init(_ credentials: Credentials?) { given = credentials }

  /// What was given.
  public func credentials() throws(CredentialError) -> Credentials? { given }
}

/// Credentials in variables of the environment.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
public struct EnvironmentCredentials: CredentialSource {
  /// The names of the variables.
  public struct Names: Sendable {
    let key: String
    let secret: String
    let token: String?

    /// Those of AWS.
    public static let aws = Names(
      key: "AWS_ACCESS_KEY_ID", secret: "AWS_SECRET_ACCESS_KEY", token: "AWS_SESSION_TOKEN")
    /// Of an HMAC key of Google Cloud Storage.
    public static let gcs = Names(
      key: "GCS_HMAC_ACCESS_ID", secret: "GCS_HMAC_SECRET", token: nil)
  }

  private let names: Names
  private let variables: [String: String]

  /// Looks into `variables`.
  public init(_ variables: [String: String], names: Names = .aws) {
    self.variables = variables
    self.names = names
  }

  /// Both or none: one without the other is a mistake that no other source should hide.
  public func credentials() throws(CredentialError) -> Credentials? {
    let key = variables[names.key, default: ""]
    let secret = variables[names.secret, default: ""]
    if key.isEmpty && secret.isEmpty { return nil }
    guard !key.isEmpty, !secret.isEmpty else {
      let missing = key.isEmpty ? names.key : names.secret
      throw CredentialError(.environment, "\(missing) is not set, and the other is")
    }
    let token = names.token.flatMap { variables[$0] }.flatMap { $0.isEmpty ? nil : Secret($0) }
    return Credentials(accessKeyID: key, secret: Secret(secret), sessionToken: token)
  }
}
