import Core
import SQL

/// The SQL of imports.
///
/// Nothing here is kept prepared: the stage is another table each time.
enum PeopleImportSQL {
  /// Where rows wait until all of them are known to be right; gone with the transaction.
  static let stage = CopyTable(
    "people_import", ImportedPerson.columns + [.init("uuid", .uuid)])

  /// Finds a person, whoever it is.
  static let someone: Statement = .once(
    "people_import_someone", "SELECT uuid FROM people LIMIT 1")

  /// Every statement of an import but those that make and drop the stage.
  static let statements = [
    stage.statement, someone, remove, insert, insertBesideOthers,
  ]

  /// How long `replace` waits for the others who write people.
  private static let lockTimeout: Duration = .seconds(2)

  private static let content = ImportedPerson.columns.map(\.name).joined(separator: ", ")

  /// What must be done before rows are copied.
  static func prepare(_ dialect: Dialect, timeout: Duration) -> String {
    let types = stage.columns.map { "\($0.name) \($0.type.name(dialect))" }.joined(separator: ", ")
    let create = "CREATE TEMP TABLE people_import (\(types))"
    switch dialect {
    // One statement, the copy, takes as long as the whole file.
    case .postgres:
      return "SET LOCAL statement_timeout = \(timeout.inMilliseconds); \(create) ON COMMIT DROP"
    case .sqlite: return "\(discard); \(create) STRICT"
    }
  }

  /// What must be done once all rows are staged and before others are removed.
  ///
  /// On PostgreSQL nobody may add people between the removal and the commit; on SQLite nobody can.
  /// Whoever writes people queues behind a lock that is waited for, so that is not waited for long.
  static func prepareRemoval(_ dialect: Dialect) -> String {
    switch dialect {
    case .postgres:
      """
      ANALYZE people_import; SET LOCAL lock_timeout = \(lockTimeout.inMilliseconds); \
      LOCK TABLE people IN SHARE ROW EXCLUSIVE MODE
      """
    case .sqlite: "CREATE INDEX temp.people_import_uuid ON people_import (uuid)"
    }
  }

  /// Removes whoever is not in the file exactly so.
  static let remove: Statement = {
    let wanted = ImportedPerson.columns.map { "staged.\($0.name)" }.joined(separator: ", ")
    let kept = ImportedPerson.columns.map { "people.\($0.name)" }.joined(separator: ", ")
    return .once(
      "people_import_remove",
      """
      DELETE FROM people WHERE NOT EXISTS (SELECT 1 FROM people_import AS staged \
      WHERE staged.uuid = people.uuid AND (\(wanted)) = (\(kept)))
      """)
  }()

  /// Adds whoever is not there; sorted, because an index is filled fastest in its own order.
  ///
  /// It fails when somebody else adds one of them meanwhile. That hardly happens, and to be ready
  /// for it in each row would cost PostgreSQL half as much time again.
  static let insert: Statement = .once(
    "people_import_insert",
    """
    \(insertion) WHERE NOT EXISTS (SELECT 1 FROM people WHERE people.uuid = staged.uuid) \
    ORDER BY uuid
    """)

  /// The same, ready for that.
  static let insertBesideOthers: Statement = .once(
    "people_import_insert_beside_others",
    "\(insertion) WHERE true ORDER BY uuid ON CONFLICT (uuid) DO NOTHING")

  private static let insertion = """
    INSERT INTO people (uuid, \(content), created_at, updated_at) \
    SELECT uuid, \(content), $1, $1 FROM people_import AS staged
    """

  /// What is left to do at the end; PostgreSQL drops the stage by itself.
  static func finish(_ dialect: Dialect) -> String {
    dialect == .sqlite ? "DROP TABLE temp.people_import" : ""
  }

  /// Drops SQLite's stage, where an import has left one.
  static let discard = "DROP TABLE IF EXISTS temp.people_import"
}

extension CopyTable.ColumnType {
  /// The type of a column that takes such values.
  fileprivate func name(_ dialect: Dialect) -> String {
    switch (self, dialect) {
    case (.boolean, .postgres): "boolean"
    case (.integer32, .postgres): "integer"
    case (.integer64, .postgres): "bigint"
    case (.real, .postgres): "double precision"
    case (.text, .postgres): "text"
    case (.uuid, .postgres): "uuid"
    case (.timestamp, .postgres): "timestamptz"
    case (.boolean, .sqlite), (.integer32, .sqlite), (.integer64, .sqlite): "INTEGER"
    case (.real, .sqlite): "REAL"
    case (.text, .sqlite), (.uuid, .sqlite), (.timestamp, .sqlite): "TEXT"
    }
  }
}
