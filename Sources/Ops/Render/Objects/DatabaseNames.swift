import YAML

extension ChartRelease {
  /// The name of the database's objects.
  var databaseName: String { "\(fullName)-database" }
  /// The name of the pooler and of its Service.
  var poolerName: String { "\(fullName)-database-pooler" }

  /// The database and the user that owns it.
  static let databaseOwner = "slipway"
  /// Where PostgreSQL and poolers listen within the cluster.
  static let databasePort = 5432

  /// What the pods of the database are found by; those of CloudNativePG have its operator's labels.
  ///
  /// https://cloudnative-pg.io/documentation/current/labels_annotations/
  var databasePodLabels: YAMLNode {
    values.database.mode == .cloudNativePG
      ? ["cnpg.io/cluster": .string(databaseName)] : selector("database")
  }

  /// What the pods of the pooler are found by.
  var poolerPodLabels: YAMLNode { ["cnpg.io/poolerName": .string(poolerName)] }
}
