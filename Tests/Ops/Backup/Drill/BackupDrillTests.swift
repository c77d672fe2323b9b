import Core
import JSON
import ObjectStorage
import POSIX
import TestSupport
import Testing

@testable import Ops

struct BackupDrillTests {
  @Test(arguments: [[BackupFile.Content.custom], [.plain], [.custom, .plain]])
  func aBackupThatComesBackAsItWasIsProven(_ formats: [BackupFile.Content]) throws {
    let site = try BackupSite()
    let manifest = try site.take(formats)
    let report = try site.drill(manifest.id)
    #expect(report.isProven, "\(report.restored.map(\.differences))")
    #expect(report.restored.map(\.content) == formats)
    #expect(report.rows > 500 && report.proof == .digest)
    #expect(try site.entry(manifest.id)?.state == .proven)
    #expect(try File.list(site.directory.path) == [])
  }

  @Test func anArchiveOfOrdinaryThingsNeedsNoSuperuser() throws {
    let site = try BackupSite(sql: "CREATE TABLE a AS SELECT 1 AS n; CREATE SEQUENCE b;")
    let report = try site.drill(try site.take().id)
    #expect(report.isProven && report.restored.first?.withoutSuperuser == true)
  }

  @Test func whatOnlyASuperuserCanRestoreIsRestoredByOne() throws {
    let site = try BackupSite(
      sql: "CREATE EXTENSION postgres_fdw; CREATE TABLE a AS SELECT 1 AS n;")
    let report = try site.drill(try site.take().id)
    #expect(report.isProven, "\(report.restored)")
    #expect(report.restored.first?.withoutSuperuser == false)
  }

  @Test(arguments: [
    ("UPDATE orders SET note = 'changed' WHERE id = 250", "table public.orders"),
    ("DELETE FROM parts WHERE n = 2", "table public.parts_2026: 2 rows"),
    ("SELECT nextval('tickets')", "sequence public.tickets"),
    ("SELECT lo_put(oid, 0, 'A') FROM pg_largeobject_metadata", "large objects"),
    ("DROP POLICY seen ON orders", "the schema"),
    ("ALTER SEQUENCE tickets INCREMENT BY 7 CYCLE", "the schema"),
  ])
  func oneThingThatIsNotAsItWasIsNotProven(_ change: String, _ words: String) throws {
    let site = try BackupSite()
    let before = try site.take()
    try site.server.sql(change, in: site.database)
    let after = try site.take()
    let mixed = try site.publish(filesOf: after, proofOf: before)
    let report = try site.drill(mixed.id)
    #expect(!report.isProven)
    let differences = report.restored.flatMap(\.differences)
    #expect(differences.contains { $0.contains(words) }, "\(differences)")
    #expect(try site.entry(mixed.id)?.state == .uploaded)
  }

  @Test(arguments: [("counts", false), ("none", false), ("digest", true)])
  func whatHasNoContentsOfRowsIsComparedAndNotCalledProven(
    _ proof: String, _ isSchemaOnly: Bool
  ) throws {
    let site = try BackupSite()
    var options = PostgresBackupOptions()
    options.proofMode = try #require(Proof.Mode(rawValue: proof))
    options.isSchemaOnly = isSchemaOnly
    let manifest = try site.take(options)
    let report = try site.drill(manifest.id)
    #expect(report.isSame && !report.isProven, "\(report.restored)")
    #expect(report.exitCode == .inconclusive)
    #expect(report.lines[0].hasPrefix("not proven, but the same"))
    #expect(try site.entry(manifest.id)?.state == .uploaded)
  }

  @Test func aDumpThatAServerRefusesIsReportedWithItsWords() throws {
    let site = try BackupSite(sql: BackupSite.contradiction)
    let manifest = try site.take([.custom, .plain])
    let report = try site.drill(manifest.id)
    #expect(!report.isSame && !report.isConclusive)
    let failures = report.restored.compactMap(\.failure)
    #expect(failures.count == 2, "\(report.restored)")
    #expect(failures.allSatisfy { $0.contains("violates check constraint") }, "\(failures)")
    #expect(report.lines.contains { $0.contains("could not be restored") }, "\(report.lines)")
    #expect(report.markdown.contains("**The backup could not be restored.**"))
  }

  /// Texts that are not UTF-8, and texts that have no encoding at all.
  @Test(arguments: ["LATIN1", "SQL_ASCII"])
  func aDatabaseInAnotherEncodingIsProven(_ encoding: String) throws {
    let site = try BackupSite(sql: "SELECT 1", encoding: encoding)
    try site.server.sql(
      "CREATE TABLE words AS SELECT convert_from('\\x66fc72', '\(encoding)') AS word",
      in: site.database)
    let manifest = try site.take([.custom, .plain])
    #expect(manifest.locale?.encoding == encoding)
    let report = try site.drill(manifest.id)
    #expect(report.isProven, "\(report.restored)")
  }

  @Test func aScriptThatNamesRolesIsProvenWithoutTheRolesOfTheCluster() throws {
    let site = try BackupSite(sql: "SELECT 1")
    let role = "owner_\(site.database)"
    try site.server.sql(
      "CREATE ROLE \(role); CREATE TABLE a AS SELECT 1 AS n; ALTER TABLE a OWNER TO \(role)",
      in: site.database)
    var options = PostgresBackupOptions()
    options.formats = [.plain]
    options.hasGlobals = false
    let report = try site.drill(try site.take(options).id)
    #expect(report.isProven, "\(report.restored)")
  }

  @Test func aWrongByteEndsTheDrillAndTheProof() throws {
    let site = try BackupSite()
    let manifest = try site.take()
    #expect(try site.drill(manifest.id).isProven)
    let whole = try #require(try site.entry(manifest.id))
    try site.catalog.note(
      BackupMark(
        stage: .bytesVerified, id: manifest.id, manifestSHA256: whole.manifestSHA256,
        at: Timestamp.now(), duration: .seconds(1), tool: "test", details: .null))
    try site.change(manifest.files[0].key) { $0[$0.count / 2] ^= 1 }
    let error = #expect(throws: BackupError.self) { try site.drill(manifest.id) }
    #expect(error?.exitCode == .verificationFailed)
    #expect(try site.entry(manifest.id)?.state == .uploaded)
  }

  @Test func anotherBackupsObjectIsNotThisOnes() throws {
    let site = try BackupSite()
    let first = try site.take()
    try site.server.sql("UPDATE orders SET paid = true WHERE id = 1", in: site.database)
    let second = try site.take()
    let swapped = try site.storage.read(
      try #require(ObjectKey(second.files[0].key)), bytesMax: 64 * 1024 * 1024)
    try site.storage.put(swapped, at: try #require(ObjectKey(first.files[0].key)))
    #expect(throws: BackupError.self) { try site.drill(first.id) }
    #expect(try site.entry(first.id)?.state == .uploaded)
  }

  @Test func anEncryptedBackupNeedsItsKey() throws {
    let site = try BackupSite()
    let keys = try BackupSite.keyPair()
    let manifest = try site.take([.custom, .plain], encryptTo: [keys.recipient])
    let refusal = #expect(throws: RestoreError.noIdentity(manifest.id)) {
      try site.drill(manifest.id)
    }
    #expect(refusal?.exitCode == .refused)
    let report = try site.drill(manifest.id, identity: keys.identity)
    #expect(report.isProven, "\(report.restored.map(\.differences))")
  }

  @Test func aWrongKeyIsToldAndSaysNothingOfTheBackup() throws {
    let site = try BackupSite()
    let manifest = try site.take(encryptTo: [try BackupSite.keyPair().recipient])
    let error = #expect(throws: RestoreError.self) {
      try site.drill(manifest.id, identity: try BackupSite.keyPair().identity)
    }
    #expect(error?.findings[0].message.contains("no identity matched") == true)
    #expect(try site.entry(manifest.id)?.state == .uploaded)
    #expect(try File.list(site.directory.path) == [])
  }

  @Test func aDrillThatIsStoppedLeavesNothing() throws {
    let interruption = Interruption()
    let site = try BackupSite(
      WatchedStorage { key in
        if key.text.hasSuffix(".pgdump") { interruption.raise("SIGTERM") }
      })
    let manifest = try site.take()
    #expect(throws: Interrupted(reason: "SIGTERM")) {
      try site.drill(manifest.id, interruption)
    }
    #expect(try File.list(site.directory.path) == [])
    #expect(try site.entry(manifest.id)?.state == .uploaded)
  }

  /// Whatever the server says of a question that was cancelled.
  @Test func aComparisonThatIsStoppedIsToldAsThat() throws {
    let site = try BackupSite()
    let locker = try ShellService(
      script: """
        psql -X -q -d "$URL" <<'SQL' &
        BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60);
        SQL
        psql=$!
        until psql -X -q -At -d "$URL" -c "SELECT count(*) FROM pg_locks WHERE granted
          AND mode = 'AccessExclusiveLock' AND relation = 'orders'::regclass" | grep -q 1
        do sleep 0.1; done
        echo ready
        cat >/dev/null
        kill $psql
        """, variables: ["URL": site.url])
    let interruption = Interruption()
    let waiter = try WorkThread.start("raise") {
      let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
      let deadline = Deadline.after(.seconds(60))
      while !deadline.hasPassed {
        if let count = try? site.server.sql(waiting, in: site.database), !count.hasPrefix("0") {
          break
        }
        WorkThread.sleep(.milliseconds(50))
      }
      interruption.raise("SIGTERM")
    }
    #expect(throws: Interrupted(reason: "SIGTERM")) {
      try PostgresProofReader.read(
        BackupSite.address(site.url), .digest, isSchemaOnly: false, interruption)
    }
    waiter.join()
    locker.stop()
  }

  @Test func rolesOfADumpAreReadAndNothingElseOfIt() {
    let text = """
      CREATE ROLE plain;
      ALTER ROLE plain WITH SUPERUSER;
      CREATE ROLE "with ""quotes""; and more";
      CREATE ROLE x; DROP DATABASE y;
      CREATE TABLESPACE fast LOCATION '/fast';
      """
    #expect(DumpedRoles.read(text).map(\.name) == ["plain", "with \"quotes\"; and more"])
  }

  @Test func aRoleOfADumpIsMadeWithoutPasswordAndSuperuser() {
    let text = """
      CREATE ROLE app;
      ALTER ROLE app WITH SUPERUSER NOINHERIT CREATEROLE LOGIN PASSWORD 'LOGIN ''x';
      CREATE ROLE "the team";
      ALTER ROLE "the team" WITH NOSUPERUSER INHERIT NOLOGIN;
      GRANT "the team" TO app GRANTED BY postgres;
      """
    let roles = DumpedRoles.read(text)
    #expect(
      roles.map(\.statement) == [
        "CREATE ROLE \"app\" LOGIN NOINHERIT", "CREATE ROLE \"the team\"",
      ])
    #expect(roles.map(\.groups) == [["the team"], []])
  }

  @Test(arguments: [
    ("psql (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)", true), ("psql (PostgreSQL) 15.18", false),
    ("psql (PostgreSQL) 13.23", false), ("psql (PostgreSQL) 18.6", true),
    ("psql (PostgreSQL) 19beta1", true), ("nonsense", false),
  ])
  func aPsqlThatRunsHiddenCommandsIsRefused(_ version: String, _ isSafe: Bool) {
    let passes = (try? PsqlSafety.check(version: version)) != nil
    #expect(passes == isSafe)
  }
}
