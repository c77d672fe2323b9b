import YAML

extension Objects {
  /// Who may reach the service's pods, and whom they may reach.
  static func network(_ release: ChartRelease) -> Manifest? {
    let network = release.values.network.rules
    let clients = network.clientsFrom.map(NetworkRule.namespace)
    let ingress = [
      NetworkRule.ingress(
        from: clients.isEmpty || !release.values.tests.enabled
          ? clients : clients + [NetworkRule.pods(release.selector(test))], port: "http"),
      network.metricsFrom.isEmpty
        ? nil
        : NetworkRule.ingress(
          from: network.metricsFrom.map(NetworkRule.namespace), port: "admin"),
    ]
    let egress = [
      NetworkRule.names,
      NetworkRule.egress(to: NetworkRule.blocks(network.upstreams), port: 443),
      databaseRule(release, isDirect: false), vaultRule(release.mounts, release),
    ]
    return policy(release, release.fullName, app, ingress, egress)
  }

  /// What the migration Job may reach; nobody reaches it.
  static func migrationNetwork(_ release: ChartRelease) -> Manifest? {
    guard release.migrationForm.isJob, let mount = release.migrationMount else { return nil }
    // What binds a hook has to be there before it.
    let hook = release.migrationForm == .hook ? HelmHook.basis(of: release) : [:]
    return policy(
      release, release.migrationName, migration, annotations: hook, [],
      [
        NetworkRule.names, databaseRule(release, isDirect: true), vaultRule([mount], release),
      ])
  }

  /// What the pods of backups may reach; nobody reaches them.
  static func backupNetwork(_ release: ChartRelease, _ task: BackupTask) -> Manifest? {
    let backup = release.values.backup
    let rules = release.values.network.rules
    let namespaces = rules.metricsFrom.map(NetworkRule.namespace)
    let mounts = task == .backup ? [release.migrationMount].compactMap(\.self) : []
    return policy(
      release, release.backupName(task), task.component, [],
      [
        NetworkRule.names, task == .backup ? databaseRule(release, isDirect: true) : nil,
        NetworkRule.egress(to: NetworkRule.blocks(rules.upstreams), port: backup.port),
        backup.asksMetadata ? NetworkRule.metadata : nil,
        backup.pushgateway.flatMap {
          NetworkRule.egress(to: namespaces, port: NetworkRule.port(of: $0))
        },
        vaultRule(mounts, release),
      ])
  }

  /// Where the database is; `isDirect` is past the pooler.
  private static func databaseRule(_ release: ChartRelease, isDirect: Bool) -> YAMLNode? {
    let database = release.values.database
    switch database.mode {
    case .sqlite: return nil
    case .external:
      let blocks = NetworkRule.blocks(release.values.network.rules.databases)
      return NetworkRule.egress(
        to: blocks, port: isDirect ? release.migrationPort : database.port)
    case .bundled, .cloudNativePG:
      return NetworkRule.egress(
        to: databasePods(release, isDirect: isDirect).map { ["podSelector": $0] },
        port: ChartRelease.databasePort)
    }
  }

  /// A pooler may be put in or taken away while pods run that go the other way.
  private static func databasePods(_ release: ChartRelease, isDirect: Bool) -> [YAMLNode] {
    let database = release.values.database
    if database.mode == .bundled { return [["matchLabels": release.selector(Self.database)]] }
    let servers = clusterPods(release)
    return isDirect ? [servers] : [servers, ["matchLabels": poolerPods(release)]]
  }

  private static func vaultRule(_ mounts: [SecretMount], _ release: ChartRelease) -> YAMLNode? {
    guard VaultAgent.tokenVolume(mounts) != nil else { return nil }
    return NetworkRule.egress(
      to: [NetworkRule.namespace(release.values.vault.namespace)], port: VaultAgent.port)
  }

  /// A policy of the pods of a component, or of others; what no rule allows is refused.
  static func policy(
    _ release: ChartRelease, _ name: String, _ component: String, pods: YAMLNode? = nil,
    annotations: [String: String] = [:], _ ingress: [YAMLNode?], _ egress: [YAMLNode?]
  ) -> Manifest? {
    guard release.values.network.enabled else { return nil }
    return Manifest(
      "networking.k8s.io/v1", "NetworkPolicy",
      metadata: release.metadata(name, component, annotations: annotations),
      body: [
        "spec": [
          "podSelector": pods ?? ["matchLabels": release.selector(component)],
          "policyTypes": ["Ingress", "Egress"],
          "ingress": YAMLNode.sequence(ingress.compactMap { $0 }).unlessEmpty,
          "egress": YAMLNode.sequence(egress.compactMap { $0 }).unlessEmpty,
        ]
      ])
  }
}

/// The parts that NetworkPolicies are made of.
enum NetworkRule {
  /// Names are resolved by pods of the cluster, or by a cache on each node.
  ///
  /// https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
  static let names: YAMLNode = [
    "to": [namespace("kube-system"), ["ipBlock": ["cidr": "169.254.20.10/32"]]],
    "ports": [["protocol": "UDP", "port": 53], ["protocol": "TCP", "port": 53]],
  ]

  /// The services of clouds that lend credentials to those who ask from a pod: the machine's on
  /// EC2 and Google's, the one of GKE that stands before it, and that of EKS Pod Identity.
  ///
  /// https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy
  /// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
  static let metadata: YAMLNode = [
    "to": .sequence(
      [
        "169.254.169.254/32", "169.254.169.252/32", "169.254.170.23/32", "fd00:ec2::254/128",
        "fd00:ec2::23/128",
      ].map { ["ipBlock": ["cidr": $0]] }),
    "ports": [["protocol": "TCP", "port": 80], ["protocol": "TCP", "port": 988]],
  ]

  /// All pods of a namespace.
  static func namespace(_ name: String) -> YAMLNode {
    [
      "namespaceSelector": [
        "matchLabels": ["kubernetes.io/metadata.name": .string(name)]
      ]
    ]
  }

  /// The pods of the policy's own namespace with these labels.
  static func pods(_ labels: YAMLNode) -> YAMLNode { ["podSelector": ["matchLabels": labels]] }

  /// Addresses outside, without those of clouds' metadata.
  static func blocks(_ texts: [String]) -> [YAMLNode] {
    texts.compactMap(NetworkBlock.init).map { block in
      [
        "ipBlock": [
          "cidr": .string(block.text),
          "except": YAMLNode.sequence(block.except.map { .string($0) }).unlessEmpty,
        ]
      ]
    }
  }

  /// Who may connect to a named port; everybody where nobody is named.
  static func ingress(from peers: [YAMLNode], port: String) -> YAMLNode {
    [
      "from": YAMLNode.sequence(peers).unlessEmpty,
      "ports": [["protocol": "TCP", "port": .string(port)]],
    ]
  }

  /// The port of an address with http:// or https:// and without a path.
  static func port(of address: String) -> Int {
    let last = address.split(separator: ":").last.flatMap { Int($0) }
    return last ?? (address.hasPrefix("https:") ? 443 : 80)
  }

  /// Where may be connected to; nil where nothing is named, as an empty list would be everywhere.
  static func egress(to peers: [YAMLNode], port: Int) -> YAMLNode? {
    peers.isEmpty
      ? nil
      : [
        "to": .sequence(peers), "ports": [["protocol": "TCP", "port": .integer(port)]],
      ]
  }
}
