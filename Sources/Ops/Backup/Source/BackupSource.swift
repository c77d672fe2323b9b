import Core

/// A database that a backup is taken of.
///
/// One implementation for each kind of database. Both hold a lock of their own for as long as
/// `read` runs: two runs never read one database for a backup at once, and the second throws
/// `BackupError.locked`.
protocol BackupSource: Sendable {
  /// What kind of database it is.
  var kind: BackupManifest.Kind { get }

  /// Holds the database still, gives `deliver` what can be streamed, and proves what it held.
  ///
  /// `deliver` runs on a thread of its own beside the reading of the proof. When both are done,
  /// `conclude` is called under the lock with what they brought. The first failure ends the other,
  /// and is thrown; nothing is concluded then.
  func read<Output: Sendable>(
    deliver: @escaping @Sendable (BackupSnapshot) throws -> Output,
    conclude: (BackupSnapshot, Output, Proof) throws -> Void
  ) throws

  /// Makes `read` throw `interrupted` soon; from any thread, any number of times.
  func cancel()
}

/// A database as it was at one moment, as long as its source holds it.
struct BackupSnapshot: Sendable {
  let takenAt: Timestamp
  let serverVersion: String
  /// Names the database itself, whatever its address: two with one identity are one.
  let identity: String
  /// Names the lock that keeps other runs away: one who holds it too comes after who held it.
  let lock: String
  /// The programs that read it, with their versions.
  let tools: [String: String]
  let excludedTables: [String]
  let isSchemaOnly: Bool
  let streams: [SnapshotStream]
  /// How the database writes and orders texts; nil for SQLite.
  var locale: DatabaseLocale?
}

/// Something that a snapshot can be written as.
struct SnapshotStream: Sendable {
  let content: BackupFile.Content
  /// What it may have at most, about; decides how long the parts of its upload are.
  let expectedBytes: Int64
  /// Starts to write it.
  let open: @Sendable () throws -> any ByteStream
}
