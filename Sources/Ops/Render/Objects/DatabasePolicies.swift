import YAML

/// Who may connect to the database and its poolers, and whom those may connect to.
///
/// https://kubernetes.io/docs/concepts/services-networking/network-policies/
extension Objects {
  /// Where CloudNativePG's operator asks the servers how they are.
  private static let statusPort = 8000
  private static let serverMetricsPort = 9187
  private static let poolerMetricsPort = 9127

  /// The bundled server answers the service and its migrations, and asks nobody.
  static func bundledPolicy(_ release: ChartRelease) -> Manifest? {
    policy(
      release, release.databaseName, database,
      [
        NetworkRule.between(
          "from",
          [NetworkRule.pods(release.selector(app))] + migrations(release) + release.backupPeers,
          ports: [ChartRelease.databasePort])
      ], [])
  }

  /// Each server answers the others, which are replicas of it or made from it, and the operator.
  ///
  /// The service may come straight or through a pooler: while one is put in or taken away, pods of
  /// before and after run beside each other.
  static func clusterPolicy(_ release: ChartRelease) -> Manifest? {
    let network = release.values.network.rules
    let clients = [release.selector(app), poolerPods(release)]
    let peers: [YAMLNode] = [["podSelector": clusterPods(release)]]
    let ports = [ChartRelease.databasePort, statusPort]
    return policy(
      release, release.databaseName, database, pods: clusterPods(release),
      [
        NetworkRule.between(
          "from", clients.map(NetworkRule.pods) + migrations(release) + release.backupPeers,
          ports: [ChartRelease.databasePort]),
        NetworkRule.between(
          "from", peers + network.operatorsFrom.map(NetworkRule.databaseOperator), ports: ports),
        metrics(release, port: serverMetricsPort),
      ],
      [
        NetworkRule.names, NetworkRule.between("to", peers, ports: ports), apiServer(release),
      ])
  }

  /// PgBouncer answers the service and asks the servers.
  static func poolerPolicy(_ release: ChartRelease) -> Manifest? {
    let port = ChartRelease.databasePort
    return policy(
      release, release.poolerName, pooler, pods: ["matchLabels": poolerPods(release)],
      [
        NetworkRule.between("from", [NetworkRule.pods(release.selector(app))], ports: [port]),
        metrics(release, port: poolerMetricsPort),
      ],
      [
        NetworkRule.names,
        NetworkRule.between("to", [["podSelector": clusterPods(release)]], ports: [port]),
        apiServer(release),
      ])
  }

  /// Pods of PostgreSQL that the operator makes, those that set up a server included.
  ///
  /// Its poolers carry the name of the cluster as well.
  static func clusterPods(_ release: ChartRelease) -> YAMLNode {
    [
      "matchLabels": ["cnpg.io/cluster": .string(release.databaseName)],
      "matchExpressions": [["key": "cnpg.io/poolerName", "operator": "DoesNotExist"]],
    ]
  }

  /// Labels of the pods of PgBouncer that the operator makes.
  static func poolerPods(_ release: ChartRelease) -> YAMLNode {
    ["cnpg.io/poolerName": .string(release.poolerName)]
  }

  /// The pods that migrate, where there are any.
  private static func migrations(_ release: ChartRelease) -> [YAMLNode] {
    release.migrationForm.isJob ? [NetworkRule.pods(release.selector(migration))] : []
  }

  private static func metrics(_ release: ChartRelease, port: Int) -> YAMLNode? {
    let namespaces = release.values.network.rules.metricsFrom
    guard release.values.monitoring.enabled, !namespaces.isEmpty else { return nil }
    return NetworkRule.between("from", namespaces.map(NetworkRule.namespace), ports: [port])
  }

  /// Wherever the API server is.
  ///
  /// Its address is nowhere known, and a rule without ports would let everything pass.
  private static func apiServer(_ release: ChartRelease) -> YAMLNode? {
    let ports = release.values.network.rules.apiServerPorts
    return ports.isEmpty ? nil : NetworkRule.between("to", [], ports: ports)
  }
}

extension NetworkRule {
  /// What may pass between the pods of a policy and these peers; anybody where nobody is named.
  fileprivate static func between(_ key: String, _ peers: [YAMLNode], ports: [Int]) -> YAMLNode {
    let ports: [YAMLNode] = ports.map { ["protocol": "TCP", "port": .integer($0)] }
    return [key: YAMLNode.sequence(peers).unlessEmpty, "ports": .sequence(ports)]
  }

  /// CloudNativePG's operator, where it runs in this namespace.
  fileprivate static func databaseOperator(_ namespace: String) -> YAMLNode {
    self.namespace(namespace).overlaid(with: [
      "podSelector": ["matchLabels": ["app.kubernetes.io/name": "cloudnative-pg"]]
    ])
  }
}
