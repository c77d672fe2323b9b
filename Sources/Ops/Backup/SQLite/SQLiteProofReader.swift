import Core
import Crypto
import SQL

/// Reads what an SQLite file holds, for a backup and for the copy that is compared with it.
///
/// A table's digest does not depend on the order of its rows: each gives two numbers of 64 bits,
/// and these are added up.
struct SQLiteProofReader {
  let connection: any DatabaseConnection
  let mode: Proof.Mode
  let deadline: Deadline

  /// All of it, in one transaction that the caller holds.
  func read() throws -> Proof {
    let names = try mode == .none ? [] : texts(Self.tables)
    return Proof(
      mode: mode, serverVersion: try texts(Self.version).first ?? "",
      schemaFingerprint: try schemaFingerprint(), logPosition: nil,
      tables: try names.map(table), largeObjects: nil, sequences: try sequences(), extensions: [])
  }

  /// What the file at `path` holds.
  static func read(_ path: String, _ mode: Proof.Mode, deadline: Deadline) throws -> Proof {
    var options = SQLiteOptions()
    options.readOnly = true
    let database = try SQLiteDatabase(path: path, options: options)
    defer { database.close() }
    return try database.transaction(.read, deadline: deadline) { connection in
      try SQLiteProofReader(connection: connection, mode: mode, deadline: deadline).read()
    }
  }

  private func table(_ name: String) throws -> Proof.Table {
    let source = "FROM \(QualifiedName.quoted(name))"
    if mode == .counts {
      let statement = Statement.once("count", "SELECT count(*) \(source)", access: .read)
      let rows: Int64 = try connection.query(statement, deadline: deadline).first?.get(0) ?? 0
      return Proof.Table(schema: "main", name: name, rows: rows, digest: nil)
    }
    var sum = RowSum()
    let statement = Statement.once("rows", "SELECT * \(source)", access: .read)
    try connection.forEachRow(statement, [], deadline: deadline) { sum.add($0) }
    return Proof.Table(schema: "main", name: name, rows: sum.rows, digest: sum.text)
  }

  private func schemaFingerprint() throws -> String {
    var digest = SHA256()
    for line in try texts(Self.schema) { digest.update(Array("\(line)\n".utf8)) }
    return Hexadecimal.encode(digest.finish())
  }

  /// Tables with AUTOINCREMENT: how far each is.
  private func sequences() throws -> [Proof.Sequence] {
    guard try !texts(Self.hasSequences).isEmpty else { return [] }
    return try connection.query(Self.sequences, deadline: deadline).map { row in
      let position = Proof.Sequence.Position(value: try row.get(1), isCalled: true)
      return Proof.Sequence(
        schema: "main", name: try row.get(0), before: position, after: position)
    }
  }

  private func texts(_ statement: Statement) throws(DatabaseError) -> [String] {
    var texts: [String] = []
    for row in try connection.query(statement, deadline: deadline) { texts.append(try row.get(0)) }
    return texts
  }

  private static let version = Statement.once(
    "version", "SELECT sqlite_version()", access: .read)
  /// A virtual table keeps its rows in others, which are read for it.
  private static let tables = Statement.once(
    "tables",
    """
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
      AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name
    """, access: .read)
  private static let schema = Statement.once(
    "schema",
    """
    SELECT json_array(type, name, tbl_name, sql) FROM sqlite_schema
      WHERE name <> 'sqlite_sequence'
    UNION ALL SELECT 'user_version ' || user_version FROM pragma_user_version
    UNION ALL SELECT 'application_id ' || application_id FROM pragma_application_id
    ORDER BY 1
    """, access: .read)
  private static let hasSequences = Statement.once(
    "has_sequences", "SELECT name FROM sqlite_schema WHERE name = 'sqlite_sequence'",
    access: .read)
  private static let sequences = Statement.once(
    "sequences", "SELECT name, seq FROM sqlite_sequence ORDER BY name", access: .read)
}

/// The sum of rows' digests.
private struct RowSum {
  private(set) var rows: Int64 = 0
  private var halves: [UInt64] = [0, 0]

  /// Bytes of each half.
  private static let halfBytes = 8

  var text: String { "\(String(halves[0], radix: 16)):\(String(halves[1], radix: 16))" }

  mutating func add(_ row: Row) {
    var bytes: [UInt8] = []
    for value in row.values { Self.append(value, to: &bytes) }
    let digest = SHA256.hash(bytes)
    for half in halves.indices {
      let part = digest[(half * Self.halfBytes)..<((half + 1) * Self.halfBytes)]
      halves[half] &+= part.reduce(0) { $0 << 8 | UInt64($1) }
    }
    rows += 1
  }

  /// A kind, a length, and the value: no two rows give the same bytes.
  private static func append(_ value: Value, to bytes: inout [UInt8]) {
    let (kind, content): (Unicode.Scalar, [UInt8]) =
      switch value {
      case .null: ("n", [])
      case .boolean(let truth): ("i", Array(truth ? "1".utf8 : "0".utf8))
      case .integer(let number): ("i", Array(String(number).utf8))
      case .real(let number): ("r", Array(String(number.bitPattern, radix: 16).utf8))
      case .text(let text): ("t", Array(text.utf8))
      case .blob(let blob): ("b", blob)
      case .date(let date): ("t", Array("\(date)".utf8))
      case .timestamp(let moment): ("t", Array(moment.iso8601InMicroseconds.utf8))
      case .uuid(let uuid): ("t", Array("\(uuid)".utf8))
      }
    bytes.append(UInt8(ascii: kind))
    bytes += Array("\(content.count):".utf8)
    bytes += content
  }
}
