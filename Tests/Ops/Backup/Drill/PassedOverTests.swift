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
  }
}
