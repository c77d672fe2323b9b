import Core
import Migrations
import SQL
import Schema
import TestSupport
import Testing

/// What holds on both databases.
@Suite struct MigratorTests {
  @Test(arguments: Dialect.allCases)
  func whatIsPendingIsAppliedInOrderAndOnce(dialect: Dialect) throws {
    let shop = try Workshop(dialect)
    let events = Events()
    let migrator = try shop.migrator([.second, .first], events: events)
    #expect(try !migrator.status().isInitialised)
    #expect(try migrator.plan().map(\.version) == [1, 2])
    #expect(try migrator.apply().map(\.version) == [1, 2])
    #expect(try migrator.apply().isEmpty)
    #expect(try shop.value("SELECT count(*) FROM a") == 2)
    let status = try migrator.status()
    #expect(status.applied.map(\.version) == [1, 2])
    #expect(status.pending.isEmpty && status.unknown.isEmpty && status.mismatches.isEmpty)
    let finished = events.all.compactMap { event in
      if case .finished(let migration, _) = event { migration.version } else { nil }
    }
    #expect(finished == [1, 2])
  }

  @Test(arguments: Dialect.allCases)
  func theHistorySaysWhatWasDoneByWhom(dialect: Dialect) throws {
    let shop = try Workshop(dialect)
    _ = try shop.migrator([.first, .second, .third], release: "2026.12.1").apply()
    let text = """
      SELECT name, phase, dialect, release, min_release, statement_index, duration_ms,
        length(checksum), length(raw_checksum), backend_pid, started_at, finished_at
      FROM migration_history WHERE version = 3
      """
    let database = try shop.open()
    defer { database.close() }
    let row = try #require(
      try database.query(Statement.once("look", text), deadline: .generous).first)
    #expect(try row.get("name") == "drop_name")
    #expect(try row.get("phase") == "contract")
    #expect(try row.get("dialect") == dialect.rawValue)
    #expect(try row.get("release") == "2026.12.1")
    #expect(try row.get("min_release") == "2026.11.0")
    #expect(try row.get("statement_index") == 1)
    #expect(try row.get(7) == 64)
    #expect(try row.get(8) == 64)
    let process: Int64? = try row.get("backend_pid")
    #expect((process != nil) == (dialect == .postgres))
    let started: Timestamp = try row.get("started_at")
    #expect(try started <= row.get("finished_at"))
  }

  @Test(arguments: Dialect.allCases)
  func applyStopsAtTheVersionThatIsAskedFor(dialect: Dialect) throws {
    let migrator = try Workshop(dialect).migrator([.first, .second])
    #expect(try migrator.apply(to: 1).map(\.version) == [1])
    #expect(try migrator.status().pending.map(\.version) == [2])
    #expect(throws: MigrationError.self) { try migrator.apply(to: 7) }
  }

  @Test(arguments: Dialect.allCases)
  func aFailedMigrationLeavesNothingBehind(dialect: Dialect) throws {
    let shop = try Workshop(dialect)
    let broken = MigrationFile(
      name: "0002_broken.sql", text: "CREATE TABLE b (id integer);\nINSERT INTO nowhere VALUES (1);"
    )
    let error = #expect(throws: MigrationError.self) {
      try shop.migrator([.first, broken]).apply()
    }
    guard case .failed(let failed)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(failed.file == "0002_broken.sql")
    #expect(failed.line == 2)
    #expect(failed.summary.hasPrefix("INSERT INTO nowhere"))
    #expect(throws: DatabaseError.self) { try shop.value("SELECT count(*) FROM b") }
    #expect(try shop.value("SELECT count(*) FROM migration_history") == 1)
    #expect(try shop.migrator([.first, .second]).apply().map(\.version) == [2])
  }

  @Test(arguments: Dialect.allCases)
  func aChangedFileIsRefusedAndItsStatementNamed(dialect: Dialect) throws {
    let shop = try Workshop(dialect)
    _ = try shop.migrator([.first, .second]).apply()
    let reworded = MigrationFile(
      name: MigrationFile.second.name, text: "-- now with a word\r\n" + MigrationFile.second.text)
    #expect(try shop.migrator([.first, reworded]).apply().isEmpty)
    let changed = MigrationFile(
      name: MigrationFile.second.name,
      text: "INSERT INTO a VALUES (1, 'x;y');\nINSERT INTO a VALUES (3, '');")
    let error = #expect(throws: MigrationError.self) {
      try shop.migrator([.first, changed]).apply()
    }
    guard case .checksum(let mismatches)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(mismatches.count == 1)
    #expect(mismatches.first?.statement?.hasPrefix("statement 2, line 2: INSERT") == true)
  }

  @Test(arguments: Dialect.allCases)
  func aMigrationThatComesTooLateIsRefused(dialect: Dialect) throws {
    let shop = try Workshop(dialect)
    let other = MigrationFile(name: "0003_other.sql", text: "CREATE TABLE c (id integer)")
    _ = try shop.migrator([.first, other]).apply()
    let migrator = try shop.migrator([.first, .second, other])
    #expect(try migrator.status().outOfOrder.map(\.version) == [2])
    let error = #expect(throws: MigrationError.self) { try migrator.apply() }
    guard case .incompatible? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: Dialect.allCases)
  func tenMigratorsAtOnceApplyExactlyOnce(dialect: Dialect) throws {
    let shop = try Workshop(dialect)
    let events = Events()
    try Crowd.run(10) { _ in
      _ = try shop.migrator([.first, .second, .third], events: events).apply()
    }
    #expect(try shop.value("SELECT count(*) FROM migration_history") == 3)
    #expect(try shop.value("SELECT count(*) FROM a") == 2)
    let started = events.all.filter { if case .started = $0 { true } else { false } }
    #expect(started.count == 3)
  }

  @Test(arguments: Dialect.allCases)
  func aNewerDatabaseIsJudgedByWhatItNeeds(dialect: Dialect) throws {
    let shop = try Workshop(dialect)
    let database = try shop.open()
    defer { withExtendedLifetime(shop) { database.close() } }
    func state(_ files: [MigrationFile], _ release: String) throws -> SchemaState {
      let known = try MigrationSet(files: files, dialect: dialect)
      return try SchemaState.read(database, known: known, release: release, deadline: .generous)
    }
    #expect(try state([.first], "2026.10.0") == .notInitialised)
    _ = try shop.migrator([.first]).apply()
    #expect(try state([.first, .second], "2026.10.0") == .behind(missing: [2]))
    #expect(try state([.first], "2026.10.0") == .current)
    _ = try shop.migrator([.first, .second]).apply()
    #expect(try state([.first], "2026.10.0") == .aheadCompatible(newer: [2]))
    _ = try shop.migrator([.first, .second, .third], release: "2026.12.0").apply()
    #expect(try state([.first], "2026.11.0") == .aheadCompatible(newer: [2, 3]))
    let needed = try #require(Release("2026.11.0"))
    #expect(
      try state([.first], "2026.10.0")
        == .aheadIncompatible(newer: [2, 3], minRelease: needed))
    let error = #expect(throws: MigrationError.self) {
      try shop.migrator([.first], release: "2026.10.0").apply()
    }
    guard case .incompatible? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: Dialect.allCases)
  func theServicesOwnSchemaKeepsBirthdays(dialect: Dialect) throws {
    let shop = try Workshop(dialect)
    let database = try shop.open()
    defer { withExtendedLifetime(shop) { database.close() } }
    _ = try Migrator(database, ServiceSchema.migrations(for: dialect)).apply()
    let insert = Statement("put", "INSERT INTO birthdays VALUES ($1, $2, $3, $3)")
    let day = try #require(CivilDate("1996-02-29"))
    let now = Value.timestamp(.now())
    _ = try database.execute(insert, ["Ada", .date(day), now], deadline: .generous)
    #expect(
      try database.query(
        Statement.once("get", "SELECT date_of_birth FROM birthdays WHERE username = 'Ada'"),
        deadline: .generous
      ).first?.get(0) == day)
    for wrong in ["", "Ada Lovelace", "Ad4", "É", String(repeating: "a", count: 65)] {
      let error = #expect(throws: DatabaseError.self, "\(wrong)") {
        try database.execute(insert, [.text(wrong), .date(day), now], deadline: .generous)
      }
      #expect(error?.kind == .constraint(.check, name: "birthdays_username"))
    }
  }

  @Test(arguments: Dialect.allCases)
  func whatTheReleaseThatServesCouldNotRunOnIsNotBegun(dialect: Dialect) throws {
    let shop = try Workshop(dialect)
    let all: [MigrationFile] = [.first, .second, .third]
    let needed = try #require(Release("2026.11.0"))
    for serving in ["2026.10.9", "of nobody knows when"] {
      let old = try shop.migrator(all, serving: serving)
      #expect(throws: MigrationError.outpaced(serving: serving, needed: needed)) { try old.apply() }
      #expect(try old.status().applied.isEmpty)
    }
    #expect(try shop.migrator(all, serving: "2026.11.0").apply().count == 3)
    // What is applied already is behind it.
    #expect(try shop.migrator(all, serving: "2026.10.9").apply().isEmpty)
  }

  @Test func theEmbeddedFilesAreThoseOfTheFolder() throws {
    let script = "\(Repository.root)/scripts/embed-migrations"
    try ShellService.run([script, "--check"])
    #expect(!EmbeddedMigrations.files.isEmpty)
  }

  @Test func waitingForADatabaseEndsWithItsLastWords() throws {
    let url = try DatabaseURL("postgres://nobody@127.0.0.1:\(FreePort.find())/x")
    let migrator = Migrator(
      try url.open(), try MigrationSet(files: [.first], dialect: .postgres))
    let error = #expect(throws: MigrationError.self) {
      try migrator.waitForDatabase(upTo: .milliseconds(300))
    }
    guard case .connection(let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.message.contains("refused"))
  }
}

/// Where the repository is, seen from this file.
private enum Repository {
  static let root = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
}
