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
}
