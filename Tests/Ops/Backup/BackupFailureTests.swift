import Core
import ObjectStorage
import POSIX
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

  /// Starts a run that halts with parts on their way, does something to it, and lets it go on.
  private func interfere(
    _ body: (PostgresSite, BackupRun) throws -> Void
  ) throws -> (BackupError?, GatedStorage) {
    let site = try PostgresSite()
    try site.fill(mebibytes: 4)
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
    while !storage.wasReached, !deadline.hasPassed { WorkThread.sleep(.milliseconds(10)) }
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
    #expect(try keys(storage) == [])
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
    #expect(try keys(storage) == [])
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
}
