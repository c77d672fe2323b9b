import Core
import SQL

/// Keeps words in the database.
struct RandomizeStore: Sendable {
  private static let columns = "id, created, updated, original, jumbled"

  private static let insert = Statement(
    "randomize_insert",
    """
    INSERT INTO randomizes (created, updated, original, jumbled) VALUES ($1, $1, $2, $3) \
    RETURNING id
    """)
  private static let find = Statement(
    "randomize_find", "SELECT \(columns) FROM randomizes WHERE id = $1")
  private static let update = Statement(
    "randomize_update", "UPDATE randomizes SET jumbled = $2, updated = $3 WHERE id = $1")
  private static let delete = Statement(
    "randomize_delete", "DELETE FROM randomizes WHERE id = $1")

  private static let list = listing("randomize_list", postgres: "", sqlite: "")
  private static let listOriginal = listing(
    "randomize_list_original", postgres: "AND original = $3", sqlite: "AND original = $3")
  /// PostgreSQL's is `LIKE`, which an operator can speed up with an index of `pg_trgm`; SQLite's
  /// `LIKE` would not tell `A` from `a`.
  private static let listContaining = listing(
    "randomize_list_containing", postgres: #"AND original LIKE $3 ESCAPE '\'"#,
    sqlite: "AND instr(original, $3) > 0")
  private static let listBoth = listing(
    "randomize_list_both", postgres: #"AND original = $4 AND original LIKE $3 ESCAPE '\'"#,
    sqlite: "AND original = $4 AND instr(original, $3) > 0")

  private static func listing(_ name: String, postgres: String, sqlite: String) -> Statement {
    func text(_ condition: String) -> String {
      "SELECT \(columns) FROM randomizes WHERE id > $1 \(condition) ORDER BY id LIMIT $2"
    }
    return Statement(name, postgres: text(postgres), sqlite: text(sqlite))
  }

  static let statements = [
    insert, find, update, delete, list, listOriginal, listContaining, listBoth,
  ]

  let database: any Database

  /// Keeps a new row, however often the word was kept before.
  func add(
    _ word: Word, jumbled: String, at now: Timestamp, deadline: Deadline
  ) throws(DatabaseError) -> Randomize {
    let rows = try database.query(
      Self.insert, [.timestamp(now), .text(word.text), .text(jumbled)], deadline: deadline)
    guard let row = rows.first else {
      throw DatabaseError(.decoding, "an inserted row has no id", statement: Self.insert.name)
    }
    return Randomize(
      id: try row.get(0), created: now, updated: now, original: word.text, jumbled: jumbled)
  }

  func find(_ id: Int64, deadline: Deadline) throws(DatabaseError) -> Randomize? {
    guard let row = try database.query(Self.find, [.integer(id)], deadline: deadline).first else {
      return nil
    }
    return try Self.read(row)
  }

  /// At most `limit` rows with ids above `after`, in their order; the filters where they are given.
  func list(
    after: Int64, limit: Int, original: String?, containing part: String?, deadline: Deadline
  ) throws(DatabaseError) -> [Randomize] {
    var parameters: [Value] = [.integer(after), .integer(Int64(limit))]
    if let part { parameters.append(.text(pattern(part))) }
    if let original { parameters.append(.text(original)) }
    let statement =
      switch (original, part) {
      case (nil, nil): Self.list
      case (_?, nil): Self.listOriginal
      case (nil, _?): Self.listContaining
      case (_?, _?): Self.listBoth
      }
    var found: [Randomize] = []
    for row in try database.query(statement, parameters, deadline: deadline) {
      found.append(try Self.read(row))
    }
    return found
  }

  /// Keeps another order of the same word; false where there is no such row.
  func update(
    _ id: Int64, jumbled: String, at now: Timestamp, deadline: Deadline
  ) throws(DatabaseError) -> Bool {
    try database.execute(
      Self.update, [.integer(id), .text(jumbled), .timestamp(now)], deadline: deadline) > 0
  }

  /// Whether there was such a row.
  func delete(_ id: Int64, deadline: Deadline) throws(DatabaseError) -> Bool {
    try database.execute(Self.delete, [.integer(id)], deadline: deadline) > 0
  }

  /// What finds `part` as it stands: for `LIKE` the wildcards in it are escaped.
  private func pattern(_ part: String) -> String {
    guard database.dialect == .postgres else { return part }
    var pattern = "%"
    for scalar in part.unicodeScalars {
      if scalar == "%" || scalar == "_" || scalar == "\\" { pattern.unicodeScalars.append("\\") }
      pattern.unicodeScalars.append(scalar)
    }
    pattern.unicodeScalars.append("%")
    return pattern
  }

  private static func read(_ row: Row) throws(DatabaseError) -> Randomize {
    Randomize(
      id: try row.get(0), created: try row.get(1), updated: try row.get(2),
      original: try row.get(3), jumbled: try row.get(4))
  }
}
