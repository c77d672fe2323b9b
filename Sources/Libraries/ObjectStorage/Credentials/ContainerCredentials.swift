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

  /// Where a token may go in clear: this machine, and the agents of ECS and EKS.
  private static let near: Set<String> = [
    "127.0.0.1", "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]",
  ]

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
    guard url.hasPrefix("https://") || Self.near.contains(Self.host(url) ?? "") else {
      throw CredentialError(.container, "the address is neither https nor of this machine")
    }
    return url
  }

  /// The host of an address in clear; nil where anything but a port stands beside it.
  private static func host(_ url: String) -> String? {
    guard url.hasPrefix("http://") else { return nil }
    let authority = url.dropFirst("http://".count).prefix { !"/?#".contains($0) }
    let end =
      authority.hasPrefix("[")
      ? authority.firstIndex(of: "]").map { authority.index(after: $0) }
      : authority.firstIndex(of: ":") ?? authority.endIndex
    guard let end else { return nil }
    let port = authority[end...]
    let isPort = port.isEmpty || port.hasPrefix(":") && port.dropFirst().allSatisfy(\.isNumber)
    return isPort ? String(authority[..<end]) : nil
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
