import Core
import HTTPClient
import POSIX

/// A role that the platform lends a container: tasks of ECS, pods of EKS.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
public struct ContainerCredentials: CredentialSource {
  private let variables: [String: String]
  private let call: CredentialCall

  private static let tokenBytesMax = 64 * 1024
  /// The address of the agent of ECS, in every task.
  private static let relativeBase = "http://169.254.170.2"

  /// Looks into `variables`.
  public init(_ variables: [String: String], client: HTTPClient) {
    self.variables = variables
    call = CredentialCall(source: .container, client: client)
  }

  /// The role's key.
  public func credentials() throws(CredentialError) -> Credentials? {
    guard let url = try url() else { return nil }
    var headers: [HTTPHeader] = []
    if let token = try token() { headers.append(HTTPHeader("Authorization", token.reveal())) }
    return try call.credentials(try call.body(url, headers: headers))
  }

  private func url() throws(CredentialError) -> String? {
    if let path = variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"], !path.isEmpty {
      return Self.relativeBase + path
    }
    guard let url = variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"], !url.isEmpty else {
      return nil
    }
    // A token goes along: in clear only to this machine and to the platform's own addresses.
    let clear = ["127.0.0.1", "localhost", "[::1]", "169.254.170.2", "169.254.170.23"]
    let isAllowed = clear.contains { host in
      ["", ":", "/"].contains { url.hasPrefix("http://\(host)\($0)") } && host == Self.host(url)
    }
    guard url.hasPrefix("https://") || isAllowed else {
      throw CredentialError(.container, "the address is neither https nor of this machine")
    }
    return url
  }

  private static func host(_ url: String) -> String {
    let rest = url.dropFirst("http://".count).prefix { $0 != "/" }
    if rest.hasPrefix("[") { return String(rest.prefix { $0 != "]" }) + "]" }
    return String(rest.prefix { $0 != ":" })
  }

  private func token() throws(CredentialError) -> Secret? {
    if let path = variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"], !path.isEmpty {
      do throws(SystemError) {
        let text = try File.readText(path, limit: Self.tokenBytesMax)
        return Secret(EnvironmentReader.withoutLineEnd(text))
      } catch {
        throw CredentialError(.container, "\(error)")
      }
    }
    let token = variables["AWS_CONTAINER_AUTHORIZATION_TOKEN", default: ""]
    return token.isEmpty ? nil : Secret(token)
  }
}
