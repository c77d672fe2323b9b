import JSON
import ObjectStorage
import TestSupport
import Testing

@testable import Ops

/// What a drill without a name says of newer backups that it does not take.
struct PassedOverTests {
  @Test func newerOnesThatDoNotCountAreNamedByKind() {
    let older = BackupFixtures.entry("2026-03-01", of: "1/1", missing: ["orders/old"])
    let taken = BackupFixtures.entry("2026-03-02", of: "1/1")
    let lost = BackupFixtures.entry("2026-03-03", of: "1/1", missing: ["orders/a"])
    let foreign = ["2026-03-04", "2026-03-05"].map {
      BackupFixtures.entry($0, of: "1/1", missing: ["orders/b"], isOfOthers: true)
    }
    let listing = BackupFixtures.listing(foreign.reversed() + [lost, taken, older])
    let found = listing.passedOver(for: taken)
    #expect(
      found.words == [
        "1 newer backup passed over that is INCOMPLETE: \(lost.id) lacks orders/a",
        "2 newer backups passed over that are UNSIGNED: \(foreign[1].id) by no key that counts",
      ])
    #expect(found.isFault)
    let unsigned = BackupFixtures.listing(foreign + [taken]).passedOver(for: taken)
    #expect(!unsigned.isFault && unsigned.words.count == 1)
    #expect(listing.passedOver(for: foreign[1]) == PassedOver())
  }

  @Test func newerOnesThatDoNotHaveAllAreNamed() {
    let taken = BackupFixtures.entry("2026-03-02", of: "1/1")
    let partial = ["2026-03-03", "2026-03-05"].map {
      BackupFixtures.entry($0, of: "1/1", excludedTables: ["public.log", "public.cache"])
    }
    let lost = BackupFixtures.entry(
      "2026-03-04", of: "1/1", missing: ["orders/a"], excludedTables: ["public.log"])
    let listing = BackupFixtures.listing([partial[1], lost, partial[0], taken])
    let found = listing.passedOver(for: taken)
    #expect(found.partial.map(\.id) == [partial[1].id, partial[0].id])
    #expect(
      found.words.last
        == "2 newer backups passed over that were taken without some of the database: "
        + "\(partial[1].id) without public.cache, public.log; drill it by its name")
    #expect(found.words.count == 2 && found.incomplete.map(\.id) == [lost.id])
    let alone = BackupFixtures.listing([partial[0], taken]).passedOver(for: taken)
    #expect(!alone.isFault && alone.words.count == 1)
    #expect(alone.lines(toTake: "look at it")[0].hasSuffix("public.log; look at it"))
  }

  @Test func aDrillEndsWellOnlyWhereTheNewestIsWhole() throws {
    let store = TemporaryDirectory()
    let site = try BackupSite(FileStorage(store.path), sql: "CREATE TABLE a AS SELECT 1 AS n")
    let whole = try site.take()
    let broken = try site.take()
    try site.storage.delete(try #require(ObjectKey(broken.files[0].key)))
    func drill(_ words: [String]) -> TestProgram.Result {
      TestProgram.run(
        words: [
          "backup", "drill", "--store", "file://" + store.path, "--name", "orders", "--scratch",
          site.directory.path, "--json",
        ] + words, tree: Ops.commands)
    }
    let newest = drill([])
    #expect(newest.code == .verificationFailed, "\(newest)")
    #expect(newest.error.contains("warning: 1 newer backup"), "\(newest)")
    let report = try JSONReader.read(newest.output)
    #expect(report["proven"] == true && report["backup"]?.text == whole.id.text, "\(newest)")
    let note = report["notes"]?.elements?.first?.text ?? ""
    #expect(note.contains("INCOMPLETE: \(broken.id) lacks"), "\(newest)")
    #expect(drill([whole.id.text]).code == .done)
    try site.storage.delete(try #require(ObjectKey(whole.files[0].key)))
    let none = drill([])
    #expect(none.code == .verificationFailed, "\(none)")
    #expect(none.error.contains("\(broken.files[0].key): is missing from the store"), "\(none)")
  }

  @Test func whereEveryOneOfOursIsIncompleteTheNewestIsNamed() {
    let lost = ["2026-03-03", "2026-03-02"].map {
      BackupFixtures.entry($0, of: "1/1", missing: ["orders/\($0)"])
    }
    let foreign = BackupFixtures.entry("2026-03-04", of: "1/1", isOfOthers: true)
    func choose(_ entries: [BackupEntry], _ state: BackupEntry.State) throws {
      _ = try BackupFixtures.listing(entries).choose(nil, atLeast: state)
    }
    for state in [BackupEntry.State.uploaded, .proven] {
      #expect(
        throws: BackupError.changed(key: "orders/2026-03-03", reason: "is missing from the store")
      ) {
        try choose([foreign] + lost, state)
      }
    }
    // One that counts, and is not proven, is there all the same.
    let whole = BackupFixtures.entry("2026-03-01", of: "1/1", isProven: false)
    let error = #expect(throws: BackupError.self) { try choose(lost + [whole], .proven) }
    #expect(error?.exitCode == .refused)
  }
}
