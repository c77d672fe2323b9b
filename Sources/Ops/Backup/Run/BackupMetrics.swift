import Core

/// What the last run of a backup was, as Prometheus reads it.
///
/// Gauges all of them. https://prometheus.io/docs/instrumenting/exposition_formats
struct BackupMetrics: Sendable {
  let database: String
  let endedAt: Timestamp
  let exitCode: ExitCode
  let duration: Duration
  /// The backup that was taken; nil where there is none.
  let manifest: BackupManifest?

  /// What a Pushgateway may take.
  static let pushTimeout: Duration = .seconds(10)

  /// The text of all metrics; those without a value are left out.
  var text: String {
    let families: [(name: String, help: String, value: Double?)] = [
      ("success", "Whether the last run took a backup.", exitCode == .done ? 1 : 0),
      ("exit_code", "How the last run ended.", Double(exitCode.rawValue)),
      ("run_timestamp_seconds", "When the last run ended.", Self.seconds(endedAt)),
      ("duration_seconds", "How long the last run took.", duration.inSeconds),
      (
        "snapshot_timestamp_seconds", "The moment that the backup shows.",
        manifest.map { Self.seconds($0.snapshotAt) }
      ),
      ("stored_bytes", "What it takes in the store.", manifest.map { Double($0.storedBytes) }),
    ]
    return families.map { family in
      guard let value = family.value else { return "" }
      let name = "slipway_backup_" + family.name
      return "# HELP \(name) \(family.help)\n# TYPE \(name) gauge\n"
        + "\(name){database=\"\(database)\"} \(value)\n"
    }.joined()
  }

  private static func seconds(_ moment: Timestamp) -> Double {
    Double(moment.microsecondsSinceEpoch) / 1_000_000
  }
}
