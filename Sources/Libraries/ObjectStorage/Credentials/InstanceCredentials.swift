import Core
import HTTPClient

/// The role of a machine of EC2, by version 2 of its metadata service.
///
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
public struct InstanceCredentials: CredentialSource {
  private let variables: [String: String]
  private let base: String
  private let call: CredentialCall
  /// Whether this is known to be such a machine.
  private let hasAnswered = Guarded(false)

  private static let baseDefault = "http://169.254.169.254"
  private static let tokenSeconds = 21_600

  /// Looks into `variables`, which may name another address or turn it off.
  public init(_ variables: [String: String], client: HTTPClient) {
    self.init(variables, client: client, base: Self.baseDefault)
  }

  /// The same where the service has another address without anybody's saying so.
  init(_ variables: [String: String], client: HTTPClient, base: String) {
    self.variables = variables
    self.base = base
    call = CredentialCall(source: .instance, client: client)
  }

  /// The role's key; a machine without such a service has none.
  public func credentials() throws(CredentialError) -> Credentials? {
    if variables["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
    let named = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT", default: ""]
    var base = named.isEmpty ? self.base : named
    while base.hasSuffix("/") { base.removeLast() }
    let token: [UInt8]
    do throws(CredentialError) {
      token = try call.body(
        base + "/latest/api/token", method: "PUT",
        headers: [HTTPHeader("X-aws-ec2-metadata-token-ttl-seconds", "\(Self.tokenSeconds)")])
      hasAnswered.withLock { $0 = true }
    } catch {
      // Nobody is there, and nobody said that somebody should be.
      let isExpected = !named.isEmpty || hasAnswered.withLock { $0 }
      if error.isUnanswered, !isExpected { return nil }
      throw error
    }
    let proof = HTTPHeader(
      "X-aws-ec2-metadata-token", String(decoding: token, as: UTF8.self))
    let path = base + "/latest/meta-data/iam/security-credentials/"
    let roles = String(decoding: try call.body(path, headers: [proof]), as: UTF8.self)
    guard let role = roles.split(whereSeparator: \.isNewline).first else {
      throw CredentialError(.instance, "the machine has no role")
    }
    let url = path + PercentEncoding.encode(String(role))
    return try call.credentials(try call.body(url, headers: [proof]))
  }
}
