import Core
import HTTPClient
import POSIX
import XML

/// A role that is lent for a token that the platform puts into a file, as on EKS.
///
/// The file is read anew each time, for the platform replaces it. The request needs no signature.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
public struct WebIdentityCredentials: CredentialSource {
  private let variables: [String: String]
  private let call: CredentialCall

  private static let tokenBytesMax = 64 * 1024

  /// Looks into `variables`, which may name another endpoint by `AWS_ENDPOINT_URL_STS`.
  public init(_ variables: [String: String], client: HTTPClient) {
    self.variables = variables
    call = CredentialCall(source: .webIdentity, client: client)
  }

  /// The role's key, an hour long unless the role says otherwise.
  public func credentials() throws(CredentialError) -> Credentials? {
    guard let path = variables["AWS_WEB_IDENTITY_TOKEN_FILE"], !path.isEmpty else { return nil }
    guard let role = variables["AWS_ROLE_ARN"], !role.isEmpty else {
      throw CredentialError(.webIdentity, "AWS_ROLE_ARN is not set")
    }
    let token: String
    do throws(SystemError) {
      token = try File.readText(path, limit: Self.tokenBytesMax)
    } catch {
      throw CredentialError(.webIdentity, "\(error)")
    }
    let fields = [
      ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
      ("RoleSessionName", variables["AWS_ROLE_SESSION_NAME"] ?? "slipway"),
      ("WebIdentityToken", EnvironmentReader.withoutLineEnd(token)),
    ]
    let form = fields.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    let body = try call.body(
      endpoint, method: "POST",
      headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")],
      body: Array(form.utf8))
    let result = S3Answer.root(body)?["AssumeRoleWithWebIdentityResult"]?["Credentials"]
    guard let key = result?["AccessKeyId"]?.text, let secret = result?["SecretAccessKey"]?.text,
      let session = result?["SessionToken"]?.text
    else { throw CredentialError(.webIdentity, "the answer holds no key") }
    return Credentials(
      accessKeyID: key, secret: Secret(secret), sessionToken: Secret(session),
      expires: (result?["Expiration"]?.text).flatMap { Timestamp(iso8601: $0) })
  }

  private var endpoint: String {
    if let url = variables["AWS_ENDPOINT_URL_STS"], !url.isEmpty { return url }
    let region = variables["AWS_REGION"] ?? variables["AWS_DEFAULT_REGION"] ?? ""
    let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    return region.isEmpty ? "https://sts.amazonaws.com/" : "https://sts.\(region).\(domain)/"
  }
}
