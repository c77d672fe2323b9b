import Core
import HTTPClient

/// The role of a machine of EC2, by version 2 of its metadata service.
///
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
public struct InstanceCredentials: CredentialSource {
  private let variables: [String: String]
  private let call: CredentialCall

  private static let baseDefault = "http://169.254.169.254"
  private static let tokenSeconds = 21_600

  /// Looks into `variables`, which may name another address or turn it off.
  public init(_ variables: [String: String], client: HTTPClient) {
    self.variables = variables
    call = CredentialCall(source: .instance, client: client)
  }

  /// The role's key; a machine without such a service has none.
  public func credentials() throws(CredentialError) -> Credentials? {
    if variables["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
    let named = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT", default: ""]
    var base = named.isEmpty ? Self.baseDefault : named
    while base.hasSuffix("/") { base.removeLast() }
    let token = try call.body(
      base + "/latest/api/token", method: "PUT",
      headers: [HTTPHeader("X-aws-ec2-metadata-token-ttl-seconds", "\(Self.tokenSeconds)")])
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
