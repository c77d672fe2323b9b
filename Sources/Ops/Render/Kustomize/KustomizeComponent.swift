import YAML

/// One switch of the values as a component: what it adds to the base, changes and removes.
///
/// https://kubectl.docs.kubernetes.io/guides/config_management/components/
struct KustomizeComponent: Sendable {
  let name: String
  /// What it is for, as its file says.
  let summary: String
  /// What is laid over the values of the base.
  let values: YAMLNode
  /// The component that it is laid over, where it is none of its own.
  var needs: String?
  /// Whether an environment of these values has it.
  let isPart: @Sendable (ChartValues) -> Bool

  /// In the order in which overlays name them.
  static let all: [KustomizeComponent] = databases + entrances + others

  private static let databases = [
    KustomizeComponent(
      name: "sqlite", summary: "SQLite on a volume: one replica, migrated before it starts.",
      values: ["database": ["mode": "sqlite"], "replicas": 1],
      isPart: { $0.database.mode == .sqlite }),
    KustomizeComponent(
      name: "postgres", summary: "One PostgreSQL beside the service, for development.",
      values: ["database": ["mode": "bundled"]], isPart: { $0.database.mode == .bundled }),
    KustomizeComponent(
      name: "cloudnative-pg", summary: "A cluster of PostgreSQL that CloudNativePG runs.",
      values: ["database": ["mode": "cloudnative-pg"]],
      isPart: { $0.database.mode == .cloudNativePG }),
    KustomizeComponent(
      name: "pooler", summary: "PgBouncer before PostgreSQL; after the component cloudnative-pg.",
      values: ["database": ["mode": "cloudnative-pg", "pooler": "transaction"]],
      needs: "cloudnative-pg",
      isPart: { $0.database.mode == .cloudNativePG && $0.database.pooler != .none }),
  ]

  /// A host that nobody has: overlays name theirs.
  /// https://www.rfc-editor.org/rfc/rfc2606
  private static let host: YAMLNode = "slipway.example.com"

  private static let entrances = [
    KustomizeComponent(
      name: "ingress", summary: "An Ingress.",
      values: ["ingress": ["enabled": true, "host": host]],
      isPart: \.ingress.enabled),
    KustomizeComponent(
      name: "gateway", summary: "An HTTPRoute to a Gateway, in place of an Ingress.",
      values: ["gateway": ["enabled": true, "host": host, "name": "gateway"]],
      isPart: \.gateway.enabled),
  ]

  private static let others = [
    KustomizeComponent(
      name: "autoscale", summary: "Replicas by load, in place of a fixed number.",
      values: ["autoscale": ["enabled": true]], isPart: \.autoscale.enabled),
    KustomizeComponent(
      name: "monitoring", summary: "A ServiceMonitor, alerts and a dashboard.",
      values: ["monitoring": ["enabled": true]], isPart: \.monitoring.enabled),
  ]
}
