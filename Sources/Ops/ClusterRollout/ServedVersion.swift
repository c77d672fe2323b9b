import Core
import HTTPClient
import JSON

extension ClusterSite {
  /// How long the service may take to say it.
  private static let versionTimeout: Duration = .seconds(2)

  /// The version that the release which serves says of itself; nil where another one answers, or
  /// nobody does.
  ///
  /// An image that is named by its digest has no other sign of it.
  func servedVersion(of revision: String) -> String? {
    let path = "/version"
    let request =
      if let address = environment.url {
        HTTPRequest(address + path, deadline: .after(Self.versionTimeout))
      } else {
        HTTPRequest(
          "http://localhost/api/v1/namespaces/\(names.namespace)/services/\(names.service):http/proxy"
            + path, unixSocketPath: client.transport.proxy.socketPath,
          deadline: .after(Self.versionTimeout))
      }
    guard let answer = try? HTTPClient().send(request), answer.isSuccess,
      let said = try? JSONReader.read(answer.body), said["revision"]?.text == revision
    else { return nil }
    return said["version"]?.text
  }
}
