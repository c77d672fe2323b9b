import Core
import JSON

extension ClusterSite {
  /// How long the service may take to say it.
  private static let versionTimeout: Duration = .seconds(2)

  /// The version that the release which serves says of itself; nil where another one answers, or
  /// nobody does.
  ///
  /// An image that is named by its digest has no other sign of it. The Service is asked through the
  /// API server.
  /// https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/
  func servedVersion(of revision: String) -> String? {
    var client = client
    client.callTimeout = Self.versionTimeout
    let call = ClusterCall(
      "get", .service, namespace: names.namespace, name: "\(names.service):http",
      subresource: "proxy")
    guard let said = try? client.ask(call, "GET", path: call.path + "/version"),
      said["revision"]?.text == revision
    else { return nil }
    return said["version"]?.text
  }
}
