import YAML

/// The PodDisruptionBudget; there is none for one replica, which could then never move.
struct DisruptionValues: Sendable, Equatable, PlatformObject {
  let enabled: Bool
  let maxUnavailable: Int

  init?(_ object: inout ObjectReader) {
    enabled = object.value(
      "enabled", .boolean, default: "true", "Whether there is one, with two replicas or more.")
    maxUnavailable = object.value(
      "maxUnavailable", .integer(1...1000), default: "1",
      "Pods that may be evicted at the same time.")
  }
}

/// The NetworkPolicies.
struct NetworkValues: Sendable, Equatable, PlatformObject {
  let enabled: Bool
  let rules: Network

  init?(_ object: inout ObjectReader) {
    enabled = object.value("enabled", .boolean, default: "true", "Whether there are any.")
    guard let rules = Network(&object) else { return nil }
    self.rules = rules
  }
}

/// The account that pods run as.
struct ServiceAccountValues: Sendable, Equatable, PlatformObject {
  let create: Bool
  let name: String?
  let annotations: [String: String]

  init?(_ object: inout ObjectReader) {
    create = object.value("create", .boolean, default: "true", "Whether it is made here.")
    name = object.optional(
      "name", .label, "Its name; that of the objects unless given, `default` where none is made.")
    annotations =
      object.optional(
        "annotations", .annotations, "Such as the cloud's identity that it stands for.",
        defaultText: "{}") ?? [:]
  }
}

/// What is made for Prometheus and Grafana.
struct MonitoringValues: Sendable, Equatable, PlatformObject {
  let enabled: Bool
  let rules: Monitoring

  init?(_ object: inout ObjectReader) {
    enabled = object.value(
      "enabled", .boolean, default: "false",
      "Whether there are a ServiceMonitor, a PrometheusRule and a dashboard.")
    guard let rules = Monitoring(&object) else { return nil }
    self.rules = rules
  }
}

/// What `helm test` runs.
struct TestValues: Sendable, Equatable, PlatformObject {
  let enabled: Bool

  init?(_ object: inout ObjectReader) {
    enabled = object.value(
      "enabled", .boolean, default: "true", "Whether there is a pod that polls /health.")
  }
}
