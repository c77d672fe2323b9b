import Core
import SQL

/// A file without a transaction: one statement at a time, each recorded when it is done.
extension PostgresMigration {
  /// Goes on after the last finished statement of `begun`, an interrupted run.
  func withoutTransaction(
    _ migration: Migration, _ begun: AppliedMigration?, _ lock: PostgresLock, _ process: Int64
  ) throws(MigrationError) {
    let started = Timestamp.now()
    let first = begun?.statementsDone ?? 0
    migrator.report(.started(migration, statement: first))
    if begun == nil {
      try small(
        MigrationHistory.begin, migration.beginning(started, migrator.release, process), migration)
    }
    for (index, part) in migration.script.parts.enumerated().dropFirst(first) {
      try migrator.checkStep(migration)
      try lock.check(process)
      migrator.report(
        .statement(migration, number: index + 1, line: part.line, summary: part.summary))
      let index64 = Int64(index + 1)
      let wasTried = begun != nil && index == first
      if let name = part.concurrentIndex {
        try build(name, part, migration, wasTried: wasTried)
      } else {
        try script(part.source, migration, part)
      }
      try small(
        MigrationHistory.progress, [.integer(Int64(migration.version)), .integer(index64)],
        migration)
    }
    try small(MigrationHistory.finish, migration.ending(started, .now()), migration)
  }

  /// Builds an index concurrently, which leaves an invalid one behind when it is interrupted.
  ///
  /// What is dropped is only an invalid index that an earlier run of this statement began.
  private func build(
    _ name: String, _ part: SQLScript.Part, _ migration: Migration, wasTried: Bool
  ) throws(MigrationError) {
    if wasTried, let isValid = try isValid(name, migration) {
      if isValid { return }
      migrator.report(.repairingIndex(name))
      try script("DROP INDEX CONCURRENTLY \(name)", migration, part)
    }
    try script(part.source, migration, part)
    guard try isValid(name, migration) == true else {
      throw migrator.failure(
        DatabaseError(.sql, "index \(name) is not valid; drop it and run again"), migration, part)
    }
  }

  /// nil when there is no such index.
  private func isValid(
    _ name: String, _ migration: Migration
  ) throws(MigrationError) -> Bool? {
    do throws(DatabaseError) {
      let deadline = Deadline.after(migrator.limits.queryTimeout)
      let rows = try connection.query(Self.validity, [.text(name)], deadline: deadline)
      return try rows.first?.get(0)
    } catch {
      throw migrator.failure(error, migration, nil)
    }
  }

  /// What the planner asks before it uses an index.
  ///
  /// https://www.postgresql.org/docs/15/catalog-pg-index.html
  private static let validity = Statement.once(
    "index_validity",
    "SELECT indisvalid AND indisready FROM pg_index WHERE indexrelid = to_regclass($1)")
}

extension SQLScript.Part {
  /// The name in `CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] name ON`, as it is written.
  var concurrentIndex: String? {
    var rest = tokens[...]
    guard rest.popFirst()?.isWord("CREATE") == true else { return nil }
    if rest.first?.isWord("UNIQUE") == true { rest.removeFirst() }
    guard rest.popFirst()?.isWord("INDEX") == true,
      rest.popFirst()?.isWord("CONCURRENTLY") == true
    else { return nil }
    if rest.first?.isWord("IF") == true { rest = rest.dropFirst(3) }
    guard let name = rest.first, !name.isWord("ON") else { return nil }
    return name.text
  }
}
