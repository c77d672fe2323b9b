import Core

/// What the last run of a backup or a drill was, and what the store has, as Prometheus reads it.
///
/// Gauges all of them. https://prometheus.io/docs/instrumenting/exposition_formats
struct BackupMetrics: Sendable {
  /// Whose figures: each has names of its own, so that files of both lie beside each other.
  enum Subject: String, Sendable {
    case backup
    case drill
  }

  let subject: Subject
  let database: String
  let endedAt: Timestamp
  let exitCode: ExitCode
  let duration: Duration
  /// What the store has by then, whatever this run came to; nil where it has none, or was not
  /// asked.
  let newest: BackupManifest?
  let newestProven: BackupManifest?

  /// What a Pushgateway may take.
  static let pushTimeout: Duration = .seconds(10)

  /// The text of all metrics; those without a value are left out.
  ///
  /// What is not known of the store now is what `old`, the text of the run before, said of it: an
  /// alert on the age of the newest backup must not fall silent while the store is away.
  func text(after old: String = "") -> String {
    let families = ofRun + (subject == .backup ? ofNewest : []) + [ofNewestProven]
    return families.map { family in
      let name = "slipway_\(subject.rawValue)_" + family.name
      let sample = "\(name){database=\"\(database)\"} "
      let before = old.split(separator: "\n").first { $0.hasPrefix(sample) }
      guard let value = family.value.map({ "\($0)" }) ?? before?.dropFirst(sample.count).description
      else { return "" }
      return "# HELP \(name) \(family.help)\n# TYPE \(name) gauge\n\(sample)\(value)\n"
    }.joined()
  }

  private typealias Family = (name: String, help: String, value: Double?)

  private var ofRun: [Family] {
    [
      ("success", "Whether the last run did all that it was to do.", exitCode == .done ? 1 : 0),
      ("exit_code", "How the last run ended.", Double(exitCode.rawValue)),
      ("run_timestamp_seconds", "When the last run ended.", Self.seconds(endedAt)),
      ("duration_seconds", "How long the last run took.", duration.inSeconds),
    ]
  }

  private var ofNewest: [Family] {
    [
      (
        "snapshot_timestamp_seconds", "The moment that the newest backup shows.",
        newest.map { Self.seconds($0.snapshotAt) }
      ),
      (
        "stored_bytes", "What the newest backup takes in the store.",
        newest.map { Double($0.storedBytes) }
      ),
    ]
  }

  private var ofNewestProven: Family {
    (
      "proven_timestamp_seconds", "The moment that the newest proven backup shows.",
      newestProven.map { Self.seconds($0.snapshotAt) }
    )
  }

  private static func seconds(_ moment: Timestamp) -> Double {
    Double(moment.microsecondsSinceEpoch) / 1_000_000
  }
}
