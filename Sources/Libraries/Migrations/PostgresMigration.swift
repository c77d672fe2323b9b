import Core
import SQL

/// Migrates a PostgreSQL database on one connection that holds the lock throughout.
struct PostgresMigration {
  let migrator: Migrator
  let connection: any DatabaseConnection

  init(_ migrator: Migrator, _ connection: any DatabaseConnection) {
    self.migrator = migrator
    self.connection = connection
  }

  func run(to version: Int?) throws(MigrationError) -> [Migration] {
    let lock = PostgresLock(migrator, connection)
    let process = try lock.acquire()
    defer { lock.release() }
    try small(MigrationHistory.create, [])
    // What others did while this one waited for the lock counts.
    let status = try status()
    let todo = try migrator.plan(status, to: version)
    for migration in todo {
      try migrator.checkStep(migration)
      let started = ContinuousClock.now
      if migration.header.hasTransaction {
        try inTransaction(migration, lock, process)
      } else {
        let begun = status.unfinished.flatMap { $0.version == migration.version ? $0 : nil }
        try withoutTransaction(migration, begun, lock, process)
      }
      migrator.report(.finished(migration, started.duration(to: .now)))
    }
    return todo
  }

  /// All statements and the row of the history, or nothing; again while locks are not to be had.
  private func inTransaction(
    _ migration: Migration, _ lock: PostgresLock, _ process: Int64
  ) throws(MigrationError) {
    var attempts = PostgresLockAttempts(self, migration)
    while true {
      try lock.check(process)
      migrator.report(.started(migration, statement: 0))
      guard let refused = try attemptTransaction(migration, process) else { return }
      try attempts.pause(after: refused)
    }
  }

  /// One attempt; gives the statement that did not get its lock in time.
  private func attemptTransaction(
    _ migration: Migration, _ process: Int64
  ) throws(MigrationError) -> SQLScript.Part? {
    let started = Timestamp.now()
    let lockTimeout = migrator.limits.lockTimeout.inMilliseconds
    try script("BEGIN; SET LOCAL lock_timeout = \(lockTimeout)", migration, nil)
    var isOpen = true
    defer { if isOpen { rollBack() } }
    for (index, part) in migration.script.parts.enumerated() {
      try migrator.checkStep(migration)
      migrator.report(
        .statement(migration, number: index + 1, line: part.line, summary: part.summary))
      guard try attempt(part.source, migration, part) else { return part }
    }
    try small(
      MigrationHistory.begin, migration.beginning(started, migrator.release, process), migration)
    try small(MigrationHistory.finish, migration.ending(started, .now()), migration)
    try migrator.checkStep(migration)
    try script("COMMIT", migration, nil)
    isOpen = false
    return nil
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

  /// A small statement of the migrator itself.
  func small(
    _ statement: Statement, _ values: [Value], _ migration: Migration? = nil
  ) throws(MigrationError) {
    do throws(DatabaseError) {
      let deadline = Deadline.after(migrator.limits.queryTimeout)
      _ = try connection.execute(statement, values, deadline: deadline)
    } catch {
      guard let migration else { throw migrator.connectionFailure(error) }
      throw migrator.failure(error, migration, nil)
    }
  }

  /// Runs a statement of a file, or one for it; false when it did not get its locks in time.
  func attempt(
    _ text: String, _ migration: Migration, _ part: SQLScript.Part
  ) throws(MigrationError) -> Bool {
    do throws(DatabaseError) {
      let deadline = Deadline.after(migrator.limits.statementTimeout)
      try connection.run(script: text, named: migration.file, deadline: deadline)
      return true
    } catch {
      guard error.kind == .busy || error.kind == .serialization else {
        throw migrator.failure(error, migration, part)
      }
      return false
    }
  }

  /// A script of the migrator or of a file.
  func script(
    _ text: String, _ migration: Migration, _ part: SQLScript.Part?
  ) throws(MigrationError) {
    do throws(DatabaseError) {
      let deadline = Deadline.after(migrator.limits.statementTimeout)
      try connection.run(script: text, named: migration.file, deadline: deadline)
    } catch {
      throw migrator.failure(error, migration, part)
    }
  }

  private func rollBack() {
    let deadline = Deadline.after(migrator.limits.queryTimeout)
    try? connection.run(script: "ROLLBACK", named: "rollback", deadline: deadline)
  }
}
