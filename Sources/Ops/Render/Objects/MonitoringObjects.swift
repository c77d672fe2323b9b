import YAML

/// What Prometheus reads, and what Prometheus and Grafana make of it.
extension Objects {
  /// What all that belongs to monitoring is called.
  static let monitoring = "monitoring"
  private static let monitoringVersion = "monitoring.coreos.com/v1"

  static func monitoringObjects(_ release: ChartRelease) -> [Manifest] {
    guard release.values.monitoring.enabled else { return [] }
    return [serviceMonitor(release)] + podMonitors(release) + [rules(release), dashboard(release)]
  }

  /// The metrics have a port of their own that the Service does not lead to: clients have no
  /// business there.
  ///
  /// https://prometheus-operator.dev/docs/api-reference/api/
  private static func serviceMonitor(_ release: ChartRelease) -> Manifest {
    let interval = release.values.monitoring.rules.interval
    return Manifest(
      monitoringVersion, "ServiceMonitor", metadata: metadata(release, release.fullName),
      body: [
        "spec": [
          "selector": ["matchLabels": release.selector(app)],
          "endpoints": [
            ["targetPort": "admin", "path": "/metrics", "interval": .string(interval)]
          ],
        ]
      ])
  }

  /// The operator's own switch for these is deprecated: they are made here.
  private static func podMonitors(_ release: ChartRelease) -> [Manifest] {
    let database = release.values.database
    guard database.mode == .cloudNativePG else { return [] }
    let servers = podMonitor(release, release.databaseName, clusterPods(release))
    if database.pooler == .none { return [servers] }
    return [
      servers, podMonitor(release, release.poolerName, ["matchLabels": poolerPods(release)]),
    ]
  }

  private static func podMonitor(
    _ release: ChartRelease, _ name: String, _ pods: YAMLNode
  ) -> Manifest {
    let interval = release.values.monitoring.rules.interval
    return Manifest(
      monitoringVersion, "PodMonitor", metadata: metadata(release, name),
      body: [
        "spec": [
          "selector": pods,
          "podMetricsEndpoints": [["port": "metrics", "interval": .string(interval)]],
        ]
      ])
  }

  private static func rules(_ release: ChartRelease) -> Manifest {
    Manifest(
      monitoringVersion, "PrometheusRule", metadata: metadata(release, release.fullName),
      body: ["spec": MonitoringFiles.rules(of: release)])
  }

  /// Grafana's sidecar looks for the label; all that it finds are files of one folder.
  private static func dashboard(_ release: ChartRelease) -> Manifest {
    let metadata = release.metadata(release.fullName + "-dashboard", monitoring)
    return Manifest(
      "v1", "ConfigMap", metadata: metadata.overlaid(with: ["labels": ["grafana_dashboard": "1"]]),
      body: ["data": ["slipway.json": .string(Dashboard.text(of: release))]])
  }

  /// With the labels by which a Prometheus finds what is meant for it.
  private static func metadata(_ release: ChartRelease, _ name: String) -> YAMLNode {
    release.metadata(name, monitoring).overlaid(with: [
      "labels": .texts(release.values.monitoring.rules.labels)
    ])
  }
}
