import Core
import Migrations
import SQL
import Synchronization
import TestSupport
import Testing

/// Files without a transaction: locks that are not to be had, and runs that end between two steps.
@Suite struct PostgresStepsTests {
  private static let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"

  /// A database with a table of two rows, an index, a type and a view.
  private static func shop() throws -> Workshop {
    let shop = try Workshop(.postgres)
    _ = try shop.migrator([.first, .second]).apply()
    for text in [
      "CREATE INDEX a_name ON a (name)", "CREATE TYPE mood AS ENUM ('sad')",
      "CREATE MATERIALIZED VIEW v AS SELECT id FROM a", "CREATE UNIQUE INDEX v_id ON v (id)",
    ] {
      try shop.run(text)
    }
    return shop
  }

  private static func steps(_ statements: String...) -> MigrationFile {
    MigrationFile(
      name: "0004_steps.postgres.sql",
      text: "-- transaction: no\n" + statements.joined(separator: ";\n"))
  }

  private static var impatient: MigrationLimits {
    var limits = MigrationLimits()
    limits.lockTimeout = .milliseconds(50)
    limits.concurrentTimeout = .milliseconds(200)
    return limits
  }

  @Test(arguments: [
    ("DROP TABLE IF EXISTS a CASCADE", "LOCK TABLE a IN ACCESS SHARE MODE"),
    ("CREATE INDEX CONCURRENTLY a_new ON a (name)", "LOCK TABLE a IN ROW EXCLUSIVE MODE"),
    ("DROP INDEX CONCURRENTLY IF EXISTS a_name", "LOCK TABLE a IN ROW EXCLUSIVE MODE"),
    ("REINDEX INDEX CONCURRENTLY a_name", "LOCK TABLE a IN ROW EXCLUSIVE MODE"),
    ("REINDEX TABLE CONCURRENTLY a", "LOCK TABLE a IN ROW EXCLUSIVE MODE"),
    // It locks nothing of the table, but might still look for what the index leaves out.
    (
      "CREATE INDEX CONCURRENTLY a_new ON a (name)",
      "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM v"
    ),
  ])
  func aBlockedStatementIsRetriedAndItsHolderNamedUntilItIsGone(
    statement: String, lock: String
  ) throws {
    let shop = try Self.shop()
    let events = Events()
    let migrator = try shop.migrator(
      [.first, .second, Self.steps(statement)], limits: Self.impatient, events: events)
    let isHeld = Atomic<Bool>(false)
    try Crowd.run(2) { index in
      if index == 0 {
        try shop.holding(lock) {
          isHeld.store(true, ordering: .releasing)
          try Crowd.wait { !events.blockers.isEmpty }
        }
      } else {
        try Crowd.wait { isHeld.load(ordering: .acquiring) }
        #expect(try migrator.apply().map(\.version) == [4])
      }
    }
    #expect(events.blockers.contains { $0.statement.contains(lock) })
    #expect(events.statements.count > 1)
    #expect(try shop.value(Self.invalid) == 0)
    #expect(try migrator.status().pending.isEmpty)
  }

  @Test func whatABlockedBuildLeavesIsDroppedBeforeTheNextAttempt() throws {
    for (statement, left) in [
      ("CREATE INDEX CONCURRENTLY a_new ON a (name)", "a_new"),
      ("REINDEX INDEX CONCURRENTLY a_name", "a_name_ccnew"),
    ] {
      let shop = try Self.shop()
      var limits = Self.impatient
      limits.retryBudget = .milliseconds(500)
      let steps = Self.steps(statement)
      let blocked = try shop.migrator([.first, .second, steps], limits: limits)
      try shop.holding("LOCK TABLE a IN ROW EXCLUSIVE MODE") {
        let error = #expect(throws: MigrationError.self) { try blocked.apply() }
        guard case .locked(let holders, _)? = error else {
          Issue.record("\(String(describing: error))")
          return
        }
        #expect(holders.first?.statement.contains("LOCK TABLE a") == true)
      }
      #expect(try shop.value(Self.invalid) == 1)
      let events = Events()
      _ = try shop.migrator([.first, .second, steps], events: events).apply()
      #expect(events.repairs == [left])
      #expect(try shop.value(Self.invalid) == 0)
    }
  }

  @Test func anIndexOfSomebodyElseIsNeitherDroppedNorTakenForOurs() throws {
    let shop = try Self.shop()
    // Equal names: the build fails, and leaves this one invalid.
    try shop.run("INSERT INTO a VALUES (3, '')")
    #expect(throws: DatabaseError.self) {
      try shop.run("CREATE UNIQUE INDEX CONCURRENTLY a_new ON a (name)")
    }
    #expect(try shop.value(Self.invalid) == 1)
    let events = Events()
    let build = Self.steps("CREATE INDEX CONCURRENTLY a_new ON a (name)")
    let error = #expect(throws: MigrationError.self) {
      try shop.migrator([.first, .second, build], events: events).apply()
    }
    #expect(error?.description.contains("already exists") == true)
    #expect(events.repairs.isEmpty)
    #expect(try shop.value(Self.invalid) == 1)
  }

  @Test(arguments: [
    "CREATE INDEX CONCURRENTLY a_new ON a (name)", "DROP INDEX CONCURRENTLY IF EXISTS a_name",
    "REINDEX TABLE CONCURRENTLY a", "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad'",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY v", "VACUUM (ANALYZE) a", "ANALYZE a",
    "CREATE TABLE IF NOT EXISTS b AS SELECT id FROM a", "CREATE OR REPLACE VIEW w AS SELECT 1",
    "DROP TABLE IF EXISTS b", "COMMENT ON TABLE a IS 'letters'", "GRANT SELECT ON a TO PUBLIC",
    "REVOKE SELECT ON a FROM PUBLIC",
  ])
  func aRunThatEndsBeforeItsStatementIsRecordedIsBroughtToItsEnd(statement: String) throws {
    let shop = try Self.shop()
    let files: [MigrationFile] = [.first, .second, Self.steps(statement)]
    _ = try shop.migrator(files).apply()
    // What a kill in between leaves: the statement is done, and nothing says so.
    try shop.run(
      """
      UPDATE migration_history SET finished_at = NULL, duration_ms = NULL, statement_index = 0
      WHERE version = 4
      """)
    #expect(try shop.migrator(files).status().unfinished?.version == 4)
    let events = Events()
    #expect(try shop.migrator(files, events: events).apply().map(\.version) == [4])
    #expect(events.statements == [1])
    #expect(events.repairs.isEmpty)
    let done = "SELECT count(*) FROM migration_history WHERE finished_at IS NOT NULL"
    #expect(try shop.value(done) == 3)
    #expect(try shop.value("SELECT count(*) FROM a") == 2)
    #expect(try shop.value(Self.invalid) == 0)
  }

  @Test func whatWasSetHoldsAfterAnInterruptionAndEndsWithItsFile() throws {
    let shop = try Self.shop()
    let memory = "current_setting('maintenance_work_mem')"
    let steps = Self.steps(
      "SET maintenance_work_mem = '77MB'", "VACUUM gone",
      "CREATE MATERIALIZED VIEW IF NOT EXISTS inside AS SELECT \(memory) AS memory")
    let next = MigrationFile(
      name: "0005_after.postgres.sql", text: "CREATE TABLE after AS SELECT \(memory) AS memory;")
    let files: [MigrationFile] = [.first, .second, steps, next]
    #expect(throws: MigrationError.self) { try shop.migrator(files).apply() }
    try shop.run("CREATE TABLE gone (id integer)")
    let events = Events()
    _ = try shop.migrator(files, events: events).apply()
    // What was done is not begun again; the last number is that of the next file.
    #expect(events.statements == [2, 3, 1])
    #expect(try shop.value("SELECT count(*) FROM inside WHERE memory = '77MB'") == 1)
    #expect(try shop.value("SELECT count(*) FROM after WHERE memory <> '77MB'") == 1)
  }

  @Test func theTimeForALockIsThatOfTheStatementAlone() throws {
    let shop = try Self.shop()
    for text in [
      "CREATE TABLE seen (lock_timeout text)",
      """
      CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO seen VALUES (current_setting('lock_timeout')); RETURN NEW; END $$
      """,
      "CREATE TRIGGER see BEFORE UPDATE ON migration_history FOR EACH ROW EXECUTE FUNCTION see()",
    ] {
      try shop.run(text)
    }
    let timeout = "current_setting('lock_timeout')"
    let steps = Self.steps(
      "CREATE INDEX CONCURRENTLY a_new ON a (name)",
      "CREATE MATERIALIZED VIEW IF NOT EXISTS inside AS SELECT \(timeout) AS lock_timeout")
    _ = try shop.migrator([.first, .second, steps], limits: Self.impatient).apply()
    #expect(try shop.value("SELECT count(*) FROM inside WHERE lock_timeout = '50ms'") == 1)
    // After each statement, and at the end.
    #expect(try shop.value("SELECT count(*) FROM seen WHERE lock_timeout = '0'") == 3)
    #expect(try shop.value("SELECT count(*) FROM seen") == 3)
  }
}
