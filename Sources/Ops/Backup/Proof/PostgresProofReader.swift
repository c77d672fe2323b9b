import Core
import SQL

/// Reads what a PostgreSQL database holds, for a backup and for the copy that is compared with it.
///
/// Within a transaction that sees one snapshot; `settle` comes first. A table's digest does not
/// depend on the order of its rows: each row's text, its columns in the order of their names, gives
/// two numbers of 64 bits, and these are added up. The settings make the text of a value the same
/// whatever the server's own are.
struct PostgresProofReader {
  let connection: any DatabaseConnection
  let mode: Proof.Mode
  let relations: PostgresRelations
  let isSchemaOnly: Bool
  /// Whether texts have a way into UTF-8; elsewhere their bytes count as they are, and the copy has
  /// the same encoding.
  ///
  /// https://www.postgresql.org/docs/15/multibyte.html
  private let isConvertible: Bool

  /// Reads which relations there are.
  init(
    _ connection: any DatabaseConnection, mode: Proof.Mode, excludedTables: [QualifiedName] = [],
    isSchemaOnly: Bool = false
  ) throws {
    self.connection = connection
    // A dump without rows proves none.
    self.mode = isSchemaOnly ? .none : mode
    self.isSchemaOnly = isSchemaOnly
    relations = try PostgresRelations(connection, excluding: excludedTables)
    let row = try connection.query(
      Self.encoding, deadline: .after(PostgresRelations.catalogTimeout)
    ).first
    let encoding: String = try row?.get(0) ?? ""
    isConvertible = !["SQL_ASCII", "MULE_INTERNAL"].contains(encoding)
  }

  /// Sets what texts depend on, for this transaction; nothing waits or ends for its length.
  ///
  /// https://www.postgresql.org/docs/15/runtime-config-client.html
  static func settle(_ connection: any DatabaseConnection) throws(DatabaseError) {
    let settings = [
      "search_path = pg_catalog", "statement_timeout = 0",
      "idle_in_transaction_session_timeout = 0", "lock_timeout = 0", "row_security = off",
      "extra_float_digits = 3", "DateStyle = 'ISO, YMD'", "IntervalStyle = postgres",
      "TimeZone = 'UTC'", "bytea_output = hex", "lc_monetary = 'C'", "xmloption = content",
    ]
    try connection.run(
      script: settings.map { "SET LOCAL \($0)" }.joined(separator: "; "), named: "settings",
      deadline: .after(PostgresRelations.catalogTimeout))
  }

  /// What is quickly read, before a dump begins: all but rows.
  func outline() throws -> Proof {
    let sequences = try positions()
    return Proof(
      mode: mode, serverVersion: try text(Self.version) ?? "",
      schemaFingerprint: try SchemaFingerprint.read(
        connection, excluding: relations.excluded, isSchemaOnly: isSchemaOnly),
      logPosition: nil, tables: [], largeObjects: nil,
      sequences: sequences.map {
        Proof.Sequence(schema: $0.0.schema, name: $0.0.name, before: $0.1, after: $0.1)
      },
      extensions: try connection.query(Self.extensions, deadline: catalogDeadline).map { row in
        Proof.Extension(name: try row.get(0), version: try row.get(1))
      },
      extensionConfiguration: relations.kept.filter(\.isConfiguration).map(\.name.title))
  }

  /// All of it at once, of a copy that nobody else writes.
  func read() throws -> Proof {
    var proof = try outline()
    proof.tables = try tables()
    proof.largeObjects = try largeObjects()
    return proof
  }

  /// How far each sequence is at this moment, in no transaction.
  func positions() throws -> [(QualifiedName, Proof.Sequence.Position)] {
    if isSchemaOnly { return [] }
    var found: [(QualifiedName, Proof.Sequence.Position)] = []
    for sequence in relations.sequences {
      let statement = Statement.once(
        "sequence", "SELECT last_value, is_called FROM \(sequence.name.quoted)")
      guard let row = try connection.query(statement, deadline: catalogDeadline).first else {
        continue
      }
      found.append((sequence.name, .init(value: try row.get(0), isCalled: try row.get(1))))
    }
    return found
  }

  /// Counts or digests the rows of every table; `step` is called before each.
  func tables(step: () throws -> Void = {}) throws -> [Proof.Table] {
    if mode == .none { return [] }
    return try relations.tables.map { table in
      try step()
      let row = try connection.query(statement(of: table), deadline: .distant).first
      return Proof.Table(
        schema: table.name.schema, name: table.name.name, rows: try row?.get(0) ?? 0,
        digest: try row?.get(1) ?? nil)
    }
  }

  /// Nil where rows are not looked at.
  func largeObjects() throws -> Proof.LargeObjects? {
    switch mode {
    case .none: return nil
    case .counts:
      let row = try connection.query(Self.largeObjectCount, deadline: .distant).first
      return .init(count: try row?.get(0) ?? 0, digest: nil)
    case .digest:
      let row = try connection.query(Self.largeObjectDigest, deadline: .distant).first
      return .init(count: try row?.get(0) ?? 0, digest: try row?.get(1) ?? nil)
    }
  }

  private var catalogDeadline: Deadline { .after(PostgresRelations.catalogTimeout) }

  private func text(_ statement: Statement) throws(DatabaseError) -> String? {
    try connection.query(statement, deadline: catalogDeadline).first?.get(0)
  }

  private func statement(of table: PostgresRelations.Relation) -> Statement {
    let source = "FROM ONLY \(table.name.quoted) AS t \(table.condition)"
    if table.isUnreadable {
      let digest = mode == .counts ? "NULL" : "'0:0'"
      return .once("unread", "SELECT 0::bigint, \(digest)::text")
    }
    if mode == .counts {
      return .once("count", "SELECT count(*), NULL::text \(source)")
    }
    let row = "ROW(\(table.columns))::text"
    // Bytes of one encoding, whatever the database's is.
    let digest = isConvertible ? "md5(convert_to(\(row), 'UTF8'))" : "md5(\(row))"
    return .once("digest", Self.sum("SELECT \(digest) AS digest \(source)"))
  }

  /// How many digests there are, and the sums of their halves as signed numbers.
  private static func sum(_ digests: String) -> String {
    """
    SELECT count(*), coalesce(sum(('x' || left(digest, 16))::bit(64)::bigint), 0)::text || ':'
      || coalesce(sum(('x' || right(digest, 16))::bit(64)::bigint), 0)::text
    FROM (\(digests)) AS d
    """
  }

  private static let encoding = Statement.once("encoding", "SELECT getdatabaseencoding()::text")

  private static let version = Statement.once(
    "version", "SELECT current_setting('server_version')")

  private static let extensions = Statement.once(
    "extensions",
    "SELECT extname::text, extversion FROM pg_extension ORDER BY extname COLLATE \"C\"")

  private static let largeObjectCount = Statement.once(
    "large_object_count", "SELECT count(*) FROM pg_largeobject_metadata")

  /// Read in pieces of a mebibyte, for one can have terabytes; gaps in it read as zeros, which is
  /// what a dump has for them.
  private static let largeObjectDigest = Statement.once(
    "large_object_digest",
    sum(
      """
      SELECT md5(m.oid::text || ':' || (
        WITH RECURSIVE piece (number, length, digest) AS (
          SELECT 0::bigint, length(p.bytes), md5(p.bytes)
          FROM (SELECT lo_get(m.oid, 0, 1048576) AS bytes OFFSET 0) AS p
          UNION ALL
          SELECT piece.number + 1, length(p.bytes), md5(p.bytes) FROM piece CROSS JOIN LATERAL
            (SELECT lo_get(m.oid, (piece.number + 1) * 1048576, 1048576) AS bytes OFFSET 0) AS p
          WHERE piece.length = 1048576)
        SELECT string_agg(digest, ',' ORDER BY number) FROM piece)) AS digest
      FROM pg_largeobject_metadata m
      """))
}
