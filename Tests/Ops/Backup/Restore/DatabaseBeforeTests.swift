import Core
import ObjectStorage
import TestSupport
import Testing

@testable import Ops

/// An empty database that comes up in place of a lost one is backed up and proven like any other.
struct DatabaseBeforeTests {
  private static func before(_ entries: [BackupEntry]) -> BackupID? {
    BackupFixtures.listing(entries).databaseBefore(entries[0])?.id
  }

  private static func entry(_ day: String, _ source: String, counts: Bool = true) -> BackupEntry {
    BackupFixtures.entry("2026-03-\(day)", of: source, missing: counts ? [] : ["a"])
  }

  @Test func theNewestOfTheDatabaseBeforeIsFoundUntilAWeekOfBackupsIsThere() {
    let old = [Self.entry("02", "ours"), Self.entry("01", "ours")]
    #expect(Self.before(old) == nil)
    #expect(Self.before([Self.entry("03", "new")] + old) == old[0].id)
    // However many there are of one night.
    let night = [Self.entry("04", "new"), Self.entry("03", "new")]
    #expect(Self.before(night + old) == old[0].id)
    let week = [Self.entry("10", "new"), Self.entry("03", "new")]
    #expect(Self.before(week + old) == nil)
    let lessThanAWeek = [Self.entry("09", "new"), Self.entry("03", "new")]
    #expect(Self.before(lessThanAWeek + old) == old[0].id)
    // A week without any backup is none of one database.
    let late = [Self.entry("12", "new"), Self.entry("11", "new")]
    #expect(Self.before(late + old) == old[0].id)
    #expect(Self.before([Self.entry("18", "new")] + late + old) == nil)
    // However long ago: nothing lies between. Rules that keep one alone leave it at that.
    #expect(Self.before([Self.entry("28", "new")] + old) == old[0].id)
  }

  @Test func whatDoesNotCountIsNoDatabaseBefore() {
    let entries = [
      Self.entry("03", "ours"), Self.entry("02", "forged", counts: false),
      Self.entry("01", "ours"),
    ]
    #expect(Self.before(entries) == nil)
  }

  @Test func theProvenBackupOfAnEmptyDatabaseIsNotTakenForTheLostOne() throws {
    let store = TemporaryDirectory()
    let storage = FileStorage(store.path)
    let (lost, empty) = (try BackupSite(storage), try BackupSite(storage, sql: "SELECT 1"))
    func ops(_ words: [String]) -> TestProgram.Result {
      TestProgram.run(
        words: ["backup"] + words + ["--store", "file://" + store.path, "--name", "orders"],
        tree: Ops.commands)
    }
    let good = try lost.take()
    #expect(try lost.drill(good.id).isProven)
    let bad = try empty.take()
    #expect(try empty.drill(bad.id).isProven)
    let words = ["restore", "--database", lost.server.url(of: try lost.emptyDatabase())]
    let refused = ops(words)
    #expect(refused.code == .refused, "\(refused)")
    for part in ["\(good.id) shows", "\(bad.id) shows", " 0 rows", good.snapshotAt.iso8601] {
      #expect(refused.error.contains(part), "\(refused)")
    }
    let restored = ops(words + [good.id.text])
    #expect(restored.code == .done, "\(restored)")
  }
}
