import Core
import Migrations
import POSIX
import SQL
import TestSupport
import Testing

/// What only an SQLite file can do to a migration.
@Suite struct SQLiteMigrationTests {
  @Test func aRebuiltTableKeepsTheRowsThatReferToIt() throws {
    let shop = try Workshop(.sqlite)
    let parts = MigrationFile(
      name: "0003_parts.sql",
      text: """
        CREATE TABLE part (a integer REFERENCES a (id) ON DELETE CASCADE);
        INSERT INTO part VALUES (1), (2);
        """)
    let rebuild = MigrationFile(
      name: "0004_rebuild.sql",
      text: """
        CREATE TABLE a_new (id integer PRIMARY KEY, name text NOT NULL);
        INSERT INTO a_new SELECT id, name FROM a;
        DROP TABLE a;
        ALTER TABLE a_new RENAME TO a;
        """)
    _ = try shop.migrator([.first, .second, parts, rebuild]).apply()
    #expect(try shop.value("SELECT count(*) FROM part") == 2)
  }

  @Test func aRebuildThatLosesReferredRowsIsRolledBack() throws {
    let shop = try Workshop(.sqlite)
    let lose = MigrationFile(
      name: "0003_lose.sql",
      text: """
        CREATE TABLE part (a integer REFERENCES a (id));
        INSERT INTO part VALUES (1);
        DELETE FROM a;
        """)
    let error = #expect(throws: MigrationError.self) {
      try shop.migrator([.first, .second, lose]).apply()
    }
    guard case .failed(let failed)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(failed.error.kind == .constraint(.foreignKey, name: "part"))
    #expect(try shop.value("SELECT count(*) FROM a") == 2)
  }

  @Test func aWriterOfAnotherProcessIsWaitedForAndThenNamedAsALock() throws {
    let shop = try Workshop(.sqlite)
    let other = try shop.open()
    defer { other.close() }
    var limits = MigrationLimits()
    limits.lockBudget = .milliseconds(200)
    let migrator = try shop.migrator([.first], limits: limits)
    try other.transaction(.write, deadline: .generous) { _ in
      let error = #expect(throws: MigrationError.self) { try migrator.apply() }
      guard case .locked? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
    #expect(try migrator.apply().count == 1)
  }

  @Test func statusOfAReadOnlyFileMakesNothing() throws {
    let shop = try Workshop(.sqlite)
    let first = try shop.migrator([.first])
    _ = try first.apply()
    first.close()
    let before = try File.list(shop.directory.path).sorted()
    var options = DatabaseOptions()
    options.sqlite.readOnly = true
    let database = try shop.url.open(options)
    defer { database.close() }
    let known = try MigrationSet(files: [.first, .second], dialect: .sqlite)
    #expect(try Migrator(database, known).status().pending.map(\.version) == [2])
    #expect(try File.list(shop.directory.path).sorted() == before)
    let error = #expect(throws: MigrationError.self) { try Migrator(database, known).apply() }
    #expect(error?.description.contains("read-only") == true)
  }
}
