import Core
import SQL

/// Migrates an SQLite file: `BEGIN IMMEDIATE` is the lock, one transaction for each migration.
struct SQLiteMigration {
  private let migrator: Migrator
  private let connection: any DatabaseConnection

  init(_ migrator: Migrator, _ connection: any DatabaseConnection) {
    self.migrator = migrator
    self.connection = connection
  }

  func run(to version: Int?) throws(MigrationError) -> [Migration] {
    var done: [Migration] = []
    // Rebuilding a table drops it, which would delete rows that refer to it. This setting has no
    // effect within a transaction: https://www.sqlite.org/lang_altertable.html#otheralter
    try small("PRAGMA foreign_keys = OFF")
    defer {
      let deadline = Deadline.after(migrator.limits.queryTimeout)
      try? connection.run(
        script: "PRAGMA foreign_keys = ON", named: "migrate", deadline: deadline)
    }
    while true {
      try migrator.checkStop()
      guard let migration = try next(to: version) else { return done }
      done.append(migration)
    }
  }

  /// Applies the first pending migration, in a transaction that sees what others did before it.
  private func next(to version: Int?) throws(MigrationError) -> Migration? {
    try lock()
    var isOpen = true
    defer { if isOpen { rollBack() } }
    let status = try status()
    guard let migration = try migrator.plan(status, to: version).first else { return nil }
    try migrator.checkStep(migration)
    let started = Timestamp.now()
    migrator.report(.started(migration, statement: 0))
    try history(MigrationHistory.create, [], migration)
    try history(
      MigrationHistory.begin, migration.beginning(started, migrator.release, nil), migration)
    for (index, part) in migration.script.parts.enumerated() {
      try migrator.checkStep(migration)
      try run(part, index, migration)
    }
    try checkReferences(migration)
    let finished = Timestamp.now()
    try history(MigrationHistory.finish, migration.ending(started, finished), migration)
    try migrator.checkStep(migration)
    try commit(migration)
    isOpen = false
    migrator.report(.finished(migration, finished.since(started)))
    return migration
  }

  private func lock() throws(MigrationError) {
    let start = ContinuousClock.now
    let deadline = Deadline.after(migrator.limits.lockBudget)
    while true {
      try migrator.checkStop()
      do throws(DatabaseError) {
        return try connection.run(
          script: "BEGIN IMMEDIATE", named: "lock", deadline: deadline)
      } catch {
        guard error.kind == .busy || error.kind == .timeout else {
          throw migrator.connectionFailure(error)
        }
        let waited = start.duration(to: .now)
        guard !deadline.hasPassed else { throw .locked(by: [], waited: waited) }
        migrator.report(.waitingForLock(holders: [], waited: waited))
      }
    }
  }

  private func status() throws(MigrationError) -> MigrationStatus {
    do throws(DatabaseError) {
      let deadline = Deadline.after(migrator.limits.queryTimeout)
      let history = try MigrationHistory.read { statement throws(DatabaseError) in
        try connection.query(statement, deadline: deadline)
      }
      return MigrationStatus(known: migrator.known, history: history)
    } catch {
      throw migrator.connectionFailure(error)
    }
  }

  private func run(
    _ part: SQLScript.Part, _ index: Int, _ migration: Migration
  ) throws(MigrationError) {
    migrator.report(
      .statement(migration, number: index + 1, line: part.line, summary: part.summary))
    do throws(DatabaseError) {
      let deadline = Deadline.after(migrator.limits.statementTimeout)
      try connection.run(script: part.source, named: migration.file, deadline: deadline)
    } catch {
      throw migrator.failure(error, migration, part)
    }
  }

  /// Does late what `foreign_keys = OFF` left out.
  ///
  /// https://www.sqlite.org/pragma.html#pragma_foreign_key_check
  private func checkReferences(_ migration: Migration) throws(MigrationError) {
    do throws(DatabaseError) {
      let check = Statement.once("references", "PRAGMA foreign_key_check", access: .write)
      let deadline = Deadline.after(migrator.limits.statementTimeout)
      let broken = try connection.query(check, deadline: deadline)
      guard let first = broken.first else { return }
      let child: String = try first.get(0)
      let parent: String = try first.get(2)
      throw DatabaseError(
        .constraint(.foreignKey, name: child),
        "\(broken.count) rows would refer to nothing, the first from \(child) to \(parent)")
    } catch {
      throw migrator.failure(error, migration, migration.script.parts.last)
    }
  }

  private func history(
    _ statement: Statement, _ values: [Value], _ migration: Migration
  ) throws(MigrationError) {
    do throws(DatabaseError) {
      let deadline = Deadline.after(migrator.limits.queryTimeout)
      _ = try connection.execute(statement, values, deadline: deadline)
    } catch {
      throw migrator.failure(error, migration, nil)
    }
  }

  private func commit(_ migration: Migration) throws(MigrationError) {
    do throws(DatabaseError) {
      let deadline = Deadline.after(migrator.limits.statementTimeout)
      try connection.run(script: "COMMIT", named: migration.file, deadline: deadline)
    } catch {
      throw migrator.failure(error, migration, nil)
    }
  }

  private func small(_ script: String) throws(MigrationError) {
    do throws(DatabaseError) {
      let deadline = Deadline.after(migrator.limits.queryTimeout)
      try connection.run(script: script, named: "migrate", deadline: deadline)
    } catch {
      throw migrator.connectionFailure(error)
    }
  }

  private func rollBack() {
    let deadline = Deadline.after(migrator.limits.queryTimeout)
    try? connection.run(script: "ROLLBACK", named: "rollback", deadline: deadline)
  }
}

extension Migration {
  /// The values of a new row of the history.
  func beginning(_ started: Timestamp, _ release: String, _ process: Int64?) -> [Value] {
    [
      .integer(Int64(version)), .text(name), .text(header.phase.rawValue), .text(checksum),
      .text(rawChecksum), .text(statementChecksums.joined(separator: " ")),
      .text(dialect.rawValue), .timestamp(started), .text(release),
      process.map(Value.integer) ?? .null,
      header.minRelease.map { .text($0.description) } ?? .null,
    ]
  }

  /// The values that finish it.
  func ending(_ started: Timestamp, _ finished: Timestamp) -> [Value] {
    [
      .integer(Int64(version)), .timestamp(finished),
      .integer(max(0, finished.since(started).inMilliseconds)),
      .integer(Int64(script.parts.count)),
    ]
  }
}
