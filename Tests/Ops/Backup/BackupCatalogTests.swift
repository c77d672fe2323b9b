import Core
import Crypto
import JSON
import ObjectStorage
import Testing

@testable import Ops

struct BackupCatalogTests {
  private let storage = MemoryStorage()
  private let keys = BackupFixtures.keys()
  private let id = BackupFixtures.id()

  private var catalog: BackupCatalog { BackupCatalog(storage, keys) }

  /// Writes a backup with all that belongs to it.
  private func keep(_ manifest: BackupManifest) throws {
    for file in manifest.files {
      let key = try #require(ObjectKey(file.key))
      try storage.put([UInt8](repeating: 7, count: Int(file.stored.bytes)), at: key)
    }
    try storage.put(BackupFixtures.proof().bytes, at: keys.proof(manifest.id))
    try catalog.publish(manifest)
  }

  private func mark(
    _ stage: BackupMark.Stage, of manifest: BackupManifest
  ) -> BackupMark {
    BackupMark(
      stage: stage, id: manifest.id,
      manifestSHA256: Hexadecimal.encode(SHA256.hash(manifest.bytes)), at: Timestamp.now(),
      duration: .seconds(3), tool: "0.9.0", details: ["tables": 4])
  }

  @Test func aMarkIsReadAsItWasWritten() throws {
    let mark = BackupMark(
      stage: .proven, id: id, manifestSHA256: "ab", at: id.moment, duration: .milliseconds(1500),
      tool: "0.9.0", details: ["tables": 4])
    #expect(try BackupMark(mark.bytes) == mark)
  }

  @Test func aBackupIsListedWithItsManifestAndNotBefore() throws {
    let manifest = BackupFixtures.manifest(id)
    try storage.put([1, 2, 3], at: keys.file(.custom, id, isEncrypted: false))
    var listing = try catalog.list()
    #expect(listing.entries.isEmpty)
    #expect(listing.unlisted == [id])
    try keep(manifest)
    listing = try catalog.list()
    #expect(listing.entries.map(\.manifest) == [manifest])
    #expect(listing.entries[0].state == .uploaded)
    #expect(listing.unlisted.isEmpty)
  }

  @Test func aManifestIsNeverReplaced() throws {
    try keep(BackupFixtures.manifest(id))
    let error = try #require(throws: StorageError.self) {
      try catalog.publish(BackupFixtures.manifest(id, recipients: ["age1abc"]))
    }
    #expect(error.kind == .exists)
  }

  @Test func aStateIsAnObjectOfItsOwn() throws {
    let manifest = BackupFixtures.manifest(id)
    try keep(manifest)
    try catalog.note(mark(.bytesVerified, of: manifest))
    #expect(try catalog.list().entries.map(\.state) == [.bytesVerified])
    try catalog.note(mark(.proven, of: manifest))
    let entry = try #require(try catalog.list().entry(id))
    #expect(entry.state == .proven)
    #expect(entry.manifest == manifest)
    #expect(entry.proven?.details == ["tables": 4])
  }

  @Test func theProofOfAnotherBackupDoesNotCountAndIsTold() throws {
    let (ours, other) = (
      BackupFixtures.manifest(id),
      BackupFixtures.manifest(BackupFixtures.id("20260201T021700Z-00000000"))
    )
    try keep(ours)
    try keep(other)
    try catalog.note(mark(.proven, of: other))
    let stolen = try storage.read(keys.mark(.proven, other.id), bytesMax: 10_000)
    try storage.put(stolen, at: keys.mark(.proven, id))
    let listing = try catalog.list()
    #expect(listing.entry(id)?.state == .uploaded)
    #expect(listing.entry(other.id)?.state == .proven)
    #expect(listing.unreadable.map(\.key) == [keys.mark(.proven, id)])
  }

  @Test func theProofOfAManifestThatWasChangedDoesNotCount() throws {
    let manifest = BackupFixtures.manifest(id)
    try keep(manifest)
    try catalog.note(mark(.proven, of: manifest))
    try storage.put(
      BackupFixtures.manifest(id, recipients: ["age1abc"]).bytes, at: keys.manifest(id))
    #expect(try catalog.list().entry(id)?.proven == nil)
  }

  @Test func aBackupThatLostAFileIsNoLongerProven() throws {
    let manifest = BackupFixtures.manifest(id)
    try keep(manifest)
    try catalog.note(mark(.proven, of: manifest))
    try storage.put([1], at: keys.file(.custom, id, isEncrypted: false))
    var entry = try #require(try catalog.list().entry(id))
    #expect(entry.missing == [manifest.files[0].key])
    #expect(entry.state == .uploaded)
    try storage.delete(keys.file(.custom, id, isEncrypted: false))
    entry = try #require(try catalog.list().entry(id))
    #expect(entry.missing == [manifest.files[0].key])
  }

  @Test func theNewestIsFirstByTheMomentThatItShows() throws {
    let ids = [
      "20260131T021700Z-ffffffff", "20260203T021700Z-00000000", "20260201T021700Z-aaaaaaaa",
    ]
    .map { BackupFixtures.id($0) }
    for id in ids { try keep(BackupFixtures.manifest(id)) }
    let listing = try catalog.list()
    #expect(listing.entries.map(\.id) == [ids[1], ids[2], ids[0]])
    try catalog.note(mark(.proven, of: BackupFixtures.manifest(ids[2])))
    #expect(try catalog.list().newestOfAny(.proven)?.id == ids[2])
    #expect(try catalog.list().newestOfAny(.uploaded)?.id == ids[1])
  }

  @Test func oneThatLacksATableIsNotTheNewestWhereOthersHaveAll() throws {
    let whole = BackupFixtures.manifest(id, excludedTables: [])
    let partial = BackupFixtures.manifest(BackupFixtures.id("20260203T021700Z-00000000"))
    try keep(partial)
    try catalog.note(mark(.proven, of: partial))
    var listing = try catalog.list()
    #expect(listing.newest(.proven) == nil)
    #expect(listing.newestOfAny(.proven)?.id == partial.id)
    try keep(whole)
    listing = try catalog.list()
    #expect(listing.newest(.uploaded)?.id == whole.id)
    // The partial one's proof says nothing of what has all.
    #expect(listing.newestOfAny(.proven) == nil)
    #expect(listing.newest(.proven, takesPartial: true)?.id == partial.id)
  }

  @Test func whatDoesNotCountIsNoDatabaseThatTakesTurns() {
    func isMixed(_ isOfOthers: Bool, _ missing: [String]) -> Bool {
      BackupFixtures.listing([
        BackupFixtures.entry("2026-03-03", of: "ours"),
        BackupFixtures.entry(
          "2026-03-02", of: "forged", missing: missing, isOfOthers: isOfOthers),
        BackupFixtures.entry("2026-03-01", of: "ours"),
      ]).isMixed
    }
    #expect(isMixed(false, []))
    #expect(!isMixed(true, []) && !isMixed(false, ["orders/a"]))
  }

  @Test func recordsThatAreTooLongAreToldAndKeepNobodyFromTheOthers() throws {
    try keep(BackupFixtures.manifest(id))
    let other = BackupFixtures.id("20260201T021700Z-00000000")
    let long = [UInt8](repeating: 0x20, count: BackupManifest.bytesMax + 1)
    try storage.put(long, at: keys.manifest(other))
    try storage.put(Array(long.prefix(BackupMark.bytesMax + 1)), at: keys.mark(.proven, id))
    let listing = try catalog.list()
    #expect(listing.entries.map(\.id) == [id])
    #expect(listing.entries.first?.state == .uploaded)
    #expect(Set(listing.unreadable.map(\.key)) == [keys.manifest(other), keys.mark(.proven, id)])
    #expect(listing.unreadable.allSatisfy { "\($0.problem)".hasPrefix("has more than the ") })
  }

  @Test(arguments: [-1, Int64.max])
  func aLengthThatNothingHasIsToldAndNotCountedWith(bytes: Int64) throws {
    try storage.put(
      BackupFixtures.manifest(id, bytes: bytes).bytes, at: keys.manifest(id))
    let listing = try catalog.list()
    #expect(listing.entries.isEmpty)
    #expect("\(listing.unreadable.map(\.problem))".contains("a number of bytes"))
  }

  @Test func lengthsAreWrittenWhateverTheyAre() {
    #expect(ByteText.format(1536) == "1.5 KiB")
    #expect(ByteText.format(Int64.max).hasSuffix(" TiB"))
  }

  @Test func whatIsNotOursIsLeftAloneAndTold() throws {
    try keep(BackupFixtures.manifest(id))
    let foreign: [ObjectKey] = ["orders/readme.txt", "orders/20260131T021700Z-5f0c9a1e/notes.txt"]
    for key in foreign { try storage.put([1], at: key) }
    try storage.put([1], at: "orders-archive/manifest.json")
    let listing = try catalog.list()
    #expect(listing.foreign == foreign.sorted())
    #expect(listing.entries.count == 1)
  }

  @Test func aManifestThatCanNotBeReadIsToldAndTheOthersAreListed() throws {
    try keep(BackupFixtures.manifest(id))
    let broken = BackupFixtures.id("20260201T021700Z-00000000")
    try storage.put(Array("{}".utf8), at: keys.manifest(broken))
    let listing = try catalog.list()
    #expect(listing.entries.map(\.id) == [id])
    #expect(listing.unreadable.map(\.key) == [keys.manifest(broken)])
  }

  @Test func aManifestUnderAnotherNameIsNotListed() throws {
    let other = BackupFixtures.id("20260201T021700Z-00000000")
    try storage.put(BackupFixtures.manifest(id).bytes, at: keys.manifest(other))
    let listing = try catalog.list()
    #expect(listing.entries.isEmpty)
    #expect(listing.unreadable.map(\.key) == [keys.manifest(other)])
  }

  @Test(arguments: ["", "a/b", "..", ".hidden", "caf\u{E9}", String(repeating: "a", count: 101)])
  func aNameThatCouldLeadElsewhereIsRefused(_ name: String) {
    #expect(BackupKeys(database: name) == nil)
  }
}
