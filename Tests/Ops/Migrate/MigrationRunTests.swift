import Core
import Migrations
import SQL
import Synchronization
import TestSupport
import Testing

@testable import Ops

@Suite struct MigrationRunTests {
  private struct LockLost: Error, Equatable {}

  @Test(arguments: Dialect.allCases)
  func whatIsPendingIsAppliedOnceAndTheResultSaysSo(dialect: Dialect) throws {
    let site = try MigrationSite(dialect)
    let run = site.run([.first, .second])
    let before = try run.status()
    #expect(before.state == .notInitialised)
    #expect(before.migrations.pending.map(\.version) == [1, 2])
    let result = try run.apply()
    #expect(result.applied.map(\.migration.version) == [1, 2])
    #expect(result.state == .current)
    #expect(try run.apply() == MigrationRun.Result(applied: [], state: .current))
    let after = try run.status()
    #expect(after.migrations.applied.map(\.version) == [1, 2])
    #expect(after.state == .current)
  }

  @Test(arguments: Dialect.allCases)
  func aVersionIsTheLastThatIsApplied(dialect: Dialect) throws {
    let site = try MigrationSite(dialect)
    let result = try site.run([.first, .second], version: 1).apply()
    #expect(result.applied.map(\.migration.version) == [1])
    #expect(result.state == .behind(missing: [2]))
  }

  @Test(arguments: Dialect.allCases)
  func theCallerIsAskedBeforeTheMigrationItsStatementAndItsCommit(dialect: Dialect) throws {
    let site = try MigrationSite(dialect)
    let count = Counter()
    _ = try site.run([.first]) { migration in
      #expect(migration.version == 1)
      count.add()
    }.apply()
    #expect(count.value == 3)
  }

  @Test(arguments: Dialect.allCases, [1, 2, 3])
  func whatTheCallersCheckThrowsUndoesTheMigration(dialect: Dialect, step: Int) throws {
    let site = try MigrationSite(dialect)
    _ = try site.run([.first]).apply()
    let count = Counter()
    let run = site.run([.first, .second]) { _ in
      if count.add() == step { throw LockLost() }
    }
    #expect(throws: LockLost()) { try run.apply() }
    #expect(try site.number("SELECT count(*) FROM a") == 0)
    #expect(try site.run([.first, .second]).apply().applied.map(\.migration.version) == [2])
  }

  @Test(arguments: Dialect.allCases)
  func aCancelledRunUndoesItsMigrationAndLetsTheNextOneIn(dialect: Dialect) throws {
    let site = try MigrationSite(dialect)
    _ = try site.run([.first]).apply()
    let run = site.run([.first, .endless(dialect)])
    let isUnderWay = Atomic(false)
    try Crowd.run(2) { index in
      if index == 0 {
        #expect(throws: MigrationError.interrupted) {
          try run.apply { event in
            if case .statement = event { isUnderWay.store(true, ordering: .releasing) }
          }
        }
      } else {
        try Crowd.wait { isUnderWay.load(ordering: .acquiring) }
        run.cancel()
      }
    }
    #expect(try site.run([.first, .second]).apply().applied.map(\.migration.version) == [2])
    if dialect == .postgres {
      let locks = """
        SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """
      #expect(try site.number(locks) == 0)
    }
  }

  @Test func aRunThatWasCancelledBeforeItBeganDoesNothing() throws {
    let site = try MigrationSite(.sqlite)
    let run = site.run([.first])
    run.cancel()
    #expect(throws: MigrationError.interrupted) { try run.apply() }
    #expect(try site.run([.first]).status().state == .notInitialised)
  }

  @Test func aWaitForADatabaseThatIsAwayIsCancelledToo() throws {
    let address = "postgres://slipway@127.0.0.1:\(try FreePort.find())/none"
    var options = MigrationRunOptions()
    options.wait = .seconds(600)
    let run = MigrationRun(database: try DatabaseURL(address), options)
    #expect(throws: MigrationError.interrupted) {
      try run.apply { event in
        if case .waitingForDatabase = event { run.cancel() }
      }
    }
  }

  @Test(arguments: Dialect.allCases)
  func aFileThatWasChangedAfterwardsIsAChecksumMismatch(dialect: Dialect) throws {
    let site = try MigrationSite(dialect)
    _ = try site.run([.first]).apply()
    let changed = MigrationFile(name: "0001_make_a.sql", text: "CREATE TABLE a (id integer);")
    let error = #expect(throws: MigrationError.self) { try site.run([changed]).apply() }
    #expect(error?.exitCode == .migrationChecksum)
    #expect(error?.findings.first?.message.hasPrefix("0001_make_a.sql was changed") == true)
  }

  @Test(arguments: Dialect.allCases)
  func aStatementThatFailsIsNamedWithFileAndLine(dialect: Dialect) throws {
    let site = try MigrationSite(dialect)
    let wrong = MigrationFile(name: "0001_wrong.sql", text: "\n\nCREATE TABLE a (id integer,);")
    let error = #expect(throws: MigrationError.self) { try site.run([wrong]).apply() }
    #expect(error?.exitCode == .migrationFailed)
    #expect(error?.findings.first?.message.hasPrefix("0001_wrong.sql:3: CREATE TABLE a") == true)
  }

  @Test func whoeverBlocksATableIsShownBeforeTheNextAttempt() throws {
    let site = try MigrationSite(.postgres)
    _ = try site.run([.first]).apply()
    var limits = MigrationLimits()
    limits.lockTimeout = .milliseconds(50)
    let drop = MigrationFile(name: "0002_drop_a.sql", text: "DROP TABLE a;")
    let run = site.run([.first, drop], limits: limits)
    let isHeld = Atomic(false)
    let isShown = Atomic(false)
    try Crowd.run(2) { index in
      if index == 0 {
        let other = try site.url.open()
        defer { other.close() }
        try other.transaction(.write, deadline: .after(.seconds(60))) { connection in
          try connection.run(
            script: "LOCK TABLE a IN ACCESS SHARE MODE", named: "hold",
            deadline: .after(.seconds(60)))
          isHeld.store(true, ordering: .releasing)
          try Crowd.wait { isShown.load(ordering: .acquiring) }
        }
      } else {
        try Crowd.wait { isHeld.load(ordering: .acquiring) }
        let result = try run.apply { event in
          let lines = MigrationView.lines(event)
          let isBlocker = lines.contains {
            $0.hasPrefix("  blocked by process") && $0.contains("LOCK TABLE a")
          }
          if isBlocker { isShown.store(true, ordering: .releasing) }
        }
        #expect(result.applied.map(\.migration.version) == [2])
      }
    }
  }
}
