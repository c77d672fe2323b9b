import Core
import Crypto
import JSON
import ObjectStorage
import POSIX
import SQL
import Subprocess
import TestSupport
import Testing

@testable import Ops

struct BackupRestoreTests {
  private let store = TemporaryDirectory()

  private var storage: any ObjectStorage { FileStorage(store.path) }

  private func ops(
    _ words: [String], environment: [String: String] = [:]
  ) -> TestProgram.Result {
    TestProgram.run(
      words: ["backup"] + words + ["--store", "file://" + store.path, "--name", "orders"],
      tree: Ops.commands, environment: environment)
  }

  private func tables(_ site: BackupSite, _ database: String) throws -> String {
    try site.server.sql(
      "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
      in: database
    ).filter { $0.isNumber }
  }

  @Test func aLostDatabaseComesBackFromTheNewestThatIsProven() throws {
    let site = try BackupSite(storage)
    let proven = try site.take([.custom, .plain])
    #expect(ops(["drill", "--scratch", site.directory.path]).code == .done)
    try site.server.sql("DELETE FROM orders", in: site.database)
    try site.take()
    let target = try site.emptyDatabase()
    let result = ops(["restore", "--database", site.server.url(of: target), "--json"])
    #expect(result.code == .done, "\(result)")
    let report = try JSONReader.read(result.output)
    #expect(report["backup"]?.text == proven.id.text)
    #expect(report["differences"]?.elements?.isEmpty == true)
    let rows = try site.server.sql("SELECT count(*) FROM orders", in: target)
    #expect(rows.hasPrefix("500"))
  }

  @Test func whatWasNeverRestoredIsRefusedUnlessThatIsSaid() throws {
    let site = try BackupSite(storage)
    let manifest = try site.take([.plain])
    let target = site.server.url(of: try site.emptyDatabase())
    let words = ["restore", "--database", target]
    #expect(ops(words).code == .refused)
    let named = ops(words + [manifest.id.text])
    #expect(named.code == .refused && named.error.contains("--allow-unproven"))
    let result = ops(words + ["--allow-unproven"])
    #expect(result.code == .done, "\(result)")
    #expect(result.output.contains("it holds what the original held"))
  }

  @Test func aBackupWithoutATableIsRestoredOnlyWhereThatIsSaid() throws {
    let site = try BackupSite(storage)
    let whole = try site.take()
    #expect(ops(["drill", "--scratch", site.directory.path]).code == .done)
    var options = PostgresBackupOptions()
    options.excludedTables = [QualifiedName(schema: "public", name: "odd \"name")]
    let partial = try site.take(options)
    let drilled = ops(["drill", "--scratch", site.directory.path])
    #expect(drilled.code == .done && drilled.output.contains("\(whole.id)"), "\(drilled)")
    let passedOver = "warning: 1 newer backup passed over that was taken without"
    #expect(drilled.error.contains(passedOver), "\(drilled)")
    #expect(ops(["drill", partial.id.text, "--scratch", site.directory.path]).code == .done)
    #expect(try site.entry(partial.id)?.state == .proven)
    let words = ["restore", "--database", site.server.url(of: try site.emptyDatabase())]
    let named = ops(words + [partial.id.text])
    #expect(named.code == .refused && named.error.contains("--allow-partial"), "\(named)")
    let newest = ops(words)
    #expect(newest.output.contains("restored \(whole.id)"), "\(newest)")
    #expect(newest.error.contains(passedOver), "\(newest)")
    #expect(newest.error.contains("name it, with --allow-partial"), "\(newest)")
    let other = ["restore", "--database", site.server.url(of: try site.emptyDatabase())]
    let said = ops(other + ["--allow-partial"])
    #expect(said.output.contains("it was taken without public."), "\(said)")
    #expect(!said.error.contains("passed over"), "\(said)")
  }

  @Test(arguments: [["--no-owner"], ["--jobs", "2"]])
  func whatATextCanNotDoIsRefused(_ options: [String]) throws {
    let site = try BackupSite(storage)
    try site.take([.plain])
    let target = try site.emptyDatabase()
    let result = ops(
      ["restore", "--allow-unproven", "--database", site.server.url(of: target)] + options)
    #expect(result.code == .configuration, "\(result)")
    #expect(try tables(site, target) == "0")
  }

  @Test func aDumpOfANewerMajorIsNotTriedOnAnOlderServer() throws {
    let site = try BackupSite(storage)
    let manifest = try site.take()
    try site.change(site.catalog.keys.manifest(manifest.id).text) { bytes in
      bytes = Array(
        String(decoding: bytes, as: UTF8.self)
          .replacing("\"pg_dump\": \"\(PostgresServer.major).", with: "\"pg_dump\": \"99.").utf8)
    }
    let target = site.server.url(of: try site.emptyDatabase())
    let words = ["restore", "--allow-unproven", "--database", target]
    let result = ops(words)
    #expect(result.code == .refused, "\(result)")
    #expect(result.error.contains("PostgreSQL 99 or newer"), "\(result)")
    // Told to try it, it looks for programs that read the dump.
    #expect(ops(words + ["--older-server"]).code == .configuration)
  }

  /// What a restore knows of the database itself.
  private func settings(_ site: BackupSite, _ database: String) throws -> DatabaseSettings {
    let opened = DrillServer.open(try BackupSite.address(site.server.url(of: database)))
    defer { opened.close() }
    return try opened.session(deadline: .after(.seconds(60))) { try DatabaseSettings.read($0) }
  }

  @Test func whatTheDatabaseItselfWasSetToComesBack() throws {
    let site = try BackupSite(storage)
    let name = site.database
    for text in [
      "SET search_path TO \"$user\", \"odd, schema\", public", "SET timezone TO 'Asia/Tokyo'",
      "SET app.motto TO 'it''s, \"quoted\"'", "SET default_transaction_read_only TO on",
    ] {
      try site.server.sql("ALTER DATABASE \(name) \(text)", in: "postgres")
    }
    try site.server.sql(
      """
      ALTER ROLE "odd ""role" IN DATABASE \(name) SET search_path TO '';
      COMMENT ON DATABASE \(name) IS 'it''s ours'; REVOKE CONNECT ON DATABASE \(name) FROM PUBLIC;
      GRANT CONNECT ON DATABASE \(name) TO "odd ""role" WITH GRANT OPTION
      """, in: "postgres")
    try site.take([.plain])
    let target = try site.emptyDatabase()
    let result = ops([
      "restore", "--allow-unproven", "--database", site.server.url(of: target),
    ])
    #expect(result.code == .done && !result.output.contains("NOT brought"), "\(result)")
    let (wanted, found) = (try settings(site, name), try settings(site, target))
    #expect(found == wanted)
    #expect(wanted.settings.count == 5 && wanted.grants?.count == 2 && wanted.comment != nil)
    let kept = String(
      decoding: try storage.read(
        site.catalog.keys.manifest(
          try #require(
            try site.catalog.list().entries.first?.id)), bytesMax: 1 << 20), as: UTF8.self)
    #expect(!kept.contains("motto"))
  }

  @Test func aRoleThatTheServerLacksIsNamedAndMadeWhereThatIsSaid() throws {
    let site = try BackupSite(storage)
    let role = "gone_\(site.database)"
    try site.server.sql(
      """
      CREATE ROLE \(role) LOGIN SUPERUSER; CREATE ROLE \(role)_reader;
      GRANT \(role)_reader TO \(role);
      ALTER TABLE left_one OWNER TO \(role); GRANT SELECT ON right_one TO \(role)_reader
      """, in: site.database)
    try site.take()
    try site.server.sql(
      """
      ALTER TABLE left_one OWNER TO slipway; DROP OWNED BY \(role), \(role)_reader;
      DROP ROLE \(role), \(role)_reader
      """, in: site.database)
    let target = try site.emptyDatabase()
    let words = ["restore", "--allow-unproven", "--database", site.server.url(of: target)]
    let refused = ops(words)
    #expect(refused.code == .refused, "\(refused)")
    #expect(refused.error.contains("\(role), \(role)_reader"), "\(refused)")
    #expect(try tables(site, target) == "0")
    let result = ops(words + ["--roles"])
    #expect(result.code == .done, "\(result)")
    let found = try site.server.sql(
      """
      SELECT rolcanlogin, rolsuper, pg_has_role(oid, '\(role)_reader', 'MEMBER'),
        (SELECT tableowner FROM pg_tables WHERE tablename = 'left_one')
      FROM pg_roles WHERE rolname = '\(role)'
      """, in: target)
    #expect(found.hasPrefix("t|f|t|\(role)\n"), "\(found)")
  }

  @Test func aScriptThatForbidsNothingStartsNoProgram() throws {
    let site = try BackupSite(storage)
    let manifest = try site.take([.plain])
    let trace = site.directory.file("trace")
    let script = site.directory.file("script")
    let text = "SELECT 1;\n\\! touch \(trace)\n-- PostgreSQL database dump complete\n"
    try File.write(Array(text.utf8), to: script)
    try ShellService.run(["gzip", script])
    let bytes = try File.read(script + ".gz")
    let extent = BackupFile.Extent(
      bytes: Int64(bytes.count), sha256: Hexadecimal.encode(SHA256.hash(bytes)))
    let file = BackupFile(
      content: .plain, key: manifest.files[0].key, clear: extent, stored: extent, parts: [extent])
    try storage.put(bytes, at: try #require(ObjectKey(file.key)))
    let changed = BackupManifest(
      id: manifest.id, database: manifest.database, kind: manifest.kind, source: manifest.source,
      serverVersion: manifest.serverVersion, tools: manifest.tools,
      snapshotAt: manifest.snapshotAt, startedAt: manifest.startedAt,
      finishedAt: manifest.finishedAt, files: [file], recipients: [], excludedTables: [],
      isSchemaOnly: false, proof: manifest.proof, locale: manifest.locale)
    try storage.put(changed.bytes, at: site.catalog.keys.manifest(manifest.id))
    let target = site.server.url(of: try site.emptyDatabase())
    let result = ops(["restore", "--database", target, "--allow-unproven"])
    #expect(result.code == .failure && result.error.contains("restricted"), "\(result)")
    #expect(!File.exists(trace))
  }

  @Test func aDatabaseThatHoldsSomethingIsRefusedAndLeftAlone() throws {
    let site = try BackupSite(storage)
    try site.take()
    let target = try site.emptyDatabase()
    try site.server.sql("CREATE TABLE mine (n int)", in: target)
    let words = ["restore", "--allow-unproven", "--database", site.server.url(of: target)]
    let result = ops(words)
    #expect(result.code == .refused && result.error.contains("mine"), "\(result)")
    #expect(try tables(site, target) == "1")
    let forced = ops(words + ["--into-existing"])
    #expect(forced.code == .done && forced.output.contains("NOT COMPARED"), "\(forced)")
    #expect(try tables(site, target) != "1")
  }

  @Test(arguments: [[BackupFile.Content.custom], [.plain]], [0.1, 0.5, 0.999])
  func aWrongByteLeavesTheDatabaseAsItWas(
    _ formats: [BackupFile.Content], _ place: Double
  ) throws {
    let site = try BackupSite(storage)
    let manifest = try site.take(formats)
    try site.change(manifest.files[0].key) { $0[Int(Double($0.count) * place)] ^= 0x20 }
    let target = try site.emptyDatabase()
    let result = ops(["restore", "--allow-unproven", "--database", site.server.url(of: target)])
    #expect(result.code == .verificationFailed, "\(result)")
    #expect(try tables(site, target) == "0")
  }

  @Test func aTruncatedObjectLeavesTheDatabaseAsItWas() throws {
    let site = try BackupSite(storage)
    let manifest = try site.take()
    try site.change(manifest.files[0].key) { $0.removeLast(100) }
    let target = try site.emptyDatabase()
    let result = ops(
      [
        "restore", manifest.id.text, "--allow-unproven", "--database",
        site.server.url(of: target),
      ])
    #expect(result.code == .verificationFailed, "\(result)")
    #expect(try tables(site, target) == "0")
  }

  @Test func severalTablesAtOnceComeFromAFileThatIsGoneAfterwards() throws {
    let site = try BackupSite(storage)
    try site.take()
    let target = try site.emptyDatabase()
    let result = ops([
      "restore", "--allow-unproven", "--jobs", "2", "--scratch", site.directory.path, "--database",
      site.server.url(of: target),
    ])
    #expect(result.code == .done, "\(result)")
    #expect(try File.list(site.directory.path) == [])
  }

  @Test func twoRestoresOfOneBackupAtOnceDoNotMeet() throws {
    let site = try BackupSite(storage)
    try site.take()
    let commands = try (0..<2).map { _ in
      [
        "backup", "restore", "--allow-unproven", "--jobs", "2", "--scratch", site.directory.path,
        "--database", site.server.url(of: try site.emptyDatabase()), "--store",
        "file://" + store.path, "--name", "orders",
      ]
    }
    let results = WorkThread.map(commands, "restore") {
      TestProgram.run(words: $0, tree: Ops.commands)
    }
    #expect(results.map(\.code) == [.done, .done], "\(results)")
    #expect(try File.list(site.directory.path) == [])
  }

  @Test func dataOfAnotherEnvironmentWantsItsTargetTypedOut() throws {
    let site = try BackupSite(storage)
    try site.take()
    let target = try site.emptyDatabase()
    let address = site.server.url(of: target)
    let platform = TemporaryDirectory()
    try File.write(Array(Self.platform(store.path).utf8), to: platform.file("platform.yaml"))
    let words = [
      "backup", "restore", "--env", "copy", "--from-env", "orders", "--database", address,
      "--allow-unproven",
    ]
    func run(_ more: [String]) -> TestProgram.Result {
      TestProgram.run(words: words + more, tree: Ops.commands, directory: platform.path)
    }
    #expect(run([]).code == .refused)
    #expect(run(["--confirm", "orders"]).code == .refused)
    #expect(try tables(site, target) == "0")
    let result = run(["--confirm", "copy"])
    #expect(result.code == .done, "\(result)")
  }

  @Test func anotherNameThanTheEnvironmentsWantsItsTargetTypedOut() throws {
    let site = try BackupSite(storage)
    try site.take()
    let target = try site.emptyDatabase()
    let platform = TemporaryDirectory()
    try File.write(Array(Self.platform(store.path).utf8), to: platform.file("platform.yaml"))
    func run(_ more: [String]) -> TestProgram.Result {
      TestProgram.run(
        words: [
          "backup", "restore", "--env", "copy", "--store", "file://" + store.path, "--name",
          "orders", "--database", site.server.url(of: target), "--allow-unproven",
        ] + more, tree: Ops.commands, directory: platform.path)
    }
    #expect(run([]).code == .refused)
    #expect(try tables(site, target) == "0")
    let result = run(["--confirm", "copy"])
    #expect(result.code == .done, "\(result)")
  }

  @Test func ofSeveralDatabasesThatTakeTurnsOneHasToBeNamed() throws {
    let (site, other) = (try BackupSite(storage), try BackupSite(storage))
    try site.take()
    try other.take()
    let target = site.server.url(of: try site.emptyDatabase())
    let words = ["restore", "--allow-unproven", "--database", target]
    // A database that was restored elsewhere goes on under its name.
    #expect(try site.catalog.list().isMixed == false)
    let last = try site.take()
    let result = ops(words)
    #expect(result.code == .refused && result.error.contains("take turns"), "\(result)")
    #expect(ops(words + [last.id.text]).code == .done)
  }

  private static func platform(_ store: String) -> String {
    """
    service: { name: orders, image: ghcr.io/example/orders }
    environments:
      orders:
        target: local
        backup: { schedule: '1 2 * * *', store: 'file://\(store)', keep: { last: 3 } }
      copy:
        target: local
        port: 8081
    """
  }

  @Test func aRestoreWhoseProgramIsKilledLeavesTheDatabaseAsItWas() throws {
    let target = Guarded("")
    let site = try BackupSite(
      WatchedStorage { key in
        if key.text.hasSuffix(".pgdump") { Self.killRestore(of: target.withLock { $0 }) }
      })
    let manifest = try site.take()
    let database = try site.emptyDatabase()
    target.withLock { $0 = database }
    let entry = try #require(try site.entry(manifest.id))
    var rules = BackupRecovery.Rules()
    rules.allowsUnproven = true
    let recovery = BackupRecovery(
      place: site.place, entry: entry, target: try DatabaseURL(site.server.url(of: database)),
      rules: rules, interruption: Interruption(), scratch: site.directory.path)
    #expect(throws: (any Error).self) { try recovery.run() }
    #expect(try tables(site, database) == "0")
  }

  /// Kills the `pg_restore` that goes to `database`, once there is one.
  private static func killRestore(of database: String) {
    let deadline = Deadline.after(.seconds(60))
    while !deadline.hasPassed {
      let numbers = ((try? File.list("/proc")) ?? []).compactMap { Int32($0) }
      for number in numbers {
        let line = (try? File.readText("/proc/\(number)/cmdline")) ?? ""
        if line.contains("pg_restore"), line.contains("dbname='\(database)'"),
          let process = try? ProcessHandle(number)
        {
          process.send(.kill)
          _ = process.waitForEnd(.after(.seconds(10)))
          return
        }
      }
      WorkThread.sleep(.milliseconds(20))
    }
  }
}
