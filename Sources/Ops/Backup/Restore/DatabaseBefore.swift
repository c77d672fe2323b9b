import Core
import ObjectStorage

extension BackupListing {
  /// How long backups have to have been of one database before nobody is asked which is meant.
  static let settledAfter: Duration = .seconds(7 * 86_400)

  /// The newest backup of the database that was there before the one of `entry` came; nil where
  /// there was none, or all is settled since.
  ///
  /// An empty database that comes up in place of a lost one is backed up and proven like any other.
  func databaseBefore(_ entry: BackupEntry) -> BackupEntry? {
    let older = entries.drop { $0.id != entry.id }.dropFirst().filter(\.counts)
    guard let before = older.first(where: { $0.manifest.source != entry.manifest.source }) else {
      return nil
    }
    // From the first that is of this database: no backups at all for a while settle nothing.
    let first = older.prefix { $0.manifest.source == entry.manifest.source }.last ?? entry
    let age = entry.manifest.snapshotAt.since(first.manifest.snapshotAt)
    return age < Self.settledAfter ? before : nil
  }
}

extension BackupError {
  /// The newest backup is of another database than those before, and nobody said which is meant.
  static func otherDatabase(
    _ newest: BackupEntry, before: BackupEntry, in storage: any ObjectStorage
  ) -> BackupError {
    .refused(
      "backup \(newest.id) is of another database than those before it: an empty one may have come "
        + "up in place of the one that was lost",
      hints: [newest, before].map { "\($0.id) " + $0.contentWords(storage) } + [
        "name the one that is wanted: ops backup restore ID"
      ])
  }
}

extension BackupEntry {
  /// The moment that it shows, and how much is in it.
  fileprivate func contentWords(_ storage: any ObjectStorage) -> String {
    let rows: String
    switch try? proof(in: storage) {
    case .some(let proof) where proof.mode != .none: rows = "\(proof.rows) rows"
    case .some: rows = "rows not counted"
    case nil: rows = "rows unknown, for its proof cannot be read"
    }
    return "shows \(manifest.source) at \(manifest.snapshotAt.iso8601): "
      + "\(ByteText.format(manifest.storedBytes)), \(rows)"
  }
}
