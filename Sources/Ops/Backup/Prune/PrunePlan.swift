import Core
import Crypto
import JSON

/// What pruning would do, before it does it.
struct PrunePlan: Sendable, Equatable {
  /// Why nothing may be removed now.
  enum Refusal: Sendable, Equatable {
    /// A backup that was never restored may be worth nothing.
    case nothingProven
    /// The newest run did not end well: what went wrong may have gone wrong for longer.
    case unfinishedRun(BackupID)
    /// The newest backup lost an object, or never had it.
    case incompleteBackup(BackupID)
  }

  /// One backup and what becomes of it.
  struct Line: Sendable, Equatable {
    let entry: BackupEntry
    /// In the order of their words; empty where it goes.
    let reasons: [String]

    var stays: Bool { !reasons.isEmpty }
  }

  let database: String
  let refusal: Refusal?
  /// Newest first.
  let lines: [Line]
  /// What killed runs left, and what a killed pruning did not come to.
  let leftovers: [BackupID]
  /// Keys that this program did not write, which stay.
  let foreign: Int
  /// Manifests and marks that can not be read, which stay.
  let unreadable: Int

  /// How old an unlisted backup is before it counts as left behind: longer than any run takes.
  static let leftoverAge: Duration = .seconds(3 * 86_400)
  /// Digits of the hash, which people copy.
  private static let hashDigits = 16

  /// The plan for what is in the store by `listing`.
  init(_ listing: BackupListing, database: String, keep: BackupPolicy.Keep, now: Timestamp) {
    let candidates = listing.entries.map { entry in
      KeepRules.Candidate(
        id: entry.id, snapshotAt: entry.manifest.snapshotAt, isProven: entry.state == .proven,
        leftOut: entry.manifest.leftOut, source: entry.manifest.source)
    }
    let rules = KeepRules(keep: keep, sourcesTakeTurns: listing.isMixed)
    let kept = rules.kept(candidates, now: now)
    self.database = database
    refusal = Self.refusal(listing)
    lines = listing.entries.map { entry in
      Line(entry: entry, reasons: (kept[entry.id] ?? []).map(\.words).sorted())
    }
    let newestProven = listing.newest(.proven, takesPartial: true)
    leftovers = listing.unlisted.filter { id in
      guard let newestProven, id.moment < newestProven.id.moment else { return false }
      return now.since(id.moment) > Self.leftoverAge
    }
    foreign = listing.foreign.count
    unreadable = listing.unreadable.count
  }

  /// Backups that go, oldest first.
  var removed: [BackupEntry] { lines.filter { !$0.stays }.map(\.entry).reversed() }
  /// The newest proven one that stays and could be restored in place of `entry`: of the same
  /// database, and leaving out no more.
  func guardian(of entry: BackupEntry) -> BackupEntry? {
    lines.first { line in
      line.stays && line.entry.state == .proven
        && line.entry.manifest.source == entry.manifest.source
        && Set(line.entry.manifest.leftOut).isSubset(of: entry.manifest.leftOut)
    }?.entry
  }
  /// Whether there is anything to do.
  var isEmpty: Bool { removed.isEmpty && leftovers.isEmpty }
  /// What the store would have less of.
  var freedBytes: Int64 { removed.reduce(0) { $0 + $1.manifest.storedBytes } }

  /// What `--apply` has to name: of everything that goes and everything that stays.
  ///
  /// Not of the time and not of the rules: the same outcome is the same plan.
  var hash: String {
    let ids = { (stays: Bool) -> JSONValue in
      .array(
        lines.filter { $0.stays == stays }.map { line in
          [.string(line.entry.id.text), .string(line.entry.manifestSHA256)]
        })
    }
    let facts: JSONValue = [
      "database": .string(database), "keep": ids(true), "remove": ids(false),
      "leftovers": .array(leftovers.map { .string($0.text) }),
    ]
    return String(Hexadecimal.encode(SHA256.hash(facts.recordBytes)).prefix(Self.hashDigits))
  }

  private static func refusal(_ listing: BackupListing) -> Refusal? {
    guard listing.newest(.proven, takesPartial: true) != nil else { return .nothingProven }
    // Both by their names: what a manifest says of its beginning, its writer could choose.
    let newest = listing.entries.filter(\.counts).map(\.id.moment).max()
    if let id = listing.unlisted.max(), let newest, id.moment > newest {
      return .unfinishedRun(id)
    }
    // What others wrote is no run of ours.
    let own = listing.entries.filter { !$0.isOfOthers }
    if let last = own.max(by: { $0.id < $1.id }), !last.missing.isEmpty {
      return .incompleteBackup(last.id)
    }
    return nil
  }
}

extension PrunePlan {
  /// The plan for people.
  var text: [String] {
    var table = lines.map { line in
      let verdict = line.stays ? "keep" : "remove"
      let why = line.stays ? line.reasons.joined(separator: ", ") : "no rule keeps it"
      let state = line.entry.state.rawValue
      return "\(padded(verdict, 6))  \(line.entry.id)  \(padded(state, 14))  \(why)"
    }
    table += leftovers.map {
      "remove  \($0)  unfinished      left behind by a run that failed or was killed"
    }
    let sum = "\(removed.count) of \(lines.count) backups would go, \(freedBytes) bytes"
    var notes = [sum]
    if !leftovers.isEmpty { notes.append("\(leftovers.count) unfinished backups would go") }
    if foreign > 0 { notes.append("\(foreign) objects of others stay") }
    if unreadable > 0 { notes.append("\(unreadable) records cannot be read and stay") }
    return table + notes
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  var json: JSONValue {
    let lines = lines.map { line -> JSONValue in
      [
        "id": .string(line.entry.id.text),
        "snapshotAt": .string(line.entry.manifest.snapshotAt.iso8601),
        "state": .string(line.entry.state.rawValue), "stays": .boolean(line.stays),
        "reasons": .array(line.reasons.map { .string($0) }),
        "bytes": .integer(line.entry.manifest.storedBytes),
      ]
    }
    return [
      "database": .string(database), "hash": .string(hash), "backups": .array(lines),
      "leftovers": .array(leftovers.map { .string($0.text) }),
      "freedBytes": .integer(freedBytes), "foreign": .integer(Int64(foreign)),
      "unreadable": .integer(Int64(unreadable)),
      "refusal": refusal.map { .string($0.words) } ?? .null,
    ]
  }
}

extension PrunePlan.Refusal {
  var words: String {
    switch self {
    case .nothingProven:
      "no backup is proven by a restore, so none is known to be worth keeping the others for"
    case .unfinishedRun(let id):
      "run \(id) came after the newest backup and has not ended, failed or was killed"
    case .incompleteBackup(let id): "the newest backup \(id) is INCOMPLETE"
    }
  }
}
