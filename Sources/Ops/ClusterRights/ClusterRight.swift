/// Something that ops must be allowed to do in the namespace of an environment, and what for.
///
/// The one list that a rollout is checked against, and that the Role is made of.
struct ClusterRight: Sendable, Equatable {
  /// Whether a rollout begins without it.
  enum Need: Sendable, Equatable {
    case required
    /// What is not done without it.
    case optional(String)
  }

  /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
  let verbs: [String]
  let kind: ResourceKind
  let subresource: String?
  let need: Need

  init(
    _ verbs: [String], _ kind: ResourceKind, subresource: String? = nil, need: Need = .required
  ) {
    (self.verbs, self.kind, self.subresource, self.need) = (verbs, kind, subresource, need)
  }

  /// As a Role names it: `pods/log`.
  var resource: String { subresource.map { "\(kind.plural)/\($0)" } ?? kind.plural }

  /// What the cluster is asked about.
  func calls(in namespace: String) -> [ClusterCall] {
    verbs.map { ClusterCall($0, kind, namespace: namespace, subresource: subresource) }
  }
}

extension ClusterRight {
  /// What a rollout does, whatever it brings: it locks and remembers, watches, and reads what the
  /// failed ones said.
  private static let always = [
    ClusterRight(["get", "create", "update"], .lease),
    ClusterRight(["get", "list", "create", "update", "patch", "delete"], .configMap),
    ClusterRight(["list", "watch"], .pod),
    ClusterRight(["get"], .pod, subresource: "log"),
    ClusterRight(["list", "watch"], .event),
    ClusterRight(["list", "watch"], .replicaSet),
    ClusterRight(["get", "list", "watch", "create", "patch", "delete"], .deployment),
    ClusterRight(["get", "list", "watch", "create", "patch", "delete"], .job),
    ClusterRight(["list"], .resourceQuota, need: .optional("quotas are not looked at")),
    ClusterRight(
      ["get"], .secret,
      need: .optional("secrets in what pods say are found by their form alone")),
    ClusterRight(
      ["get"], .service, subresource: "proxy",
      need: .optional("releases are not asked for their version")),
  ]

  /// The way of clients to the Service where an environment has no URL; a connection is a `get`,
  /// and a `create` in newer clusters.
  private static let entrance = [
    ClusterRight(["list", "watch"], .endpointSlice),
    ClusterRight(["get", "create"], .pod, subresource: "portforward"),
  ]

  /// The Secrets that Helm keeps its releases in.
  ///
  /// https://helm.sh/docs/topics/advanced/#storage-backends
  private static let releases = ClusterRight(
    ["get", "list", "create", "update", "delete"], .secret)

  /// What objects of `kind` are brought with, and taken away again.
  private static func bringing(_ kind: ResourceKind, isRemovedByHelm: Bool) -> [ClusterRight] {
    if kind == .namespace { return [ClusterRight(["get", "patch"], kind)] }
    let all = [ClusterRight(["get", "create", "patch"], kind)]
    // One delete that is forbidden fails the whole of an upgrade, or of the end of a first release.
    if isRemovedByHelm { return all + [ClusterRight(["delete"], kind)] }
    guard !ClusterObject.keptKinds.contains(kind.kind) else { return all }
    return all + [
      ClusterRight(["delete"], kind, need: .optional("old \(kind.plural) are left where they are"))
    ]
  }

  /// All that rollouts of these objects need.
  static func needed(
    for objects: [ClusterObject], throughPods: Bool, byHelm: Bool
  ) -> [ClusterRight] {
    needed(
      for: objects.map(\.kind), throughPods: throughPods,
      removedByHelm: byHelm ? Set(objects.filter { !$0.isKeptByHelm }.map(\.kind)) : nil)
  }

  /// All that rollouts of these kinds of objects need; `removedByHelm` are those that Helm takes
  /// away by itself, nil where Helm does not bring them.
  static func needed(
    for kinds: some Sequence<ResourceKind>, throughPods: Bool, removedByHelm: Set<ResourceKind>?
  ) -> [ClusterRight] {
    let known = always.filter { $0.verbs.contains("patch") }.map(\.kind)
    let brought = Set(kinds).subtracting(known).sorted { $0.plural < $1.plural }
    return always + (throughPods ? entrance : []) + (removedByHelm == nil ? [] : [releases])
      + brought.flatMap {
        bringing($0, isRemovedByHelm: removedByHelm?.contains($0) ?? false)
      }
  }

  /// Every kind that an environment may have.
  static let kindsOfAll: [ResourceKind] =
    [
      .namespace, .configMap, .service, .deployment, .job, .cronJob, .statefulSet,
      .podDisruptionBudget,
      .horizontalPodAutoscaler,
      ResourceKind("v1", "ServiceAccount", "serviceaccounts"),
      ResourceKind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
      ResourceKind("networking.k8s.io/v1", "Ingress", "ingresses"),
      ResourceKind("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes"),
      ResourceKind("external-secrets.io/v1", "ExternalSecret", "externalsecrets"),
      ResourceKind("monitoring.coreos.com/v1", "ServiceMonitor", "servicemonitors"),
      ResourceKind("monitoring.coreos.com/v1", "PrometheusRule", "prometheusrules"),
      ResourceKind("monitoring.coreos.com/v1", "PodMonitor", "podmonitors"),
      ResourceKind("postgresql.cnpg.io/v1", "ScheduledBackup", "scheduledbackups"),
    ] + kindsOfData

  /// Those of them whose objects Helm leaves where they are.
  static let kindsOfData: [ResourceKind] = [
    .databaseCluster, ResourceKind("postgresql.cnpg.io/v1", "Pooler", "poolers"),
    ResourceKind("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
  ]
}

extension ResourceKind {
  static let resourceQuota = ResourceKind("v1", "ResourceQuota", "resourcequotas")
  static let podDisruptionBudget = ResourceKind(
    "policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
  static let horizontalPodAutoscaler = ResourceKind(
    "autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
  /// A database that the operator CloudNativePG sees to.
  static let databaseCluster = ResourceKind("postgresql.cnpg.io/v1", "Cluster", "clusters")
}
