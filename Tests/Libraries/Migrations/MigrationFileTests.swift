import Migrations
import SQL
import Testing

/// File names and headers.
@Suite struct MigrationFileTests {
  private func problems(_ files: [MigrationFile], _ dialect: Dialect = .postgres) -> [String] {
    do throws(MigrationError) {
      _ = try MigrationSet(files: files, dialect: dialect)
      return []
    } catch {
      guard case .invalid(let problems) = error else { return ["\(error)"] }
      return problems.map(\.description)
    }
  }

  private func header(_ text: String) throws -> MigrationHeader? {
    let file = MigrationFile(name: "0001_a.sql", text: "\(text)\nANALYZE;")
    return try MigrationSet(files: [file], dialect: .postgres).migrations.first?.header
  }

  @Test func everyKeyOfAHeaderIsRead() throws {
    let header = try #require(
      try header(
        """
        -- Takes the old column away: nobody reads it. See https://example.com
        -- phase: contract
        -- transaction: no
        -- min-release: 2026.11.0
        -- locks: people=SHARE UPDATE EXCLUSIVE/2s, towns=SHARE/500ms
        """))
    #expect(header.phase == .contract)
    #expect(!header.hasTransaction)
    #expect(header.minRelease == Release("2026.11.0"))
    #expect(header.locks.map(\.table) == ["people", "towns"])
    #expect(header.locks.first?.mode == "SHARE UPDATE EXCLUSIVE")
    #expect(header.locks.last?.time == .milliseconds(500))
  }

  @Test func withoutAHeaderAFileExpandsInATransaction() throws {
    let header = try #require(try header(""))
    #expect(header.phase == .expand)
    #expect(header.hasTransaction)
  }

  @Test(arguments: [
    ("-- phaze: expand", "0001_a.sql:1: unknown key phaze; did you mean phase?"),
    ("\n-- phase: grow", "0001_a.sql:2: phase is expand, migrate, contract"),
    ("-- transaction: maybe", "0001_a.sql:1: transaction is yes or no"),
    ("-- phase: contract", "0001_a.sql:1: a contract migration says its min-release"),
    ("-- min-release: 2026.11.0", "0001_a.sql:1: min-release belongs to phase contract"),
    ("-- phase: expand\n-- phase: expand", "0001_a.sql:2: phase is said twice"),
    (
      "-- locks: people",
      "0001_a.sql:1: locks is table=MODE/time, separated by commas: people=SHARE/2s"
    ),
  ])
  func aWrongHeaderIsAnErrorWithFileAndLine(header: String, message: String) {
    #expect(problems([MigrationFile(name: "0001_a.sql", text: "\(header)\nSELECT 1")]) == [message])
  }

  @Test func everythingWrongIsSaidAtOnce() {
    let files = [
      MigrationFile(name: "1_short.sql", text: "SELECT 1"),
      MigrationFile(name: "0001_a.sql", text: "SELECT 1"),
      MigrationFile(name: "0001_b.sql", text: "SELECT 'open"),
      MigrationFile(name: "0002_c.mysql.sql", text: "SELECT 1"),
      MigrationFile(name: "0003_d.sql", text: "-- nothing"),
      MigrationFile(name: "0004_e.sql", text: "SELECT 1;\nCOMMIT;"),
    ]
    let found = problems(files).joined(separator: "\n")
    for part in [
      "1_short.sql:1", "0001_b.sql:1: a quote", "0002_c.mysql.sql:1", "0003_d.sql:1: there is no",
      "0004_e.sql:2: the migrator owns",
    ] {
      #expect(found.contains(part), "\(part)")
    }
  }

  @Test func aVersionIsUsedOnce() {
    let files = [
      MigrationFile(name: "0001_a.sql", text: "SELECT 1"),
      MigrationFile(name: "0001_b.postgres.sql", text: "SELECT 1"),
    ]
    #expect(problems(files) == ["0001_b.postgres.sql:1: version 1 is also that of 0001_a.sql"])
    #expect(problems(files, .sqlite).isEmpty)
  }

  @Test(arguments: [
    "CREATE INDEX CONCURRENTLY i ON a (b)", "create unique index concurrently i on s.a (b)",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY a (b)",
    "CREATE INDEX IF NOT EXISTS i ON a (b)",
    "CREATE TABLE IF NOT EXISTS a (b integer)", "CREATE UNLOGGED TABLE IF NOT EXISTS a (b integer)",
    "CREATE USER MAPPING IF NOT EXISTS FOR a SERVER b", "CREATE EXTENSION IF NOT EXISTS citext",
    "CREATE OR REPLACE VIEW temp AS SELECT 1", "DROP INDEX CONCURRENTLY IF EXISTS i",
    "DROP TABLE IF EXISTS a, b", "DROP FOREIGN DATA WRAPPER IF EXISTS a",
    "REINDEX INDEX CONCURRENTLY i", "REINDEX (VERBOSE) TABLE CONCURRENTLY s.\"A\"", "VACUUM",
    "VACUUM (ANALYZE) a", "ANALYZE a (b)", "ALTER TYPE s.mood ADD VALUE IF NOT EXISTS 'x'",
    "ALTER SYSTEM SET work_mem = '8MB'", "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
    "COMMENT ON TABLE a IS 'x'", "GRANT SELECT ON a TO b", "REVOKE SELECT ON a FROM b",
    "SET maintenance_work_mem = '64MB'", "SET SESSION work_mem TO '64MB'",
  ])
  func withoutATransactionWhatMayBeRepeatedStands(statement: String) {
    let text = "-- transaction: no\n\(statement);"
    #expect(problems([MigrationFile(name: "0001_a.postgres.sql", text: text)]).isEmpty)
  }

  @Test(arguments: [
    "INSERT INTO a VALUES (1)", "UPDATE a SET b = b + 1", "SELECT f()", "DO $$ BEGIN END $$",
    "CREATE TABLE a (b integer)", "CREATE INDEX i ON a (b)", "CREATE INDEX CONCURRENTLY ON a (b)",
    "CREATE TEMP TABLE IF NOT EXISTS a (b integer)",
    "CREATE OR REPLACE TEMPORARY VIEW a AS SELECT 1",
    "DROP TABLE a", "DROP INDEX CONCURRENTLY i", "REINDEX TABLE a",
    "REINDEX (CONCURRENTLY) TABLE a", "REINDEX (CONCURRENTLY false) INDEX CONCURRENTLY i",
    "REINDEX SCHEMA CONCURRENTLY s", "ALTER TABLE IF EXISTS a ADD COLUMN b integer",
    "ALTER TABLE a DETACH PARTITION b CONCURRENTLY", "ALTER TYPE mood ADD VALUE 'x'",
    "ALTER TYPE mood RENAME VALUE 'x' TO 'IF NOT EXISTS'", "SET LOCAL work_mem = '64MB'",
    "SET ROLE a", "SET search_path = s", "SET lock_timeout = 0", "TRUNCATE a",
    "INSERT INTO a SELECT 1 WHERE NOT EXISTS (SELECT 1)", "\"VACUUM\" a",
  ])
  func withoutATransactionWhatMayNotIsRefusedWithItsPlace(statement: String) {
    let text = "-- transaction: no\nANALYZE;\n\(statement);"
    let found = problems([MigrationFile(name: "0001_a.postgres.sql", text: text)])
    #expect(found.count == 1)
    let verb = statement.prefix { $0 != " " }
    #expect(found.first?.hasPrefix("0001_a.postgres.sql:3: \(verb)") == true)
    #expect(found.first?.contains("allowed are CREATE INDEX CONCURRENTLY with a name") == true)
    #expect(found.first?.contains("put it into a file of its own, which has a transaction") == true)
    let alone = MigrationFile(name: "0001_a.postgres.sql", text: statement)
    #expect(problems([alone]).isEmpty)
  }

  @Test func withoutATransactionACommitIsStillTheMigratorsAlone() {
    let text = "-- transaction: no\nCOMMIT;"
    let found = problems([MigrationFile(name: "0001_a.postgres.sql", text: text)])
    #expect(found == ["0001_a.postgres.sql:2: the migrator owns the transaction: COMMIT"])
  }

  @Test func sqliteAlwaysMigratesInATransaction() {
    let file = MigrationFile(name: "0001_a.sqlite.sql", text: "-- transaction: no\nSELECT 1")
    #expect(problems([file], .sqlite).count == 1)
  }

  @Test func releasesAreOrderedByNumberNotByText() throws {
    let old = try #require(Release("2026.9.10"))
    let new = try #require(Release("2026.11.0"))
    #expect(old < new)
    #expect(Release("2026.11") == nil)
    #expect(Release("v1.2.3") == nil)
  }
}
