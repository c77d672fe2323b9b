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
    let parts = migration.script.parts
    migrator.report(.started(migration, statement: first))
    if begun == nil {
      try small(
        MigrationHistory.begin, migration.beginning(started, migrator.release, process), migration)
    }
    defer { for name in Set(parts.compactMap(\.setting)) { reset(name) } }
    // What was set before the interruption ended with that session.
    for part in parts.prefix(first) where part.setting != nil {
      try script(part.source, migration, part)
    }
    for (index, part) in parts.enumerated().dropFirst(first) {
      let step = PostgresStep(migration: migration, part: part, number: index + 1)
      try run(step, wasTried: begun != nil && index == first, lock, process)
      try small(
        MigrationHistory.progress,
        [.integer(Int64(migration.version)), .integer(Int64(step.number))], migration)
    }
    try small(MigrationHistory.finish, migration.ending(started, .now()), migration)
  }

  /// Runs a statement; again while its locks are not to be had.
  ///
  /// `wasTried` says that an earlier run may have begun it, or ended it without a record.
  private func run(
    _ step: PostgresStep, wasTried: Bool, _ lock: PostgresLock, _ process: Int64
  ) throws(MigrationError) {
    // What is there before the first attempt is somebody else's.
    var others: Set<String> = []
    if !wasTried { for index in try remains(of: step) { others.insert(index.name) } }
    var attempts = PostgresLockAttempts(self, step.migration)
    while true {
      try migrator.checkStep(step.migration)
      try lock.check(process)
      migrator.report(
        .statement(
          step.migration, number: step.number, line: step.part.line, summary: step.part.summary))
      if try attempt(step, sparing: others) { return }
      try attempts.pause(after: step.part)
    }
  }

  /// One attempt; false when a lock was not to be had in time.
  ///
  /// An attempt at an index that is interrupted leaves an invalid one behind, which the next one
  /// drops first.
  private func attempt(
    _ step: PostgresStep, sparing others: Set<String>
  ) throws(MigrationError) -> Bool {
    let limits = migrator.limits
    let timeout = step.part.isConcurrent ? limits.concurrentTimeout : limits.lockTimeout
    let (migration, part) = (step.migration, step.part)
    try script("SET lock_timeout = \(timeout.inMilliseconds)", migration, part)
    // The history's own statements are not to fail by it.
    defer { reset("lock_timeout") }
    for index in try remains(of: step) where !others.contains(index.name) {
      // It was done, and only not recorded.
      if index.isValid { return true }
      migrator.report(.repairingIndex(index.name))
      let drop = "DROP INDEX CONCURRENTLY IF EXISTS \(index.name)"
      guard try attempt(drop, migration, part) else { return false }
    }
    guard try attempt(part.source, migration, part) else { return false }
    guard let name = part.concurrentIndex else { return true }
    guard let built = try remains(of: step).first, built.isValid else {
      throw migrator.failure(
        DatabaseError(.sql, "index \(name) is not valid; drop it and run again"), migration, part)
    }
    return true
  }

  /// The indexes that an attempt at a statement may have left, as far as they are there.
  private func remains(of step: PostgresStep) throws(MigrationError) -> [IndexRemains] {
    let isBuilt = step.part.concurrentIndex != nil
    guard let name = step.part.concurrentIndex ?? step.part.reindexTarget else { return [] }
    let query = isBuilt ? Self.validity : Self.copies
    do throws(DatabaseError) {
      let deadline = Deadline.after(migrator.limits.queryTimeout)
      var found: [IndexRemains] = []
      for row in try connection.query(query, [.text(name)], deadline: deadline) {
        found.append(IndexRemains(name: try row.get(0), isValid: try row.get(1)))
      }
      return found
    } catch {
      throw migrator.failure(error, step.migration, step.part)
    }
  }

  /// Gives the session back what it began with.
  private func reset(_ setting: String) {
    let deadline = Deadline.after(migrator.limits.queryTimeout)
    try? connection.run(script: "RESET \(setting)", named: "reset", deadline: deadline)
  }

  /// What the planner asks before it uses an index.
  ///
  /// https://www.postgresql.org/docs/15/catalog-pg-index.html
  private static let validity = Statement.once(
    "index_validity",
    "SELECT $1::text, indisvalid AND indisready FROM pg_index WHERE indexrelid = to_regclass($1)")

  /// What an interrupted `REINDEX CONCURRENTLY` leaves on a table, its partitions and their TOAST.
  ///
  /// https://www.postgresql.org/docs/15/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
  private static let copies = Statement.once(
    "index_copies",
    """
    WITH RECURSIVE named AS (
      SELECT to_regclass($1)::oid AS oid
      UNION SELECT h.inhrelid FROM named n
        JOIN pg_class p ON p.oid = n.oid AND p.relkind IN ('p', 'I')
        JOIN pg_inherits h ON h.inhparent = n.oid
    ), tables AS (
      SELECT coalesce(i.indrelid, n.oid) AS oid
      FROM named n LEFT JOIN pg_index i ON i.indexrelid = n.oid
    )
    SELECT i.indexrelid::regclass::text, false
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'
      AND i.indrelid IN (
        SELECT oid FROM tables
        UNION SELECT t.reltoastrelid FROM pg_class t JOIN tables USING (oid))
    ORDER BY 1
    """)
}

/// A statement of a file without a transaction.
private struct PostgresStep {
  let migration: Migration
  let part: SQLScript.Part
  /// Counted from 1.
  let number: Int
}

/// An index that an attempt may have left behind.
private struct IndexRemains {
  /// As SQL has it.
  let name: String
  let isValid: Bool
}
