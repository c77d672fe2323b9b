import Core
import JSON
import Migrations
import POSIX
import SQL
import Schema
import Synchronization
import TestSupport
import Testing

@testable import Ops

@Suite struct MigrateCommandTests {
  @Test(arguments: Dialect.allCases)
  func applyBringsTheSchemaUpAndStatusShowsIt(dialect: Dialect) throws {
    let site = try MigrationSite(dialect)
    let option = ["--database", site.address]
    let before = site.ops(["status"] + option)
    #expect(before.code == .done)
    #expect(try before.output.contains(Regex("0001 +create_birthdays +expand +pending +-")))
    let applied = site.ops(["apply"] + option)
    #expect(applied.code == .done)
    #expect(
      applied.output.hasSuffix(
        ": \(EmbeddedMigrations.files.count / 2) applied, the schema is current\n"))
    #expect(applied.error.contains("applied 0001_create_birthdays.\(dialect.rawValue).sql in "))
    let again = site.ops(["apply"] + option)
    #expect(again.code == .done)
    #expect(again.output.hasSuffix(": nothing to apply, the schema is current\n"))
    let after = site.ops(["status"] + option)
    #expect(try after.output.contains(Regex("0001 +create_birthdays +expand +applied +20")))
    #expect(after.output.hasSuffix(": current\n"))
  }

  @Test(arguments: Dialect.allCases)
  func theResultsArePrintedAsJSON(dialect: Dialect) throws {
    let site = try MigrationSite(dialect)
    let applied = try JSONReader.read(
      site.ops(["apply", "--json", "--database", site.address]).output)
    #expect(applied.members?.map(\.name) == ["database", "schema", "applied"])
    let step = try #require(applied["applied"]?.elements?.first)
    #expect(step.members?.map(\.name) == ["version", "name", "file", "phase", "milliseconds"])
    #expect(step["version"]?.number == 1)
    #expect(applied["schema"]?["state"]?.text == "current")
    let status = try JSONReader.read(
      site.ops(["status", "--json", "--database", site.address]).output)
    #expect(status["schema"]?["usable"]?.truth == true)
    let row = try #require(status["migrations"]?.elements?.first)
    #expect(
      row.members?.map(\.name) == ["version", "name", "phase", "state", "appliedAt", "release"])
    #expect(row["state"]?.text == "applied")
    #expect(row["release"]?.text == Version.current)
  }

  @Test(arguments: Dialect.allCases)
  func anAppliedFileThatIsNotOursEndsWithItsCode(dialect: Dialect) throws {
    let site = try MigrationSite(dialect)
    _ = site.ops(["apply", "--database", site.address])
    try site.change("UPDATE migration_history SET checksum = 'other'")
    #expect(site.ops(["apply", "--database", site.address]).code == .migrationChecksum)
    let status = site.ops(["status", "--database", site.address])
    #expect(status.code == .migrationChecksum)
    #expect(status.output.contains("changed"))
  }

  @Test(arguments: Dialect.allCases)
  func aSchemaThatANewerReleaseBrokeEndsWithItsCode(dialect: Dialect) throws {
    let site = try MigrationSite(dialect)
    _ = site.ops(["apply", "--database", site.address])
    try site.change(
      """
      INSERT INTO migration_history (version, name, phase, checksum, raw_checksum,
        statement_checksums, dialect, started_at, release, statement_index, min_release)
      SELECT 9999, 'drop_all', 'contract', checksum, raw_checksum, statement_checksums, dialect,
        started_at, '9999.0.0', 1, '9999.0.0' FROM migration_history WHERE version = 1
      """)
    #expect(site.ops(["apply", "--database", site.address]).code == .migrationIncompatible)
    let status = site.ops(["status", "--database", site.address])
    #expect(status.code == .migrationIncompatible)
    #expect(try status.output.contains(Regex("9999 +drop_all +contract +newer")))
  }

  @Test func aVersionThatThisReleaseDoesNotHaveIsIncompatible() throws {
    let site = try MigrationSite(.sqlite)
    let result = site.ops(["apply", "--database", site.address, "--to", "4711"])
    #expect(result.code == .migrationIncompatible)
    #expect(result.error.contains("this release has no migration 4711"))
  }

  @Test func theHolderOfTheLockIsNamed() throws {
    let site = try MigrationSite(.postgres)
    let endless = MigrationFile(name: "0001_endless.sql", text: "SELECT pg_sleep(600);")
    let holder = site.run([endless])
    let isUnderWay = Atomic(false)
    try Crowd.run(2) { index in
      if index == 0 {
        #expect(throws: MigrationError.interrupted) {
          try holder.apply { event in
            if case .statement = event { isUnderWay.store(true, ordering: .releasing) }
          }
        }
      } else {
        defer { holder.cancel() }
        try Crowd.wait { isUnderWay.load(ordering: .acquiring) }
        let result = site.ops(["apply", "--database", site.address, "--lock-wait", "300ms"])
        #expect(result.code == .migrationLocked)
        #expect(result.error.contains("waiting for another migration since 0 s\n  held by process"))
        let name = "held by process \\d+ \\(slipway-migrate .*\\) since \\d+ s: .*pg_sleep"
        #expect(try result.error.contains(Regex(name)))
      }
    }
  }

  @Test func aFileThatSomebodyElseWritesIsWaitedForAndThenLocked() throws {
    let site = try MigrationSite(.sqlite)
    let other = try site.url.open()
    defer { other.close() }
    try other.transaction(.write, deadline: .after(.seconds(30))) { _ in
      let result = site.ops(["apply", "--database", site.address, "--lock-wait", "200ms"])
      #expect(result.code == .migrationLocked)
      #expect(result.error.contains("locked by somebody else for "))
    }
    #expect(site.ops(["apply", "--database", site.address]).code == .done)
  }

  @Test func aDatabaseThatIsAwayEndsWithItsCodeAndTheLastReason() throws {
    let site = try MigrationSite(.sqlite)
    let address = "postgres://slipway@127.0.0.1:\(try FreePort.find())/none"
    let result = site.ops(["apply", "--database", address, "--wait", "2s"])
    #expect(result.code == .migrationConnection)
    #expect(result.error.contains("Connection refused"))
    let words = "waiting for the database"
    #expect(result.error.split(separator: "\n").count { $0.hasPrefix(words) } == 1)
  }

  @Test func statusMakesNoFile() throws {
    let site = try MigrationSite(.sqlite)
    let path = site.directory.file("none.sqlite")
    #expect(site.ops(["status", "--database", "sqlite:///\(path)"]).code == .migrationConnection)
    #expect(!File.exists(path))
  }

  @Test(arguments: [
    "mysql://slipway:hunter2@db/x", "postgres://slipway:hunter2@db:port/x", "hunter2",
    "postgres://slipway:hunter2@db:5432/x?connect_timeout",
  ])
  func aWrongAddressIsRefusedWithoutItsPassword(address: String) throws {
    let site = try MigrationSite(.sqlite)
    let result = site.ops(["apply", "--database", address])
    #expect(result.code == .configuration)
    #expect(result.error.contains("--database: database URL"))
    #expect(!result.error.contains("hunter2"))
  }

  @Test func aPasswordOnTheCommandLineIsWarnedOfAndRefusedInCI() throws {
    let site = try MigrationSite(.postgres)
    let address = site.address.replacing("slipway@", with: "slipway:hunter2@")
    let local = site.ops(["status", "--database", address])
    #expect(local.code == .done)
    #expect(local.error.contains("warning: every user of this machine can read"))
    let ci = site.ops(["status", "--database", address], environment: ["CI": "true"])
    #expect(ci.code == .usage)
    #expect(!(local.output + local.error + ci.error).contains("hunter2"))
  }

  @Test func theAddressIsTakenFromAVariableOrAFile() throws {
    let site = try MigrationSite(.sqlite)
    let path = site.directory.file("address")
    try File.write(Array("\(site.address)\n".utf8), to: path, mode: File.ownerOnly)
    let file = site.ops(["apply", "--database", "file:\(path)"], environment: ["CI": "true"])
    #expect(file.code == .done)
    let variable = site.ops(
      ["status", "--database", "env:ADDRESS"], environment: ["ADDRESS": site.address])
    #expect(variable.output.hasSuffix(": current\n"))
    let missing = site.ops(["status", "--database", "env:ADDRESS"])
    #expect(missing.code == .configuration)
    #expect(missing.error.contains("the variable ADDRESS is to hold the database's address"))
    #expect(site.ops(["status", "--database", "file:/none"]).code == .configuration)
  }

  @Test func aLocalEnvironmentHasItsDatabaseInItsFolder() throws {
    let site = try MigrationSite(.sqlite)
    let platform = """
      service: { name: slipway, image: example.org/slipway, port: 8080 }
      environments:
        local: { target: local, database: sqlite }
        staging:
          target: helm
          context: staging
          namespace: staging
          host: staging.example.com
          database: bundled
      """
    try File.write(Array(platform.utf8), to: site.directory.file("platform.yaml"))
    #expect(site.ops(["apply"]).code == .done)
    #expect(File.exists(site.directory.file(".slipway/local/slipway.sqlite")))
    #expect(site.ops(["status", "--env", "local"]).output.hasSuffix(": current\n"))
    let staging = site.ops(["status", "--env", "staging"])
    #expect(staging.code == .usage)
    #expect(staging.error.contains("--database env:NAME"))
    #expect(site.ops(["status", "--env", "nowhere"]).code == .usage)
  }
}
