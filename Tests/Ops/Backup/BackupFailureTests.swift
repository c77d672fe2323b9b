import Core
import ObjectStorage
import POSIX
import SQL
import Subprocess
import TestSupport
import Testing

@testable import Ops

/// What a run leaves behind when something dies in the middle of it: nothing that is listed.
struct BackupFailureTests {
  private func keys(_ storage: any ObjectStorage) throws -> [String] {
    var keys: [String] = []
    try storage.forEachObject(prefix: "") { object in
      keys.append(object.key.text)
      return true
    }
    return keys
  }

  /// Whether nothing is there but the note of the one run that failed.
  private func hasNoteAlone(_ storage: any ObjectStorage) throws -> Bool {
    let keys = try keys(storage)
    return keys.count == 1 && keys[0].hasSuffix("/run.json")
  }

  /// Starts a run that halts with parts on their way, does something to it, and lets it go on.
  private func interfere(
    sql: String? = nil, _ body: (PostgresSite, BackupRun) throws -> Void
  ) throws -> (BackupError?, GatedStorage) {
    let site = try PostgresSite()
    try site.fill(mebibytes: 4)
    if let sql { _ = try site.sql(sql) }
    let storage = GatedStorage(isOpen: false)
    let run = try site.run(into: storage)
    let failure = Guarded<BackupError?>(nil)
    let thread = try WorkThread.start("run") {
      do {
        _ = try run.run()
      } catch {
        failure.withLock { $0 = error as? BackupError }
      }
    }
    let deadline = Deadline.after(.seconds(120))
    while !storage.wasReached, failure.withLock({ $0 == nil }), !deadline.hasPassed {
      WorkThread.sleep(.milliseconds(10))
    }
    let result = Result { try body(site, run) }
    storage.open()
    thread.join()
    try result.get()
    return (failure.withLock { $0 }, storage)
  }

  private func kill(_ program: String, of site: PostgresSite) throws {
    let found = try site.processes(of: program)
    #expect(found.count == 1, "\(program): \(found)")
    for number in found {
      let process = try ProcessHandle(number)
      process.send(.kill)
    }
  }

  @Test func aDumpThatIsKilledBecomesNoObject() throws {
    let (error, storage) = try interfere { site, _ in try kill("pg_dump", of: site) }
    guard case .program(let end) = try #require(error) else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(end.program == "pg_dump" && end.exit == .signal(9))
    #expect(error?.exitCode == .dumpFailed)
    #expect(try hasNoteAlone(storage))
    #expect(try storage.unfinishedUploads(prefix: "") == [])
  }

  @Test func aConnectionThatIsLostMeanwhileIsToldAndThereIsNoBackup() throws {
    let (error, storage) = try interfere { site, _ in
      _ = try site.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
          + "current_database() AND application_name LIKE 'slipway backup on %'")
    }
    guard case .database = try #require(error) else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.exitCode == .dumpFailed)
    #expect(try BackupCatalog(storage, BackupFixtures.keys()).list().entries == [])
    #expect(try storage.unfinishedUploads(prefix: "") == [])
  }

  @Test func aRowThatCannotBeReadIsToldInTheServersWords() throws {
    // Bytes that are no text, called text.
    let broken = """
      CREATE TABLE broken AS SELECT '\\xff'::bytea AS note;
      UPDATE pg_attribute SET atttypid = 'text'::regtype, attcollation = 100
        WHERE attrelid = 'broken'::regclass AND attname = 'note'
      """
    let (error, storage) = try interfere(sql: broken) { site, _ in
      let deadline = Deadline.after(.seconds(120))
      while try !site.processes(of: "pg_dump").isEmpty, !deadline.hasPassed {
        WorkThread.sleep(.milliseconds(20))
      }
    }
    guard case .database(let failure) = try #require(error) else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(failure.message.contains("invalid byte sequence"), "\(failure)")
    #expect(try storage.unfinishedUploads(prefix: "") == [])
  }

  @Test func aStopLeavesNothingListedAndNoUpload() throws {
    let (error, storage) = try interfere { _, run in run.cancel() }
    #expect(error == .interrupted)
    #expect(try storage.unfinishedUploads(prefix: "") == [])
    #expect(try BackupCatalog(storage, BackupFixtures.keys()).list().entries == [])
  }

  @Test func encryptionThatFailsBecomesNoObject() throws {
    let site = try PostgresSite(fixture: true)
    let storage = MemoryStorage()
    let encryption = try AgeEncryption(["age1nobody"])
    let error = try #require(throws: BackupError.self) {
      try site.run(into: storage, encryption: encryption).run()
    }
    guard case .program(let end) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(end.program == "age" && error.exitCode == .dumpFailed)
    #expect(try hasNoteAlone(storage))
  }

  @Test func aManifestWhoseAnswerWasLostIsABackup() throws {
    let site = try PostgresSite(fixture: true)
    let storage = GatedStorage(isOpen: true, losesAnswers: true)
    let manifest = try site.run(into: storage).run()
    let listing = try BackupCatalog(storage, BackupFixtures.keys()).list()
    #expect(listing.entries.map(\.manifest) == [manifest])
  }

  @Test func aRunThatIsKilledIsSweptByTheNext() throws {
    let site = try PostgresSite()
    try site.fill(mebibytes: 40)
    let store = site.directory.file("store")
    let child = try Subprocess.Command(
      "\(Path.parent(of: ProcessInfo.executablePath))/ops",
      ["backup", "run", "--database", site.url, "--store", site.store, "--name", "orders"]
    ).spawn()
    let storage = FileStorage(store)
    let deadline = Deadline.after(.seconds(120))
    while try storage.unfinishedUploads(prefix: "").isEmpty, child.wait(.after(.zero)) == nil,
      !deadline.hasPassed
    {
      WorkThread.sleep(.milliseconds(5))
    }
    child.send(.kill)
    #expect(child.wait(.after(.seconds(60))) == .signal(9))
    #expect(try storage.unfinishedUploads(prefix: "").count == 1)
    #expect(try BackupCatalog(storage, BackupFixtures.keys()).list().entries == [])
    while try !site.processes(of: "pg_dump").isEmpty, !deadline.hasPassed {
      WorkThread.sleep(.milliseconds(20))
    }
    // The server notices that its client is gone a moment later.
    var next = site.backup("run", "--database", site.url, "--store", site.store, "--name", "orders")
    while next.code == .backupLocked, !deadline.hasPassed {
      next = site.backup("run", "--database", site.url, "--store", site.store, "--name", "orders")
    }
    #expect(next.code == .done, "\(next)")
    #expect(next.error.contains("swept 1 uploads"), "\(next)")
    #expect(try storage.unfinishedUploads(prefix: "") == [])
    #expect(try BackupCatalog(storage, BackupFixtures.keys()).list().entries.count == 1)
  }

  /// Somebody swept what no manifest named yet.
  @Test func aBackupOfWhichAFileIsGoneIsNotListed() throws {
    let site = try PostgresSite()
    _ = try site.sql("CREATE TABLE orders AS SELECT 1 AS n")
    let inner = MemoryStorage()
    let storage = WatchedStorage(
      inner,
      onPut: { key in
        guard key.text.hasSuffix("/proof.json") else { return }
        let found = try? inner.list(prefix: "", after: nil, limit: 100).objects
        for object in found ?? [] where object.key.text.hasSuffix(".pgdump") {
          try? inner.delete(object.key)
        }
      })
    let error = #expect(throws: BackupError.self) { try site.run(into: storage).run() }
    #expect(error?.exitCode == .verificationFailed)
    #expect(try BackupCatalog(storage, BackupFixtures.keys()).list().entries.isEmpty)
  }
}
