import Core
import JSON
import ObjectStorage
import POSIX
import SQL
import Subprocess
import TestSupport
import Testing

@testable import Ops

struct BackupRunTests {
  private let catalog = { (storage: any ObjectStorage) in
    BackupCatalog(storage, BackupFixtures.keys())
  }

  @Test func everyFormatOfOneSnapshotIsListedAndReadBack() throws {
    let site = try PostgresSite(fixture: true)
    let taken = site.backup(
      "run", "--database", site.url, "--store", site.store, "--format", "both", "--json")
    #expect(taken.code == .done, "\(taken)")
    let manifest = try BackupManifest(Array(taken.output.utf8))
    #expect(manifest.files.map(\.content) == [.custom, .plain, .globals, .settings])
    #expect(manifest.proof.mode == .digest)
    let place = ["--store", site.store, "--name", site.database]
    let listed = site.backup("list", place[0], place[1], place[2], place[3])
    #expect(listed.output.contains("\(manifest.id)  uploaded  "), "\(listed)")
    let verified = site.backup("verify", place[0], place[1], place[2], place[3])
    #expect(verified.code == .done, "\(verified)")
    let shown = site.backup("show", place[0], place[1], place[2], place[3])
    #expect(shown.output.contains("bytes-verified"), "\(shown)")
    #expect(shown.output.contains("digest: 14 tables, 861 rows"), "\(shown)")
  }

  @Test(arguments: StorageServer.Kind.allCases)
  func aStoreThatLooksAtSignaturesTakesIt(_ kind: StorageServer.Kind) throws {
    let site = try PostgresSite()
    try site.fill(mebibytes: 20)
    let server = try StorageServer(kind)
    let profile = kind == .amazon ? "moto" : "openstack"
    let store =
      "s3://\(StorageServer.bucket)/backups?profile=\(profile)&endpoint=\(server.endpoint)"
    let environment = [
      "AWS_ACCESS_KEY_ID": server.accessKeyID, "AWS_SECRET_ACCESS_KEY": server.secret,
      "DATABASE_URL": site.url,
    ]
    let taken = site.backup(
      "run", "--database", "env:DATABASE_URL", "--store", store, "--json", environment: environment)
    #expect(taken.code == .done, "\(taken)")
    let file = try #require(try BackupManifest(Array(taken.output.utf8)).file(.custom))
    #expect(file.parts.count == 2, "\(file.stored)")
    let verified = site.backup(
      "verify", "--store", store, "--name", site.database, environment: environment)
    #expect(verified.code == .done, "\(verified)")
  }

  @Test func aChangedByteIsFoundAndTheBackupIsNoLongerCalledWhole() throws {
    let site = try PostgresSite(fixture: true)
    let storage = MemoryStorage()
    let manifest = try site.run(into: storage).run()
    func verify() throws -> BackupMark {
      try BackupVerification(
        catalog: catalog(storage), entry: try #require(try catalog(storage).list().entries.first),
        programs: ProgramGroup(), environment: ProcessInfo.environment, progress: { _ in }
      ).run()
    }
    _ = try verify()
    #expect(try catalog(storage).list().entries.map(\.state) == [.bytesVerified])
    let key = try #require(manifest.file(.custom).flatMap { ObjectKey($0.key) })
    var bytes = try storage.read(key, bytesMax: 10_000_000)
    bytes[bytes.count / 2] ^= 1
    try storage.put(bytes, at: key)
    let error = try #require(throws: BackupError.self) { try verify() }
    #expect(error.exitCode == .verificationFailed)
    #expect(try catalog(storage).list().entries.map(\.state) == [.uploaded])
  }

  @Test func theProofSeesOneChangedRowWhateverTheOrder() throws {
    let site = try PostgresSite(fixture: true)
    func proof() throws -> Proof {
      let storage = MemoryStorage()
      let manifest = try site.run(into: storage).run()
      return try Proof(
        storage.read(BackupFixtures.keys().proof(manifest.id), bytesMax: Proof.bytesMax))
    }
    let before = try proof()
    _ = try site.sql("UPDATE shop.article SET net = net WHERE id % 2 = 0")
    #expect(before.differences(in: try proof()) == [])
    _ = try site.sql("UPDATE shop.article SET net = net + 1 WHERE id = 50")
    #expect(before.differences(in: try proof()) == [.content(table: "shop.article")])
    _ = try site.sql("SELECT nextval('shop.used')")
    _ = try site.sql("SELECT lo_put(90001, 0, 'S')")
    _ = try site.sql("DROP INDEX shop.article_trigrams")
    let found = before.differences(in: try proof())
    #expect(found.count == 4, "\(found)")
  }

  @Test func tablesAreLeftOutWithTheirPartitions() throws {
    let site = try PostgresSite(fixture: true)
    let storage = MemoryStorage()
    var options = PostgresBackupOptions()
    options.excludedTables = [
      QualifiedName(schema: "shop", name: "cache"),
      QualifiedName(schema: "odd.Schema", name: "Say \"hi\".* ;--"),
    ]
    options.formats = [.plain]
    let manifest = try site.run(into: storage, options).run()
    #expect(manifest.excludedTables == ["\"odd.Schema\".\"Say \"\"hi\"\".* ;--\"", "shop.cache"])
    let proof = try Proof(
      storage.read(BackupFixtures.keys().proof(manifest.id), bytesMax: Proof.bytesMax))
    #expect(proof.tables.count == 12)
    options.excludedTables = [QualifiedName(schema: "shop", name: "event")]
    let error = try #require(throws: BackupError.self) {
      try site.run(into: storage, options).run()
    }
    #expect(error.exitCode == .refused)
    #expect("\(error.findings)".contains("shop.totals needs shop.event"), "\(error)")
  }

  @Test func aTableThatIsNotThereCanNotBeLeftOut() throws {
    let site = try PostgresSite()
    let result = site.backup(
      "run", "--database", site.url, "--store", site.store, "--exclude-table", "public.ordres")
    #expect(result.code == .refused)
    #expect(result.error.contains("there is no public.ordres to leave out"), "\(result)")
  }

  @Test func aDumpThatPoliciesWouldThinIsRefused() throws {
    let site = try PostgresSite(fixture: true)
    let role = "reader_\(site.database)"
    _ = try site.sql("CREATE ROLE \(role) LOGIN; GRANT pg_read_all_data TO \(role)")
    let url = site.url.replacing("slipway@", with: "\(role)@")
    let result = site.backup("run", "--database", url, "--store", site.store)
    #expect(result.code == .refused)
    #expect(result.error.contains("only some rows of shop.tenant"), "\(result)")
    let store = FileStorage(site.directory.file("store"))
    let listing = try BackupCatalog(store, BackupFixtures.keys(site.database)).list()
    #expect(listing.entries == [] && listing.unlisted.count == 1)
  }

  @Test func aRoleThatMayNotReadATableIsToldWhich() throws {
    let site = try PostgresSite()
    let role = "stranger_\(site.database)"
    _ = try site.sql("CREATE TABLE hidden (id integer); CREATE ROLE \(role) LOGIN")
    let url = site.url.replacing("slipway@", with: "\(role)@")
    let result = site.backup("run", "--database", url, "--store", site.store)
    #expect(result.code == .refused)
    #expect(result.error.contains("may not read public.hidden"), "\(result)")
  }

  @Test func aRoleWithoutSuperuserTakesABackup() throws {
    let site = try PostgresSite()
    let role = "owner_\(site.database)"
    _ = try site.sql(
      "CREATE ROLE \(role) LOGIN; ALTER DATABASE \(site.database) OWNER TO \(role); "
        + "GRANT ALL ON SCHEMA public TO \(role); SET ROLE \(role); "
        + "CREATE TABLE mine (id integer); INSERT INTO mine VALUES (1)")
    let url = site.url.replacing("slipway@", with: "\(role)@")
    let result = site.backup("run", "--database", url, "--store", site.store)
    #expect(result.code == .done, "\(result)")
  }

  @Test func ofTwoAtOnceOneIsTurnedAwayAndToldByWhom() throws {
    let site = try PostgresSite()
    guard case .postgres(let address) = try DatabaseURL(site.url) else { return }
    var options = DatabaseOptions()
    options.applicationName = "the other one"
    let other = PostgresDatabase(address: address, options: options)
    defer { other.close() }
    try other.transaction(.read, deadline: .after(.seconds(60))) { connection in
      try PostgresSession(connection: connection).lock()
      let result = site.backup("run", "--database", site.url, "--store", site.store)
      #expect(result.code == .backupLocked)
      #expect(result.error.contains("the other one, process "), "\(result)")
    }
    #expect(site.backup("run", "--database", site.url, "--store", site.store).code == .done)
  }

  @Test func aTableThatSomebodyElseLocksIsWaitedForAndNotForEver() throws {
    let site = try PostgresSite()
    _ = try site.sql("CREATE TABLE busy (id integer)")
    guard case .postgres(let address) = try DatabaseURL(site.url) else { return }
    let other = PostgresDatabase(address: address)
    defer { other.close() }
    try other.transaction(.write, deadline: .after(.seconds(60))) { connection in
      try connection.run(
        script: "LOCK TABLE busy IN ACCESS EXCLUSIVE MODE", named: "lock",
        deadline: .after(.seconds(60)))
      let result = site.backup(
        "run", "--database", site.url, "--store", site.store, "--lock-wait", "1s")
      #expect(result.code == .dumpFailed, "\(result)")
    }
  }

  @Test func aTableThatIsRewrittenMeanwhileIsNotBackedUpEmpty() throws {
    let site = try PostgresSite()
    _ = try site.sql("CREATE TABLE busy AS SELECT n FROM generate_series(1, 100) n")
    let other = PostgresDatabase(address: try BackupSite.address(site.url))
    defer { other.close() }
    let storage = MemoryStorage()
    let run = try site.run(into: storage)
    let manifest = Guarded<BackupManifest?>(nil)
    let ended = WakeUp()
    try other.transaction(.write, deadline: .after(.seconds(60))) { connection in
      try connection.run(
        script: "ALTER TABLE busy ALTER COLUMN n TYPE bigint", named: "rewrite",
        deadline: .after(.seconds(60)))
      try WorkThread.detach("run") {
        let taken = try? run.run()
        manifest.withLock { $0 = taken }
        ended.set()
      }
      let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = "
      let deadline = Deadline.after(.seconds(50))
      while try !site.sql(waiting + "'busy'::regclass").contains("1"), !deadline.hasPassed {
        WorkThread.sleep(.milliseconds(20))
      }
    }
    #expect(ended.wait(until: .after(.seconds(120))))
    let taken = try #require(manifest.withLock { $0 })
    let proof = try Proof(
      storage.read(BackupFixtures.keys().proof(taken.id), bytesMax: Proof.bytesMax))
    #expect(proof.rows == 100)
  }

  @Test func noFolderForTemporaryFilesIsNeeded() throws {
    let site = try PostgresSite(fixture: true)
    let result = try Subprocess.Command(
      "\(Path.parent(of: ProcessInfo.executablePath))/ops",
      ["backup", "run", "--database", "env:DATABASE_URL", "--store", site.store],
      variables: .inherited(changing: ["DATABASE_URL": site.url, "TMPDIR": "/nowhere"])
    ).run(deadline: .after(.seconds(120)))
    #expect(result.isSuccess, "\(result.errorText)")
  }

  @Test func anAddressThatNobodyAnswersIsADumpThatFailed() throws {
    let site = try PostgresSite()
    let port = try FreePort.find()
    let result = site.backup(
      "run", "--database", "postgres://slipway@127.0.0.1:\(port)/orders", "--store", site.store)
    #expect(result.code == .dumpFailed, "\(result)")
  }

  @Test func aTargetThatNobodyAnswersHasACodeThatTheHelpNames() throws {
    let site = try PostgresSite()
    #expect(site.backup("run", "--database", site.url, "--store", site.store).code == .done)
    let gone = "postgres://slipway@127.0.0.1:\(try FreePort.find())/orders"
    let place = ["--store", site.store, "--name", site.database]
    let restored = site.backup(
      "restore", "--allow-unproven", "--database", gone, place[0], place[1], place[2], place[3])
    #expect(restored.code == .dumpFailed, "\(restored)")
    let drilled = site.backup(
      "drill", "--drill-on", "env:GONE", place[0], place[1], place[2], place[3],
      environment: ["GONE": gone])
    #expect(drilled.code == .dumpFailed, "\(drilled)")
    #expect(BackupRestoreCommand.specification.exitCodes.contains(.dumpFailed))
    #expect(BackupDrillCommand.specification.exitCodes.contains(.dumpFailed))
  }

  @Test func theFiguresOfARunAreWrittenHoweverItEnds() throws {
    let site = try PostgresSite()
    let path = site.directory.file("backup.prom")
    let words = ["run", "--store", site.store, "--metrics", path, "--database"]
    #expect(
      site.backup(words[0], words[1], words[2], words[3], words[4], words[5], site.url).code
        == .done)
    #expect(
      try File.readText(path).contains("slipway_backup_success{database=\"\(site.database)\"} 1.0"))
    let gone = site.url.replacing("/test_", with: "/gone_")
    _ = site.backup(
      words[0], words[1], words[2], words[3], words[4], "--name", "orders", words[5], gone)
    let text = try File.readText(path)
    #expect(text.contains("slipway_backup_success{database=\"orders\"} 0.0"))
    #expect(text.contains("slipway_backup_exit_code{database=\"orders\"} 30.0"))
  }

  /// Also where the store is away: an alert on its age would have nothing to look at.
  @Test func theAgeOfTheNewestBackupIsToldWhenRunsFail() throws {
    let site = try PostgresSite()
    let path = site.directory.file("backup.prom")
    func newest() throws -> Substring? {
      try File.readText(path).split(separator: "\n")
        .first { $0.hasPrefix("slipway_backup_snapshot_timestamp_seconds{database=\"orders\"} ") }
    }
    func run(_ url: String, _ store: String) -> ExitCode {
      site.backup(
        "run", "--store", store, "--name", "orders", "--metrics", path, "--database", url
      ).code
    }
    #expect(run(site.url, site.store) == .done)
    let first = try #require(try newest())
    let gone = site.url.replacing("/test_", with: "/gone_")
    #expect(run(gone, site.store) == .dumpFailed)
    #expect(try newest() == first)
    let file = site.directory.file("no-directory")
    try File.write([], to: file)
    #expect(run(site.url, "file://" + file) == .uploadFailed)
    #expect(try newest() == first)
  }

  @Test func aRunThatCanNotEvenBeginIsToldAsOneThatFailed() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("backup.prom")
    let platform = """
      service: { name: orders, image: ghcr.io/example/orders }
      environments:
        orders: { target: local, rollout: { pushgateway: 'http://127.0.0.1:1' } }
      """
    try File.write(Array(platform.utf8), to: directory.file("platform.yaml"))
    for subject in ["backup", "drill"] {
      let before = "slipway_\(subject)_proven_timestamp_seconds{database=\"orders\"} 5.0"
      try File.write(Array("\(before)\n".utf8), to: path)
      let result = TestProgram.run(
        words: [
          "backup", subject == "backup" ? "run" : "drill", "--env", "orders", "--metrics", path,
        ], tree: Ops.commands, directory: directory.path)
      #expect(result.code == .configuration, "\(result)")
      #expect(result.error.contains("not pushed"), "\(result)")
      let text = try File.readText(path)
      #expect(text.contains("slipway_\(subject)_success{database=\"orders\"} 0.0"), "\(text)")
      #expect(text.contains("slipway_\(subject)_exit_code{database=\"orders\"} 78.0"))
      #expect(text.contains(before))
    }
  }

  @Test func theFiguresOfADrillHaveTheAgeOfTheNewestProvenBackup() throws {
    let site = try PostgresSite()
    let path = site.directory.file("drill.prom")
    _ = try ShellService.run(["chmod", "711", site.directory.path])
    let words = ["--store", site.store, "--name", "orders"]
    func figure(_ name: String) throws -> Double? {
      let sample = "slipway_drill_\(name){database=\"orders\"} "
      return try File.readText(path).split(separator: "\n")
        .first { $0.hasPrefix(sample) }.flatMap { Double($0.dropFirst(sample.count)) }
    }
    func drill() -> ExitCode {
      site.backup(
        "drill", words[0], words[1], words[2], words[3], "--metrics", path, "--scratch",
        site.directory.path
      ).code
    }
    #expect(drill() == .refused)
    #expect(try figure("success") == 0)
    #expect(try figure("proven_timestamp_seconds") == nil)
    let before = Timestamp.now().microsecondsSinceEpoch / 1_000_000
    #expect(
      site.backup("run", words[0], words[1], words[2], words[3], "--database", site.url).code
        == .done)
    #expect(drill() == .done)
    #expect(try figure("success") == 1)
    let proven = try #require(try figure("proven_timestamp_seconds"))
    #expect(proven >= Double(before))
    #expect(try !File.readText(path).contains("slipway_backup_"))
  }

  @Test func aDrillThatFailsIsARunThatFailed() throws {
    let site = try PostgresSite()
    _ = try site.sql(BackupSite.contradiction)
    let path = site.directory.file("backup.prom")
    _ = try ShellService.run(["chmod", "711", site.directory.path])
    let result = site.backup(
      "run", "--store", site.store, "--name", "orders", "--metrics", path, "--database", site.url,
      "--drill", "--scratch", site.directory.path)
    #expect(result.code == .verificationFailed, "\(result)")
    let text = try File.readText(path)
    #expect(text.contains("slipway_backup_exit_code{database=\"orders\"} 32.0"), "\(text)")
    #expect(text.contains("slipway_backup_snapshot_timestamp_seconds"))
    #expect(!text.contains("slipway_backup_proven_timestamp_seconds"))
  }
}
