import YAML

/// Rules and dashboard as the chart has them: what differs between releases is not filled in.
enum MonitoringFiles {
  static let groups = [
    ServiceAlerts.records, ServiceAlerts.group, ClusterAlerts.group, DatabaseAlerts.group,
    BackupAlerts.group,
  ]

  /// What is called for a person, of all groups.
  static var alerts: [AlertRule] { groups.flatMap(\.alerts) }

  /// charts/slipway/files/rules.yaml, which promtool reads as it is.
  static var rules: String {
    YAMLWriter.write(["groups": .sequence(groups.map(\.node))])
  }

  private static let fillable = groups.map { (name: $0.name, node: FillableNode($0.node)) }

  /// The groups that hold for a release.
  static func rules(of release: ChartRelease) -> YAMLNode {
    let hasServers = release.values.database.mode == .cloudNativePG
    let hasBackups = release.does(.backup)
    let groups = fillable.filter {
      (hasServers || $0.name != DatabaseAlerts.name)
        && (hasBackups || $0.name != BackupAlerts.name)
    }
    return ["groups": .sequence(groups.map { $0.node.filled(for: release) })]
  }
}
