import Core
import Crypto
import JSON
import POSIX
import SQL

/// Saves the SQLite file of a local environment before its schema changes.
struct LocalBackup: BackupMeans {
  /// How many copies are kept.
  static let copiesMax = 5
  /// How long a copy may take.
  private static let timeout: Duration = .seconds(600)

  let paths: LocalPaths
  let database: DatabaseURL
  let release: LocalRelease

  func nothingToSave(_ run: any RolloutContext) -> String? {
    guard case .sqlite(let path) = database, File.exists(path) else { return "nothing to save yet" }
    return nil
  }

  /// A copy reads without keeping writers away.
  func others(_ run: any RolloutContext) -> String? { nil }

  /// The newest copy of this database that is still what was checked as it was made.
  func newestProven(_ run: any RolloutContext) -> ProvenBackup? {
    guard case .sqlite(let path) = database else { return nil }
    return Self.newestChecked(paths, of: path)
  }

  /// A copy is checked as it is made, and not restored and compared.
  var proofWord: String { "checked" }

  var obstacleToProof: String? { nil }

  func prove(_ name: String, _ run: any RolloutContext) {}

  func take(_ run: any RolloutContext) throws -> String {
    guard case .sqlite(let path) = database else {
      preconditionFailure("another database than a file is not copied")
    }
    let name = "\(Timestamp.now().iso8601.filter { $0.isNumber }.prefix(14))-\(release.number)"
    let file = "\(paths.backups)/\(name).sqlite"
    let source = try SQLiteDatabase(path: path, options: Self.readOnly)
    defer { source.close() }
    try run.check()
    // Not under the lock: a copy that nobody names changes nothing, and it may take long.
    try run.cancelling(with: { source.interrupt() }) {
      try source.backup(to: file, deadline: Deadline.after(run.remaining).within(Self.timeout))
    }
    let digest = try ReleaseStore.digest(of: file)
    let manifest: JSONValue = [
      "name": .string(name), "database": .string(path), "sha256": .string(digest),
      "bytes": .integer(File.size(file) ?? 0), "taken": .string(Timestamp.now().iso8601),
      "rollout": .integer(Int64(release.number)), "check": "integrity_check ok",
    ]
    // The manifest is last: a copy without one was not finished.
    try run.change { _ in
      try File.write(
        manifest.bytes(pretty: true), to: "\(paths.backups)/\(name).json", mode: File.ownerOnly)
    }
    return "\(name), \(File.size(file) ?? 0) bytes, integrity checked"
  }

  /// Removes all but the newest copies, and copies that were never finished.
  static func prune(_ paths: LocalPaths) throws {
    let files = try File.list(paths.backups)
    let names = files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
    let kept = Set(names.suffix(copiesMax))
    for file in files where !kept.contains(String(file.prefix { $0 != "." })) {
      try File.remove("\(paths.backups)/\(file)")
    }
  }

  /// The newest copy that is still what was checked as it was made; of any database where none is
  /// named.
  static func newestChecked(_ paths: LocalPaths, of database: String? = nil) -> ProvenBackup? {
    let copies = finished(paths).filter { database == nil || $0.database == database }
    return copies.first { $0.isThere(paths) }?.backup
  }

  /// The newest finished copy.
  static func newest(_ paths: LocalPaths) -> ProvenBackup? { finished(paths).first?.backup }

  /// A copy that has a manifest.
  private struct Finished {
    let backup: ProvenBackup
    /// The file that was copied.
    let database: String
    let sha256: String

    /// Whether the file beside the manifest is the one that it is about.
    func isThere(_ paths: LocalPaths) -> Bool {
      (try? ReleaseStore.digest(of: "\(paths.backups)/\(backup.name).sqlite")) == sha256
    }
  }

  /// Newest first.
  private static func finished(_ paths: LocalPaths) -> [Finished] {
    let files = (try? File.list(paths.backups)) ?? []
    return files.filter { $0.hasSuffix(".json") }.reversed().compactMap { file in
      guard let manifest = try? JSONReader.read(File.read("\(paths.backups)/\(file)")),
        let taken = manifest["taken"]?.text.flatMap({ Timestamp(iso8601: $0) }),
        let database = manifest["database"]?.text, let sha256 = manifest["sha256"]?.text
      else { return nil }
      return Finished(
        backup: ProvenBackup(name: String(file.dropLast(5)), takenAt: taken), database: database,
        sha256: sha256)
    }
  }

  private static var readOnly: SQLiteOptions {
    var options = SQLiteOptions()
    options.readOnly = true
    return options
  }
}
