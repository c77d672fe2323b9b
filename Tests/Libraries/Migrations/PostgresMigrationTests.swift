import Core
import Migrations
import SQL
import Synchronization
import TestSupport
import Testing

/// What only PostgreSQL can do to a migration.
@Suite struct PostgresMigrationTests {
  private static let index = MigrationFile(
    name: "0004_index_a.sql",
    text: """
      -- transaction: no
      CREATE UNIQUE INDEX CONCURRENTLY a_name ON a (name);
      CREATE INDEX CONCURRENTLY a_id_name ON a (id, name);
      """)

  @Test func aMigratorWhoseBackendIsEndedLeavesNothingAndTheNextOneFinishes() throws {
    let shop = try Workshop(.postgres)
    let slow = MigrationFile(
      name: "0002_slow.sql", text: "CREATE TABLE b (id integer);\nSELECT pg_sleep(60);")
    let events = Events()
    try Crowd.run(2) { index in
      if index == 0 {
        let error = #expect(throws: MigrationError.self) {
          try shop.migrator([.first, slow], events: events).apply()
        }
        guard case .failed(let failed)? = error else {
          Issue.record("\(String(describing: error))")
          return
        }
        #expect(failed.error.kind == .unavailable(sent: true))
      } else {
        let end = """
          SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
          WHERE query LIKE 'SELECT pg_sleep%' AND datname = current_database()
          """
        try Crowd.wait { try shop.value(end) == 1 }
      }
    }
    #expect(throws: DatabaseError.self) { try shop.value("SELECT count(*) FROM b") }
    let quick = MigrationFile(name: "0002_slow.sql", text: "CREATE TABLE b (id integer);")
    #expect(try shop.migrator([.first, quick]).apply().map(\.version) == [2])
  }

  @Test func theHolderOfTheLockIsNamedWhileOthersWait() throws {
    let shop = try Workshop(.postgres)
    let slow = MigrationFile(name: "0001_slow.sql", text: "SELECT pg_sleep(60);")
    let slowEvents = Events()
    let first = try shop.migrator([slow], events: slowEvents)
    try Crowd.run(2) { index in
      if index == 0 {
        let error = #expect(throws: MigrationError.self) { try first.apply() }
        #expect(error == .interrupted)
      } else {
        try Crowd.wait {
          slowEvents.all.contains { if case .statement = $0 { true } else { false } }
        }
        var limits = MigrationLimits()
        limits.lockBudget = .milliseconds(300)
        let error = #expect(throws: MigrationError.self) {
          try shop.migrator([.first], limits: limits).apply()
        }
        guard case .locked(let holders, _)? = error else {
          Issue.record("\(String(describing: error))")
          return first.stop()
        }
        #expect(holders.count == 1)
        #expect(holders.first?.application == "slipway-migrate \(Version.current) test")
        #expect(holders.first?.statement.contains("pg_sleep") == true)
        first.stop()
      }
    }
  }

  @Test func aTableLockIsRetriedAndItsHolderNamed() throws {
    let shop = try Workshop(.postgres)
    _ = try shop.migrator([.first]).apply()
    let events = Events()
    let isHeld = Atomic<Bool>(true)
    var limits = MigrationLimits()
    limits.lockTimeout = .milliseconds(50)
    let migrator = try shop.migrator([.first, .second, .third], limits: limits, events: events)
    try Crowd.run(3) { index in
      switch index {
      case 0:
        try shop.holding("LOCK TABLE a IN ACCESS SHARE MODE") {
          try Crowd.wait { !isHeld.load(ordering: .acquiring) }
        }
      case 1:
        let held = "SELECT count(*) FROM pg_locks WHERE relation = 'a'::regclass"
        try Crowd.wait { try shop.value(held) == 1 }
        let applied = try migrator.apply()
        #expect(applied.map(\.version) == [2, 3])
      default:
        try Crowd.wait { !events.blockers.isEmpty }
        isHeld.store(false, ordering: .releasing)
      }
    }
    #expect(events.blockers.first?.statement.contains("LOCK TABLE a") == true)
  }

  @Test func whenTheRetriesAreUsedUpTheHolderIsInTheError() throws {
    let shop = try Workshop(.postgres)
    _ = try shop.migrator([.first]).apply()
    var limits = MigrationLimits()
    limits.lockTimeout = .milliseconds(20)
    limits.retryBudget = .milliseconds(200)
    let migrator = try shop.migrator([.first, .second, .third], limits: limits)
    try shop.holding("LOCK TABLE a IN ACCESS SHARE MODE") {
      let error = #expect(throws: MigrationError.self) { try migrator.apply() }
      guard case .locked(let holders, _)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(holders.count == 1)
    }
  }

  @Test func aTransactionPoolerIsRefused() throws {
    let server = try PostgresServer.shared()
    let bouncer = try PgBouncer(before: server)
    let shop = try Workshop(.postgres)
    let name = try #require(shop.url.redacted.split(separator: "/").last)
    let database = try DatabaseURL(bouncer.url(of: String(name))).open(.forMigrations(host: "test"))
    defer { database.close() }
    let migrator = Migrator(database, try MigrationSet(files: [.first], dialect: .postgres))
    let error = #expect(throws: MigrationError.self) { try migrator.apply() }
    #expect(error?.description.contains("use the direct address") == true)
    let locks = """
      SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      WHERE l.locktype = 'advisory' AND d.datname = current_database()
      """
    #expect(try shop.value(locks) == 0)
  }

  @Test func concurrentIndexesAreBuiltWithoutATransaction() throws {
    let shop = try Workshop(.postgres)
    _ = try shop.migrator([.first, .second, Self.index]).apply()
    let valid = "SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass AND indisvalid"
    #expect(try shop.value(valid) == 3)
    #expect(try shop.value("SELECT statement_index FROM migration_history WHERE version = 4") == 2)
  }

  @Test func anInterruptedIndexIsDroppedAndBuiltAgain() throws {
    let shop = try Workshop(.postgres)
    _ = try shop.migrator([.first, .second]).apply()
    try shop.run("INSERT INTO a VALUES (3, '')")
    #expect(throws: MigrationError.self) {
      try shop.migrator([.first, .second, Self.index]).apply()
    }
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
    #expect(try shop.value(invalid) == 1)
    let migrator = try shop.migrator([.first, .second, Self.index])
    #expect(try migrator.status().unfinished?.version == 4)
    try shop.run("DELETE FROM a WHERE id = 3")
    let events = Events()
    _ = try shop.migrator([.first, .second, Self.index], events: events).apply()
    #expect(events.repairs == ["a_name"])
    #expect(try shop.value(invalid) == 0)
    #expect(try shop.migrator([.first, .second, Self.index]).status().pending.isEmpty)
  }

  @Test func whileAMigratorWaitsAnotherOneMayBuildIndexesConcurrently() throws {
    let shop = try Workshop(.postgres)
    try Crowd.run(4) { _ in
      _ = try shop.migrator([.first, .second, Self.index]).apply()
    }
    #expect(try shop.value("SELECT count(*) FROM migration_history") == 3)
  }
}
