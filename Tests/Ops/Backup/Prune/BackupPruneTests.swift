import Core
import Crypto
import JSON
import ObjectStorage
import POSIX
import TestSupport
import Testing

@testable import Ops

struct BackupPruneTests {
  private let store = TemporaryDirectory()
  private var storage: any ObjectStorage { FileStorage(store.path) }
  private var catalog: BackupCatalog { BackupCatalog(storage, BackupFixtures.keys()) }

  private func ops(_ words: [String]) -> TestProgram.Result {
    TestProgram.run(
      words: ["backup", "prune", "--store", "file://" + store.path, "--name", "orders"] + words,
      tree: Ops.commands)
  }

  /// A backup of a day, three bytes long.
  @discardableResult
  private func backup(
    _ day: String, isProven: Bool = true, of source: String = "1/1"
  ) throws -> BackupID {
    let moment = BackupFixtures.moment("\(day)T02:00:00Z")
    let id = BackupID(at: moment)
    let manifest = BackupFixtures.manifest(id, source: source)
    for file in manifest.files {
      try storage.put([1, 2, 3], at: try #require(ObjectKey(file.key)))
    }
    try storage.put(Array("{}".utf8), at: catalog.keys.proof(id))
    try catalog.publish(manifest)
    if isProven {
      try catalog.note(
        BackupMark(
          stage: .proven, id: id,
          manifestSHA256: Hexadecimal.encode(SHA256.hash(manifest.bytes)), at: moment,
          duration: .seconds(1), tool: "test", details: .null))
    }
    return id
  }

  private func ids() throws -> [BackupID] { try catalog.list().entries.map(\.id) }

  private func hash(_ output: String) -> String {
    String(output.split(separator: "--apply ").last?.prefix { !$0.isWhitespace } ?? "")
  }

  @Test func whatWasPrintedIsCarriedOutByItsHashAndNothingElse() throws {
    let days = ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
    let all = try days.map { try backup($0) }
    let foreign = try #require(ObjectKey("orders/\(all[0])/notes.txt"))
    try storage.put([7], at: foreign)
    let plan = ops(["--keep-last", "2"])
    #expect(plan.code == .done && plan.output.contains("2 of 4 backups would go"), "\(plan)")
    #expect(try ids().count == 4)
    #expect(ops(["--keep-last", "2", "--apply", "0011223344556677"]).code == .refused)
    #expect(try ids().count == 4)
    let done = ops(["--keep-last", "2", "--apply", hash(plan.output)])
    #expect(done.code == .done, "\(done)")
    #expect(try ids() == [all[3], all[2]])
    #expect(try storage.head(foreign) != nil)
    let left = try File.list(store.path + "/orders")
    #expect(left.contains(all[0].text) && !left.contains(all[1].text))
  }

  @Test func anOptionTakesThePlaceOfTheRuleOfItsNameAlone() throws {
    for day in 1...6 { try backup("2026-03-0\(day)") }
    let platform = TemporaryDirectory()
    try File.write(
      Array(
        """
        service: { name: orders, image: ghcr.io/example/orders }
        environments:
          orders:
            target: local
            backup:
              { schedule: '1 2 * * *', store: 'file://\(store.path)', keep: { last: 2, daily: 5 } }
        """.utf8), to: platform.file("platform.yaml"))
    func kept(_ words: [String]) throws -> Int {
      let result = TestProgram.run(
        words: ["backup", "prune", "--env", "orders", "--json"] + words, tree: Ops.commands,
        directory: platform.path)
      let backups = try JSONReader.read(result.output)["backups"]?.elements ?? []
      return backups.count { $0["stays"] == true }
    }
    #expect(try kept([]) == 5)
    #expect(try kept(["--min-age", "1d"]) == 5)
    #expect(try kept(["--keep-daily", "3"]) == 3)
    #expect(try kept(["--keep-daily", "0"]) == 2)
  }

  @Test func aPlanThatIsNoLongerTheSameIsRefused() throws {
    for day in ["2026-03-01", "2026-03-02", "2026-03-03"] { try backup(day) }
    let plan = ops(["--keep-last", "1"])
    try backup("2026-03-04")
    #expect(ops(["--keep-last", "1", "--apply", hash(plan.output)]).code == .refused)
    #expect(try ids().count == 4)
  }

  @Test func nothingGoesForOneThatIsNoLongerProven() throws {
    let ids = try ["2026-03-01", "2026-03-02", "2026-03-03"].map { try backup($0) }
    let plan = PrunePlan(
      try catalog.list(), database: "orders", keep: .init(last: 1), now: Timestamp.now())
    #expect(plan.removed.map(\.id) == [ids[0], ids[1]])
    var gone: [BackupID] = []
    let run = PruneRun(catalog: catalog) { id in
      gone.append(id)
      // A drill finds meanwhile that the one which stays is worth nothing.
      try? catalog.withdraw(ids[2])
    }
    let error = #expect(throws: BackupError.self) { try run.apply(plan, Interruption()) }
    #expect(error?.exitCode == .refused)
    #expect(gone == [ids[0]])
    #expect(try self.ids() == [ids[2], ids[1]])
  }

  @Test func nothingGoesForAProvenOneOfAnotherDatabase() throws {
    let lost = try ["2026-03-01", "2026-03-02", "2026-03-03"].map { try backup($0, of: "1/1") }
    let new = try ["2026-03-04", "2026-03-05"].map { try backup($0, of: "2/2") }
    let plan = PrunePlan(
      try catalog.list(), database: "orders", keep: .init(last: 1), now: Timestamp.now())
    #expect(plan.removed.map(\.id) == [lost[0], lost[1], new[0]])
    #expect(plan.removed.map { plan.guardian(of: $0)?.id } == [lost[2], lost[2], new[1]])
    try catalog.withdraw(lost[2])
    let run = PruneRun(catalog: catalog) { _ in }
    #expect(throws: BackupError.self) { try run.apply(plan, Interruption()) }
    #expect(try ids().count == 5)
  }

  @Test func nothingGoesWhileNothingIsProven() throws {
    for day in ["2026-03-01", "2026-03-02"] { try backup(day, isProven: false) }
    let result = ops(["--keep-last", "1"])
    #expect(result.code == .refused && result.error.contains("no backup is proven"))
    #expect(try ids().count == 2)
  }

  @Test func nothingGoesAfterARunThatFailed() throws {
    for day in ["2026-03-01", "2026-03-02", "2026-03-03"] { try backup(day) }
    let failed = BackupID(at: BackupFixtures.moment("2026-03-04T02:00:00Z"))
    try storage.put([1], at: catalog.keys.file(.custom, failed, isEncrypted: false))
    let result = ops(["--keep-last", "1"])
    #expect(result.code == .refused && result.error.contains("\(failed)"), "\(result)")
    #expect(try ids().count == 3)
  }

  @Test func whatDoesNotCountIsNoRunThatEndedWell() {
    let failed = BackupID(at: BackupFixtures.moment("2026-03-04T02:00:00Z"))
    func refusal(_ later: BackupEntry) -> PrunePlan.Refusal? {
      let entries = [later, BackupFixtures.entry("2026-03-03", of: "1/1")]
      return PrunePlan(
        BackupFixtures.listing(entries, unlisted: [failed]), database: "orders",
        keep: .init(last: 1), now: Timestamp.now()
      ).refusal
    }
    func later(_ isOfOthers: Bool, _ missing: [String]) -> BackupEntry {
      BackupFixtures.entry("2026-03-05", of: "1/1", missing: missing, isOfOthers: isOfOthers)
    }
    #expect(refusal(later(false, [])) == nil)
    #expect(refusal(later(true, [])) == .unfinishedRun(failed))
    #expect(refusal(later(false, ["orders/a"])) == .unfinishedRun(failed))
  }

  @Test func nothingGoesWhileTheNewestBackupIsIncomplete() throws {
    for day in ["2026-03-01", "2026-03-02"] { try backup(day) }
    let newest = try backup("2026-03-03")
    let lost = catalog.keys.file(.custom, newest, isEncrypted: false)
    let bytes = try storage.read(lost, bytesMax: 100)
    try storage.delete(lost)
    let result = ops(["--keep-last", "1"])
    #expect(result.code == .refused, "\(result)")
    #expect(result.error.contains("the newest backup \(newest) is INCOMPLETE"), "\(result)")
    #expect(try ids().count == 3)
    try storage.put(bytes, at: lost)
    #expect(ops(["--keep-last", "1"]).code == .done)
  }

  @Test func anIncompleteBackupOfAnotherOrBeforeAWholeOneKeepsNothing() {
    let whole = BackupFixtures.entry("2026-03-03", of: "1/1")
    func refusal(_ day: String, _ isOfOthers: Bool) -> PrunePlan.Refusal? {
      let other = BackupFixtures.entry(
        day, of: "1/1", missing: ["orders/a"], isOfOthers: isOfOthers)
      let entries = [other, whole].sorted { $0.id > $1.id }
      return PrunePlan(
        BackupFixtures.listing(entries), database: "orders", keep: .init(last: 1),
        now: Timestamp.now()
      ).refusal
    }
    #expect(refusal("2026-03-04", true) == nil)
    #expect(refusal("2026-03-02", false) == nil)
    guard case .incompleteBackup(let id) = refusal("2026-03-04", false) else {
      Issue.record("the newest is INCOMPLETE")
      return
    }
    #expect(id.moment == BackupFixtures.moment("2026-03-04T02:00:00Z"))
  }

  @Test func aManifestThatSaysItBeganLaterIsNoRunThatEndedWell() {
    let failed = BackupID(at: BackupFixtures.moment("2026-03-04T02:00:00Z"))
    let id = BackupID(at: BackupFixtures.moment("2026-03-03T02:00:00Z"))
    let entry = BackupFixtures.entry(
      BackupFixtures.manifest(id, startedAt: failed.moment.advanced(by: .seconds(86_400))))
    let plan = PrunePlan(
      BackupFixtures.listing([entry], unlisted: [failed]), database: "orders",
      keep: .init(last: 1), now: Timestamp.now())
    #expect(plan.refusal == .unfinishedRun(failed))
  }

  @Test func aRunThatReallyFailedKeepsAnythingFromGoing() throws {
    for day in ["2026-03-01", "2026-03-02", "2026-03-03"] { try backup(day) }
    let site = try PostgresSite()
    #expect(throws: BackupError.self) {
      try site.run(into: storage, encryption: AgeEncryption(["age1nobody"])).run()
    }
    let id = try #require(try catalog.list().unlisted.first)
    let record = try BackupRunRecord(
      storage.read(catalog.keys.run(id), bytesMax: BackupRunRecord.bytesMax))
    #expect(record.failure?.contains("age") == true)
    let result = ops(["--keep-last", "1"])
    #expect(result.code == .refused && result.error.contains("\(id)"), "\(result)")
    #expect(try ids().count == 3)
  }

  @Test func whatAKilledPruningLeftGoesWithTheNext() throws {
    let old = try backup("2026-03-01")
    for day in ["2026-03-02", "2026-03-03"] { try backup(day) }
    // Killed behind the manifest, which goes first.
    try storage.delete(catalog.keys.manifest(old))
    let plan = ops(["--keep-last", "2"])
    #expect(plan.output.contains("left behind"), "\(plan)")
    let done = ops(["--keep-last", "2", "--apply", hash(plan.output), "--json"])
    #expect(done.code == .done)
    #expect(try JSONReader.read(done.output)["removed"] == 1)
    #expect(try catalog.list().unlisted == [])
    #expect(try ids().count == 2)
  }

  @Test func aBackupWhoseManifestTheListingLackedStays() throws {
    let ids = try ["2026-03-01", "2026-03-02", "2026-03-03"].map { try backup($0) }
    let lacking = BackupCatalog(
      WatchedStorage(storage, lacking: catalog.keys.manifest(ids[0])), catalog.keys)
    let plan = PrunePlan(
      try lacking.list(), database: "orders", keep: .init(last: 2), now: Timestamp.now())
    #expect(plan.leftovers == [ids[0]])
    var gone: [BackupID] = []
    try PruneRun(catalog: catalog) { gone.append($0) }.apply(plan, Interruption())
    #expect(gone == [])
    #expect(try catalog.list().entries.allSatisfy { $0.missing.isEmpty && $0.state == .proven })
    #expect(try self.ids() == ids.reversed())
  }

  @Test func anUnprovenOneThatIsNewerThanAllProvenStays() throws {
    for day in ["2026-03-01", "2026-03-02"] { try backup(day) }
    let new = try backup("2026-03-03", isProven: false)
    let newer = try backup("2026-03-04", isProven: false)
    let plan = ops(["--keep-last", "1"])
    _ = ops(["--keep-last", "1", "--apply", hash(plan.output)])
    let ids = try ids()
    #expect(ids.contains(new) && ids.contains(newer) && ids.count == 3)
  }

  @Test func locksAndVersionsAreToldApart() {
    #expect(BucketTraits(keepsVersions: false).notes == [])
    #expect(BucketTraits(keepsVersions: true).notes[0].contains("keeps versions"))
    #expect(
      BucketTraits(keepsVersions: true, lock: "COMPLIANCE 30 days").notes[0].contains("30 days"))
    #expect(BucketTraits().notes[0].contains("does not tell"))
  }
}
