import Core
import Crypto
import JSON
import ObjectStorage
import POSIX
import TestSupport
import Testing

@testable import Ops

/// Prunes at the end of each of four hundred days, as `ops backup prune --apply` does, among runs
/// that fail and drills that come late.
struct PruneDaysTests {
  private let storage = MemoryStorage()
  private let keep = BackupPolicy.Keep(
    last: 3, hourly: 0, daily: 7, weekly: 4, monthly: 6, yearly: 1, minAge: .seconds(86_400))

  private var catalog: BackupCatalog { BackupCatalog(storage, BackupFixtures.keys()) }

  /// What is in the store, as whoever wrote it remembers.
  private struct Memory {
    var backups: [KeepRules.Candidate] = []
    var failed: Set<BackupID> = []

    /// Whether nothing may go today.
    var refuses: Bool {
      let newest = backups.map(\.id).max { $0.moment < $1.moment }
      return !backups.contains(where: \.isProven)
        || failed.contains { id in newest.map { id.moment > $0.moment } ?? true }
    }
  }

  private func publish(_ id: BackupID) throws {
    let manifest = BackupFixtures.manifest(id)
    for file in manifest.files {
      try storage.put([1, 2, 3], at: try #require(ObjectKey(file.key)))
    }
    try storage.put(Array("{}".utf8), at: catalog.keys.proof(id))
    try catalog.publish(manifest)
  }

  private func prove(_ id: BackupID) throws {
    try catalog.note(
      BackupMark(
        stage: .proven, id: id,
        manifestSHA256: Hexadecimal.encode(SHA256.hash(BackupFixtures.manifest(id).bytes)),
        at: id.moment, duration: .seconds(1), tool: "test", details: .null))
  }

  /// Some runs of a day, in their order, and some drills.
  private func live(
    _ day: Timestamp, _ memory: inout Memory, _ random: inout SeededGenerator
  ) throws {
    let seconds = (0..<([0, 1, 1, 1, 2].randomElement(using: &random) ?? 1))
      .map { _ in Int.random(in: 0..<86_400, using: &random) }
    for second in seconds.sorted() {
      let id = BackupID(at: day.advanced(by: .seconds(second)))
      if Int.random(in: 0..<8, using: &random) == 0 {
        try storage.put([1], at: catalog.keys.file(.custom, id, isEncrypted: false))
        memory.failed.insert(id)
      } else {
        try publish(id)
        memory.backups.append(.init(id: id, snapshotAt: id.moment, isProven: false))
      }
    }
    for (place, backup) in memory.backups.enumerated() where !backup.isProven {
      guard Int.random(in: 0..<3, using: &random) == 0 else { continue }
      try prove(backup.id)
      memory.backups[place] = .init(id: backup.id, snapshotAt: backup.snapshotAt, isProven: true)
    }
  }

  @Test func everyDayLeavesWhatTheRulesSayAndNothingElse() throws {
    var random = SeededGenerator(11)
    var memory = Memory()
    var (removed, refused) = (0, 0)
    let notes: ObjectKey = "orders/notes.txt"
    try storage.put([7], at: notes)
    let start = BackupFixtures.moment("2026-02-27T00:00:00Z")
    for day in 0..<400 {
      let morning = start.advanced(by: .seconds(day * 86_400))
      try live(morning, &memory, &random)
      let evening = morning.advanced(by: .seconds(86_400))
      let plan = PrunePlan(
        try catalog.list(), database: "orders", keep: keep, now: evening)
      try #require((plan.refusal != nil) == memory.refuses, "day \(day)")
      if memory.refuses {
        refused += 1
      } else {
        try PruneRun(catalog: catalog, removed: { _ in removed += 1 }).apply(plan, Interruption())
        let kept = KeepOracle(keep: keep, now: evening).kept(memory.backups)
        memory.backups.removeAll { !kept.contains($0.id) }
        let newestProven = memory.backups.filter(\.isProven).map(\.id.moment).max()
        memory.failed = memory.failed.filter { id in
          evening.since(id.moment) <= PrunePlan.leftoverAge
            || newestProven.map { id.moment > $0 } ?? true
        }
      }
      // Of three days one: each reads every record.
      guard day % 3 == 0 else { continue }
      let listing = try catalog.list()
      try #require(
        Set(listing.entries.map(\.id)) == Set(memory.backups.map(\.id)), "day \(day)")
      try #require(Set(listing.unlisted) == memory.failed, "day \(day)")
    }
    #expect(removed > 200 && refused > 20)
    #expect(try storage.head(notes) != nil)
  }
}
