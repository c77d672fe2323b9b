import SQL

/// What a database has of the migrations that a release knows.
public struct MigrationStatus: Sendable, Equatable {
  /// Whether there is a history at all.
  public let isInitialised: Bool
  /// Finished ones that this release knows, by version.
  public let applied: [AppliedMigration]
  /// Known ones that are not finished, by version.
  public let pending: [Migration]
  /// Versions that this release does not know; a newer release made them.
  public let unknown: [AppliedMigration]
  /// Applied ones whose file was changed.
  public let mismatches: [ChecksumMismatch]
  /// Pending ones that are older than an applied one.
  public let outOfOrder: [Migration]
  /// A file without a transaction that was begun and not finished.
  public let unfinished: AppliedMigration?

  init(known: MigrationSet, history: [AppliedMigration]?) {
    let rows = history ?? []
    isInitialised = history != nil
    let finished = rows.filter { $0.finishedAt != nil }
    let versions = Set(known.migrations.map(\.version))
    let done = Set(finished.map(\.version))
    applied = finished.filter { versions.contains($0.version) }
    pending = known.migrations.filter { !done.contains($0.version) }
    unknown = rows.filter { !versions.contains($0.version) }
    unfinished = rows.first { $0.finishedAt == nil && versions.contains($0.version) }
    let newest = done.max() ?? 0
    outOfOrder = pending.filter { $0.version < newest }
    mismatches = known.migrations.compactMap { migration in
      rows.first { $0.version == migration.version }.flatMap { Self.mismatch(migration, $0) }
    }
  }

  private static func mismatch(
    _ migration: Migration, _ row: AppliedMigration
  ) -> ChecksumMismatch? {
    guard migration.checksum != row.checksum else { return nil }
    let now = migration.statementChecksums
    let index = now.indices.first { index in
      index >= row.statementChecksums.count || now[index] != row.statementChecksums[index]
    }
    let statement = index.map { index in
      let part = migration.script.parts[index]
      return "statement \(index + 1), line \(part.line): \(part.summary)"
    }
    return ChecksumMismatch(
      version: migration.version, file: migration.file, statement: statement)
  }
}
