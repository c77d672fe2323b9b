import Core
import ObjectStorage
import Testing

@testable import Ops

struct BackupSweepTests {
  private let storage = MemoryStorage()
  private let keys = BackupFixtures.keys()
  private let now = BackupFixtures.moment("2026-02-10T00:00:00Z")

  /// Leaves what a run that was killed leaves: its record, a whole file, an upload.
  private func leave(_ id: BackupID, of source: String?) throws {
    if let source {
      let record = BackupRunRecord(
        id: id, lock: source, host: "old", process: 7, startedAt: id.moment)
      try storage.put(record.bytes, at: keys.run(id))
    }
    try storage.put([1], at: keys.file(.custom, id, isEncrypted: false))
    _ = try storage.beginUpload(keys.file(.plain, id, isEncrypted: false))
  }

  private func sweep(now: Timestamp? = nil) throws -> BackupSweep.Result {
    try BackupSweep(
      catalog: BackupCatalog(storage, keys), lock: "ours",
      current: BackupFixtures.id("20260210T000000Z-00000000"), now: now ?? self.now
    ).run()
  }

  @Test func whatAKilledRunOfOursLeftIsTakenAway() throws {
    try leave(BackupFixtures.id(), of: "ours")
    #expect(try sweep() == .init(uploads: 1, objects: 2))
    #expect(try storage.list(prefix: "", after: nil, limit: 10).objects == [])
    #expect(try storage.unfinishedUploads(prefix: "") == [])
  }

  @Test func wholeObjectsOfADayAreLeftForClocksDiffer() throws {
    let id = BackupFixtures.id("20260209T120000Z-00000000")
    try leave(id, of: "ours")
    #expect(try sweep() == .init(uploads: 1, objects: 0))
    #expect(try storage.head(keys.file(.custom, id, isEncrypted: false)) != nil)
  }

  @Test(arguments: ["another", nil])
  func whatMayStillBeUnderWayIsLeft(_ source: String?) throws {
    try leave(BackupFixtures.id(), of: source)
    #expect(try sweep().isNothing)
    #expect(try storage.unfinishedUploads(prefix: "").count == 1)
  }

  @Test func ofAClusterThatIsNotKnownNoRunIsOver() throws {
    try leave(BackupFixtures.id(), of: "?/16384")
    let sweep = BackupSweep(
      catalog: BackupCatalog(storage, keys), lock: "?/16384",
      current: BackupFixtures.id("20260210T000000Z-00000000"), now: now)
    #expect(try sweep.run().isNothing)
  }

  @Test func anUploadThatIsOldIsDroppedWhoeverBeganIt() throws {
    try leave(BackupFixtures.id(), of: "another")
    let later = Timestamp.now().advanced(by: .seconds(8 * 86_400))
    #expect(try sweep(now: later) == .init(uploads: 1, objects: 0))
  }

  @Test func aBackupAndWhatIsNotOursAreLeftAlone() throws {
    let manifest = BackupFixtures.manifest()
    try leave(manifest.id, of: "ours")
    try BackupCatalog(storage, keys).publish(manifest)
    try storage.put([1], at: "orders/notes.txt")
    _ = try storage.beginUpload("orders/somebody-elses")
    _ = try storage.beginUpload("invoices/20260131T021700Z-5f0c9a1e/dump.pgdump")
    // Its run is over, so its upload is.
    #expect(try sweep() == .init(uploads: 1, objects: 0))
    #expect(try storage.unfinishedUploads(prefix: "").count == 2)
    #expect(try storage.list(prefix: "", after: nil, limit: 10).objects.count == 4)
  }

  @Test func aBackupWhoseManifestAListingLackedIsLeftAlone() throws {
    let manifest = BackupFixtures.manifest()
    try leave(manifest.id, of: "ours")
    try BackupCatalog(storage, keys).publish(manifest)
    let lacking = WatchedStorage(storage, lacking: keys.manifest(manifest.id))
    let sweep = BackupSweep(
      catalog: BackupCatalog(lacking, keys), lock: "ours",
      current: BackupFixtures.id("20260210T000000Z-00000000"), now: now)
    #expect(try sweep.run() == .init(uploads: 1, objects: 0))
    #expect(try storage.list(prefix: "", after: nil, limit: 10).objects.count == 3)
  }

  @Test func aRecordIsReadAsItWasWritten() throws {
    let record = BackupRunRecord(
      id: BackupFixtures.id(), lock: "7/16384 primary", host: "h", process: 12, startedAt: now)
    #expect(try BackupRunRecord(record.bytes) == record)
  }
}
