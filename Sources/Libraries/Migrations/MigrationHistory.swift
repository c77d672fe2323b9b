import Core
import SQL

/// One row of the history: a migration that was applied or begun.
public struct AppliedMigration: Sendable, Equatable {
  /// Its version.
  public let version: Int
  /// Its name, as the file had it.
  public let name: String
  /// Its phase; an unknown one belongs to a newer release.
  public let phase: String
  /// The checksum over its tokens.
  public let checksum: String
  let statementChecksums: [String]
  /// When it was finished; nil while a file without a transaction is not.
  public let finishedAt: Timestamp?
  /// How many of its statements are done.
  public let statementsDone: Int
  /// The release that applied it.
  public let release: String
  /// The oldest release that runs on the result, when it says so.
  public let minRelease: Release?
}

/// The table that says what was applied, by whom and when.
///
/// The number is `version`, the primary key; `statement_index` counts finished statements, so that
/// a file without a transaction can be resumed.
enum MigrationHistory {
  static let table = "migration_history"

  static let create = Statement(
    "history_create",
    postgres: """
      CREATE TABLE IF NOT EXISTS \(table) (
        version bigint PRIMARY KEY, name text NOT NULL, phase text NOT NULL,
        checksum text NOT NULL, raw_checksum text NOT NULL, statement_checksums text NOT NULL,
        dialect text NOT NULL, started_at timestamptz NOT NULL, finished_at timestamptz,
        duration_ms bigint, release text NOT NULL, backend_pid bigint,
        statement_index bigint NOT NULL, min_release text)
      """,
    sqlite: """
      CREATE TABLE IF NOT EXISTS \(table) (
        version INTEGER PRIMARY KEY, name TEXT NOT NULL, phase TEXT NOT NULL,
        checksum TEXT NOT NULL, raw_checksum TEXT NOT NULL, statement_checksums TEXT NOT NULL,
        dialect TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
        duration_ms INTEGER, release TEXT NOT NULL, backend_pid INTEGER,
        statement_index INTEGER NOT NULL, min_release TEXT) STRICT
      """)

  static let begin = Statement(
    "history_begin",
    """
    INSERT INTO \(table) (version, name, phase, checksum, raw_checksum, statement_checksums,
      dialect, started_at, release, backend_pid, statement_index, min_release)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11)
    """)

  static let progress = Statement(
    "history_progress", "UPDATE \(table) SET statement_index = $2 WHERE version = $1")

  static let finish = Statement(
    "history_finish",
    """
    UPDATE \(table) SET finished_at = $2, duration_ms = $3, statement_index = $4
    WHERE version = $1
    """)

  static let all = Statement(
    "history",
    """
    SELECT version, name, phase, checksum, statement_checksums, finished_at, statement_index,
      release, min_release
    FROM \(table) ORDER BY version
    """)

  /// Only what readiness needs.
  static let versions = Statement(
    "history_versions", "SELECT version, finished_at IS NOT NULL, min_release FROM \(table)")

  /// What was applied; nil when there is no table yet.
  static func read(
    _ query: (Statement) throws(DatabaseError) -> [Row]
  ) throws(DatabaseError) -> [AppliedMigration]? {
    let rows: [Row]
    do throws(DatabaseError) {
      rows = try query(all)
    } catch {
      if isMissingTable(error) { return nil }
      throw error
    }
    var applied: [AppliedMigration] = []
    for row in rows { applied.append(try AppliedMigration(row)) }
    return applied
  }

  /// SQLite has no code for it.
  static func isMissingTable(_ error: DatabaseError) -> Bool {
    error.state == .undefinedTable
      || error.state == nil && error.message.hasSuffix("no such table: \(table)")
  }
}

extension AppliedMigration {
  fileprivate init(_ row: Row) throws(DatabaseError) {
    let minRelease: String? = try row.get(8)
    let checksums: String = try row.get(4)
    self.init(
      version: try row.get(0), name: try row.get(1), phase: try row.get(2),
      checksum: try row.get(3),
      statementChecksums: checksums.split(separator: " ").map(String.init),
      finishedAt: try row.get(5), statementsDone: try row.get(6), release: try row.get(7),
      minRelease: minRelease.flatMap { Release($0) })
  }
}
