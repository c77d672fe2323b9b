extension Entrance {
  /// The path that is polled.
  private static let healthPath = "/health"

  /// The address of an environment of a cluster; without one the Service, asked through the API
  /// server.
  ///
  /// That one sends each request to a pod that is ready just then, as the Service would, and goes
  /// on when pods come and go.
  /// https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/
  init(_ site: ClusterSite) {
    if let address = site.environment.url {
      self.init(url: address + Self.healthPath)
      return
    }
    let (service, namespace) = (site.names.service, site.names.namespace)
    self.init(
      url: "http://localhost/api/v1/namespaces/\(namespace)/services/\(service):http/proxy"
        + Self.healthPath, unixSocketPath: site.client.transport.proxy.socketPath,
      shown: "Service \(service) in namespace \(namespace), through the API server")
  }
}
