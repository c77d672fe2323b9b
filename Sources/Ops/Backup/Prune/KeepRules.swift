import Core

/// Which backups stay: the rules of `backup.keep`, without effects.
///
/// They are applied to the proven backups alone, so that no backup that may be worthless ever takes
/// the place of one that is known to be good. Then once more to all, which keeps those that wait
/// for their drill. The order is that of the moments which the backups show.
struct KeepRules: Sendable, Equatable {
  let keep: BackupPolicy.Keep
  /// Whether several databases take turns in the catalog: each has places of its own then.
  var sourcesTakeTurns = false

  /// Proven backups that stay even where every count is 0.
  static let provenMin = 1

  /// What the rules look at.
  struct Candidate: Sendable, Equatable {
    let id: BackupID
    let snapshotAt: Timestamp
    let isProven: Bool
    /// As `BackupManifest.leftOut`.
    var leftOut: [String] = []
    /// As `BackupManifest.source`.
    var source = ""

    /// What proves something of each other: of one database, and without the same.
    fileprivate var kind: [String] { [source] + leftOut }
  }

  /// Why a backup stays.
  enum Reason: Sendable, Hashable {
    case last
    case period(Period)
    /// It is younger than `minAge`.
    case young
    /// It is newer than every proven one of its database that has as much: what it is worth is not
    /// known yet.
    case notYetDrilled
    /// The newest proven one of its database, which may be the one that was lost.
    case lastOfDatabase
  }

  /// A stretch of time, in UTC, of which the newest backup stays.
  enum Period: String, CaseIterable, Sendable {
    case hourly
    case daily
    case weekly
    case monthly
    case yearly
  }

  /// Every backup that stays, with all reasons; those that are missing may go.
  func kept(_ candidates: [Candidate], now: Timestamp) -> [BackupID: Set<Reason>] {
    var kept: [BackupID: Set<Reason>] = [:]
    // Only those that are alike take places of each other.
    for alike in Dictionary(grouping: candidates, by: likeness).values {
      kept.merge(self.kept(alike, now)) { $0.union($1) }
    }
    for kind in Dictionary(grouping: candidates, by: \.kind).values {
      let proven = kind.filter(\.isProven).max(by: Self.isOlder)
      let last = proven ?? Self.newestProven(instead: kind[0], candidates)
      for candidate in kind where last.map({ Self.isOlder($0, candidate) }) ?? true {
        kept[candidate.id, default: []].insert(.notYetDrilled)
      }
      // A lost database gets no more of them, and those of an empty one in its place, proven like
      // any other, say nothing of what it held.
      if let proven, kept[proven.id] == nil { kept[proven.id] = [.lastOfDatabase] }
    }
    return kept
  }

  private func likeness(_ candidate: Candidate) -> [String] {
    sourcesTakeTurns ? candidate.kind : candidate.leftOut
  }

  /// What the counts and the age keep of those that are alike.
  private func kept(_ alike: [Candidate], _ now: Timestamp) -> [BackupID: Set<Reason>] {
    let ordered = alike.sorted { Self.isOlder($1, $0) }
    let proven = ordered.filter(\.isProven)
    var kept: [BackupID: Set<Reason>] = [:]
    func stay(_ id: BackupID, _ reason: Reason) { kept[id, default: []].insert(reason) }
    for group in [proven, ordered] {
      for candidate in group.prefix(max(Self.provenMin, keep.last)) { stay(candidate.id, .last) }
      for period in Period.allCases {
        for id in newest(group, of: period) { stay(id, .period(period)) }
      }
    }
    for candidate in ordered where now.since(candidate.snapshotAt) < keep.minAge {
      stay(candidate.id, .young)
    }
    return kept
  }

  /// The newest proven one that could be restored in place of `candidate`: it is of the same
  /// database and leaves out no more.
  private static func newestProven(
    instead candidate: Candidate, _ candidates: [Candidate]
  ) -> Candidate? {
    candidates.filter {
      $0.isProven && $0.source == candidate.source
        && Set($0.leftOut).isSubset(of: candidate.leftOut)
    }.max(by: isOlder)
  }

  private static func isOlder(_ left: Candidate, _ right: Candidate) -> Bool {
    (left.snapshotAt, left.id) < (right.snapshotAt, right.id)
  }

  /// The newest of each of the last periods that have any.
  private func newest(_ ordered: [Candidate], of period: Period) -> [BackupID] {
    var ids: [BackupID] = []
    var last: Int?
    for candidate in ordered {
      if ids.count == keep.count(period) { break }
      let index = period.index(of: candidate.snapshotAt)
      if index != last { ids.append(candidate.id) }
      last = index
    }
    return ids
  }
}

extension KeepRules.Period {
  private static let hourMicroseconds: Int64 = 3_600_000_000

  /// A number that all moments of one such period have, and those of no other.
  func index(of moment: Timestamp) -> Int {
    let date = moment.date
    switch self {
    case .hourly:
      let (hours, rest) = moment.microsecondsSinceEpoch.quotientAndRemainder(
        dividingBy: Self.hourMicroseconds)
      return Int(rest < 0 ? hours - 1 : hours)
    case .daily: return date.daysSinceEpoch
    case .weekly:
      // The epoch is a Thursday; weeks begin with Monday.
      let days = date.daysSinceEpoch + 3
      return days >= 0 ? days / 7 : (days - 6) / 7
    case .monthly: return date.year * 12 + date.month
    case .yearly: return date.year
    }
  }
}

extension BackupPolicy.Keep {
  func count(_ period: KeepRules.Period) -> Int {
    switch period {
    case .hourly: hourly
    case .daily: daily
    case .weekly: weekly
    case .monthly: monthly
    case .yearly: yearly
    }
  }
}

extension KeepRules.Reason {
  /// One or two words for people.
  var words: String {
    switch self {
    case .last: "last"
    case .period(let period): period.rawValue
    case .young: "young"
    case .notYetDrilled: "newer than what is proven"
    case .lastOfDatabase: "last of its database"
    }
  }
}
