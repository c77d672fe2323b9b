import Core
import HTTPClient

/// Makes stores of addresses, with the credentials and settings of an environment.
public struct StoreOpener: Sendable {
  private let variables: [String: String]
  private let explicit: Credentials?
  private let client: HTTPClient
  private let timeouts: StorageTimeouts
  private let policy: RetryPolicy

  /// An opener that looks into `variables` for what it was not given.
  public init(
    _ variables: [String: String], credentials: Credentials? = nil,
    client: HTTPClient = HTTPClient(), timeouts: StorageTimeouts = StorageTimeouts(),
    policy: RetryPolicy = RetryPolicy()
  ) {
    self.variables = variables
    explicit = credentials
    self.client = client
    self.timeouts = timeouts
    self.policy = policy
  }

  /// The store at `url`: what is far away is tried again, and keys are below the prefix.
  public func open(_ url: StoreURL) throws(StoreURLError) -> any ObjectStorage {
    switch url.place {
    case .memory: return MemoryStorage()
    case .directory(let path): return FileStorage(path)
    case .bucket(_, let prefix):
      let store = RetryingStorage(try bucket(url), policy: policy)
      return prefix.isEmpty ? store : PrefixedStorage(store, prefix: prefix)
    }
  }

  /// The bucket of `url` itself, without prefix and without further attempts.
  public func bucket(_ url: StoreURL) throws(StoreURLError) -> S3Storage {
    guard case .bucket(let bucket, _) = url.place else { throw .unknownScheme }
    let profile = ProviderProfile(url.provider)
    let named = url.region ?? variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION")
    guard let region = url.provider == .gcs ? profile.regionDefault : named ?? profile.regionDefault
    else { throw .missing("region", "neither it nor AWS_REGION is given") }
    let ownEndpoint = url.provider == .gcs ? nil : variable("AWS_ENDPOINT_URL_S3")
    guard let address = url.endpoint ?? ownEndpoint ?? profile.endpoint(region: region) else {
      throw .missing("endpoint", "\(url.provider.rawValue) has no address of its own")
    }
    // A bucket with a dot would not match a certificate for one name below the endpoint's.
    let isCustom = url.endpoint ?? ownEndpoint != nil
    let usesPathStyle =
      url.usesPathStyle ?? (isCustom || profile.usesPathStyle || bucket.contains("."))
    guard let endpoint = S3Endpoint(address, bucket: bucket, usesPathStyle: usesPathStyle) else {
      throw .badValue("endpoint", "http:// or https://, a host, maybe a port")
    }
    return S3Storage(
      endpoint: endpoint, profile: profile, authorizer: authorizer(url.provider, region),
      client: client, timeouts: timeouts,
      certificateAuthorityPath: url.certificateAuthorityPath ?? variable("AWS_CA_BUNDLE"))
  }

  private func variable(_ name: String) -> String? {
    variables[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// What proves our requests, by the sources in the order that the clients of AWS have too.
  private func authorizer(_ provider: Provider, _ region: String) -> any RequestAuthorizer {
    if provider == .gcs {
      let names = EnvironmentCredentials.Names.gcs
      let hmac = EnvironmentCredentials(variables, names: names)
      if explicit == nil, variable(names.key) == nil, variable(names.secret) == nil {
        return BearerAuthorizer(BearerTokens(variables, client: client))
      }
      return SigV4Authorizer(
        CredentialChain([ExplicitCredentials(explicit), hmac]), .google, region: region)
    }
    return SigV4Authorizer(
      CredentialChain([
        ExplicitCredentials(explicit), EnvironmentCredentials(variables),
        WebIdentityCredentials(variables, client: client),
        ContainerCredentials(variables, client: client),
        InstanceCredentials(variables, client: client),
      ]), .amazon, region: region)
  }
}
