import Core
import JSON
import ObjectStorage
import POSIX
import SQL
import TestSupport
import Testing

@testable import Ops

struct SQLiteBackupTests {
  private let directory = TemporaryDirectory()
  private let catalog = BackupCatalog(MemoryStorage(), BackupFixtures.keys("local"))

  private var path: String { directory.file("app.sqlite") }

  private func make(_ script: String) throws {
    let database = try SQLiteDatabase(path: path)
    defer { database.close() }
    try database.session(deadline: .after(.seconds(30))) { connection in
      try connection.run(script: script, named: "make", deadline: .after(.seconds(30)))
    }
  }

  private static let content = """
    CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT, data BLOB, n REAL);
    INSERT INTO orders (note, data, n) VALUES ('a', x'00ff', 1.5), ('ü', NULL, -0.0), (NULL, '', 2);
    CREATE VIEW notes AS SELECT note FROM orders;
    """

  private func take() throws -> BackupManifest {
    let source = try SQLiteSource(path, mode: .digest)
    return try BackupRun(
      source, into: catalog, encryption: nil, programs: ProgramGroup()
    ).run()
  }

  private var place: BackupPlace {
    BackupPlace(
      catalog: catalog, bucket: nil, storeName: "memory", policy: nil, pushgateway: nil)
  }

  private func drill(_ id: BackupID) throws -> DrillReport {
    let entry = try #require(try catalog.list().entry(id))
    return try BackupDrill(
      place: place, entry: entry, interruption: Interruption(), parent: directory.path
    ).run()
  }

  private func restore(
    _ id: BackupID, intoExisting: Bool = false
  ) throws -> BackupRecovery.Outcome {
    let entry = try #require(try catalog.list().entry(id))
    var rules = BackupRecovery.Rules()
    rules.intoExisting = intoExisting
    return try BackupRecovery(
      place: place, entry: entry, target: .sqlite(path: path), rules: rules,
      interruption: Interruption(), scratch: directory.path
    ).run()
  }

  @Test func aFileInUseIsBackedUpAndProven() throws {
    try make(Self.content)
    let open = try SQLiteDatabase(path: path)
    defer { open.close() }
    let manifest = try take()
    let report = try drill(manifest.id)
    #expect(report.isProven, "\(report.restored)")
    #expect(report.rows == 3 && report.sequences == 1)
    #expect(manifest.source == "\(ProcessInfo.hostName):\(path)")
    #expect(try catalog.list().entry(manifest.id)?.state == .proven)
    #expect(!File.exists("\(path)-backup.copy"))
  }

  @Test(arguments: [
    "UPDATE orders SET n = 0.5 WHERE id = 2", "UPDATE orders SET data = NULL WHERE id = 3",
    "INSERT INTO orders (note) VALUES ('b')", "CREATE INDEX more ON orders (note)",
    "UPDATE sqlite_sequence SET seq = 99",
  ])
  func oneThingThatIsNotAsItWasIsADifference(_ change: String) throws {
    try make(Self.content)
    let before = try SQLiteProofReader.read(path, .digest, deadline: .after(.seconds(30)))
    try make(change)
    let after = try SQLiteProofReader.read(path, .digest, deadline: .after(.seconds(30)))
    #expect(!before.differences(in: after).isEmpty)
  }

  @Test func aLostFileComesBack() throws {
    try make(Self.content)
    let manifest = try take()
    let before = try SQLiteProofReader.read(path, .digest, deadline: .after(.seconds(30)))
    try File.remove(path)
    let outcome = try restore(manifest.id)
    #expect(outcome.keptAside == nil && outcome.comparison != nil)
    let after = try SQLiteProofReader.read(path, .digest, deadline: .after(.seconds(30)))
    #expect(before == after)
  }

  @Test func aFileWithSomethingInItIsReplacedOnlyWhereThatIsSaidAndKept() throws {
    try make(Self.content)
    let manifest = try take()
    try make("DELETE FROM orders")
    #expect(throws: RestoreError.self) { try restore(manifest.id) }
    let outcome = try restore(manifest.id, intoExisting: true)
    let aside = try #require(outcome.keptAside)
    let rows = { try SQLiteProofReader.read($0, .counts, deadline: .after(.seconds(30))).rows }
    #expect(try rows(path) == 3)
    #expect(try rows(aside) == 0)
  }

  @Test func aJournalThatIsLeftOfALostFileIsNotPlayedIntoTheRestoredOne() throws {
    try make(Self.content)
    let manifest = try take()
    let before = try SQLiteProofReader.read(path, .digest, deadline: .after(.seconds(30)))
    let service = try SQLiteDatabase(path: path)
    _ = try service.execute(
      Statement.once("late", "INSERT INTO orders (note) VALUES ('late')", access: .write), [],
      deadline: .after(.seconds(30)))
    let journal = try File.read("\(path)-wal")
    service.close()
    try File.remove(path)
    try File.write(journal, to: "\(path)-wal")
    let aside = try #require(try restore(manifest.id).keptAside)
    #expect(aside.hasSuffix("-wal"))
    #expect(try File.read(aside) == journal)
    let after = try SQLiteProofReader.read(path, .digest, deadline: .after(.seconds(30)))
    #expect(before == after)
  }

  @Test func whatIsNoDatabaseIsReplacedWhereThatIsSaidAndKept() throws {
    try make(Self.content)
    let manifest = try take()
    let junk = [UInt8](repeating: 7, count: 8192)
    try File.write(junk, to: path)
    #expect(throws: RestoreError.self) { try restore(manifest.id) }
    let aside = try #require(try restore(manifest.id, intoExisting: true).keptAside)
    #expect(try File.read(aside) == junk)
    let proof = try SQLiteProofReader.read(path, .counts, deadline: .after(.seconds(30)))
    #expect(proof.rows == 3)
  }

  @Test func aSecondRestoreKeepsWhatTheFirstKept() throws {
    try make(Self.content)
    let manifest = try take()
    try make("DELETE FROM orders")
    let first = try #require(try restore(manifest.id, intoExisting: true).keptAside)
    let second = try #require(try restore(manifest.id, intoExisting: true).keptAside)
    let rows = { try SQLiteProofReader.read($0, .counts, deadline: .after(.seconds(30))).rows }
    #expect(try rows(first) == 0)
    #expect(try rows(second) == 3)
  }

  @Test func aFileThatAServiceHasOpenIsNotReplaced() throws {
    try make(Self.content)
    let manifest = try take()
    let service = try SQLiteDatabase(path: path)
    defer { service.close() }
    _ = try service.query(
      .once("use", "SELECT count(*) FROM orders"), deadline: .after(.seconds(30)))
    #expect(throws: RestoreError.inUse(path)) { try restore(manifest.id, intoExisting: true) }
    #expect(try File.list(directory.path).filter { $0.contains("restoring") } == [])
  }

  @Test func aWrongByteLeavesTheFileAsItWas() throws {
    try make(Self.content)
    let manifest = try take()
    let key = try #require(ObjectKey(manifest.files[0].key))
    var bytes = try catalog.storage.read(key, bytesMax: 1024 * 1024)
    bytes[bytes.count / 2] ^= 1
    try catalog.storage.put(bytes, at: key)
    try make("DELETE FROM orders")
    let error = #expect(throws: BackupError.self) {
      try restore(manifest.id, intoExisting: true)
    }
    #expect(error?.exitCode == .verificationFailed)
    let proof = try SQLiteProofReader.read(path, .counts, deadline: .after(.seconds(30)))
    #expect(proof.rows == 0)
  }

  @Test func twoBackupsAtOnceExcludeEachOther() throws {
    try make(Self.content)
    let held = try FileLock.acquire("\(path)-backup.lock")
    let error = #expect(throws: BackupError.self) { try take() }
    #expect(error?.exitCode == .backupLocked)
    held?.release()
  }

  @Test func aRunThatDrillsPrintsTheManifestAndTheReportAsOneObject() throws {
    try make(Self.content)
    func run(_ scratch: String) -> TestProgram.Result {
      TestProgram.run(
        words: [
          "backup", "run", "--database", "sqlite:///" + path, "--store",
          "file://" + directory.file("store"), "--name", "local", "--drill", "--json", "--scratch",
          scratch,
        ], tree: Ops.commands)
    }
    let result = run(directory.path)
    #expect(result.code == .done, "\(result)")
    let object = try JSONReader.read(result.output)
    let manifest = try BackupManifest(Array(result.output.utf8))
    #expect(object["drill"]?["proven"] == true)
    #expect(object["drill"]?["backup"]?.text == manifest.id.text)
    let failed = run(path + "/none")
    #expect(failed.code != .done && failed.code != .usage, "\(failed)")
    #expect(try JSONReader.read(failed.output)["drill"] == .null)
  }
}
