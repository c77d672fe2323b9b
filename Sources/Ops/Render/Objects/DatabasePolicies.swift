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
  static func bundledPolicy(_ release: ChartRelease) -> Manifest {
    policy(
      release, release.databaseName, database, pods: ["matchLabels": release.selector(database)],
      ingress: [rule("from", clients(release), ports: [postgresPort])], egress: [])
  }

  /// Each server answers the others, which are replicas of it or made from it, and the operator;
  /// clients come through the pooler where there is one, migrations never.
  static func clusterPolicy(_ release: ChartRelease) -> Manifest {
    let hasPooler = release.values.database.pooler != .none
    let network = release.values.network.rules
    let peers = [podPeer(clusterPods(release))]
    var callers = [podPeer(["matchLabels": release.selector("migration")])]
    callers.append(
      podPeer(
        ["matchLabels": hasPooler ? poolerPods(release) : release.selector(app)]))
    return policy(
      release, release.databaseName, database, pods: clusterPods(release),
      ingress: [
        rule("from", callers, ports: [postgresPort]),
        rule(
          "from", peers + network.operatorsFrom.map(operatorPeer),
          ports: [postgresPort, statusPort]),
      ] + metrics(release, port: serverMetricsPort),
      egress: [
        nameService, rule("to", peers, ports: [postgresPort, statusPort]),
      ] + apiServer(release))
  }

  /// PgBouncer answers the service and asks the servers.
  static func poolerPolicy(_ release: ChartRelease) -> Manifest {
    policy(
      release, release.poolerName, pooler, pods: ["matchLabels": poolerPods(release)],
      ingress: [
        rule(
          "from", [podPeer(["matchLabels": release.selector(app)])], ports: [postgresPort])
      ] + metrics(release, port: poolerMetricsPort),
      egress: [
        nameService, rule("to", [podPeer(clusterPods(release))], ports: [postgresPort]),
      ] + apiServer(release))
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

  private static func clients(_ release: ChartRelease) -> [YAMLNode] {
    [app, "migration"].map { podPeer(["matchLabels": release.selector($0)]) }
  }

  private static func policy(
    _ release: ChartRelease, _ name: String, _ component: String, pods: YAMLNode,
    ingress: [YAMLNode], egress: [YAMLNode]
  ) -> Manifest {
    Manifest(
      "networking.k8s.io/v1", "NetworkPolicy", metadata: release.metadata(name, component),
      body: [
        "spec": [
          "podSelector": pods, "policyTypes": ["Ingress", "Egress"],
          "ingress": .sequence(ingress), "egress": .sequence(egress),
        ]
      ])
  }

  /// A rule without ports would let everything pass.
  private static func apiServer(_ release: ChartRelease) -> [YAMLNode] {
    let ports = release.values.network.rules.apiServerPorts
    return ports.isEmpty ? [] : [rule("to", [], ports: ports)]
  }

  /// What may pass between the pods of a policy and these peers; without peers anybody.
  private static func rule(_ key: String, _ peers: [YAMLNode], ports: [Int]) -> YAMLNode {
    let ports: [YAMLNode] = ports.map { ["port": .integer($0), "protocol": "TCP"] }
    return [key: YAMLNode.sequence(peers).unlessEmpty, "ports": .sequence(ports)]
  }

  private static func podPeer(_ pods: YAMLNode) -> YAMLNode { ["podSelector": pods] }

  private static func namespacePeer(_ namespace: String) -> YAMLNode {
    [
      "namespaceSelector": [
        "matchLabels": ["kubernetes.io/metadata.name": .string(namespace)]
      ]
    ]
  }

  private static func operatorPeer(_ namespace: String) -> YAMLNode {
    namespacePeer(namespace).overlaid(with: [
      "podSelector": ["matchLabels": ["app.kubernetes.io/name": "cloudnative-pg"]]
    ])
  }

  private static func metrics(_ release: ChartRelease, port: Int) -> [YAMLNode] {
    let namespaces = release.values.network.rules.metricsFrom
    guard release.values.monitoring.enabled, !namespaces.isEmpty else { return [] }
    return [rule("from", namespaces.map(namespacePeer), ports: [port])]
  }

  private static var nameService: YAMLNode {
    [
      "to": [namespacePeer("kube-system")],
      "ports": [["port": 53, "protocol": "UDP"], ["port": 53, "protocol": "TCP"]],
    ]
  }
}
