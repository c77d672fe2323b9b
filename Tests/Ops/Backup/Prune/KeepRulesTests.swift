import Core
import Testing

@testable import Ops

/// The rules over four hundred simulated days, against an oracle that was written another way.
struct KeepRulesTests {
  private typealias Candidate = KeepRules.Candidate

  private static let firstDay = "2026-02-27T00:00:00Z"

  /// How databases follow each other under one name.
  enum Databases: CaseIterable, Sendable {
    case one
    /// Now and then another comes in place of the one before, which is lost.
    case followEachOther
    case takeTurns

    fileprivate func source(_ day: Int, _ random: inout SeededGenerator) -> String {
      switch self {
      case .one: "0"
      case .followEachOther: "\(day / 90)"
      case .takeTurns: "\(Int.random(in: 0..<2, using: &random))"
      }
    }
  }

  private static let leavingOut = [[], [], [], ["public.log"], ["public.log", "all rows"]]

  /// Backups of so many days: some days none, some days several, some never proven, some of a part.
  private static func backups(
    days: Int, _ databases: Databases, _ random: inout SeededGenerator
  ) -> [Candidate] {
    var found: [Candidate] = []
    guard let start = Timestamp(iso8601: firstDay) else { return [] }
    for day in 0..<days {
      let count = [0, 1, 1, 1, 1, 2, 5].randomElement(using: &random) ?? 1
      for _ in 0..<count {
        let second = Int.random(in: 0..<86_400, using: &random)
        let moment = start.advanced(by: .seconds(day * 86_400 + second))
        let isProven = Int.random(in: 0..<10, using: &random) < 7
        found.append(
          Candidate(
            id: BackupID(at: moment), snapshotAt: moment, isProven: isProven,
            leftOut: leavingOut.randomElement(using: &random) ?? [],
            source: databases.source(day, &random)))
      }
    }
    return found
  }

  private static func keep(_ random: inout SeededGenerator) -> BackupPolicy.Keep {
    func count(_ values: [Int]) -> Int { values.randomElement(using: &random) ?? 0 }
    return BackupPolicy.Keep(
      last: count([0, 1, 7]), hourly: count([0, 0, 24]), daily: count([0, 14, 30]),
      weekly: count([0, 8]), monthly: count([0, 12]), yearly: count([0, 3]),
      minAge: .seconds(count([0, 0, 7]) * 86_400))
  }

  @Test func aBackupOfAnotherDatabaseTakesNoPlaceOfThisOne() throws {
    let moments = (1...4).map { BackupFixtures.moment("2026-03-0\($0)T00:00:00Z") }
    let ours = moments.prefix(2).map {
      Candidate(id: BackupID(at: $0), snapshotAt: $0, isProven: true, source: "ours")
    }
    let theirs = moments.suffix(2).map {
      Candidate(id: BackupID(at: $0), snapshotAt: $0, isProven: true, source: "theirs")
    }
    var rules = KeepRules(keep: BackupPolicy.Keep(last: 2))
    let all = Set((ours + theirs).map(\.id))
    rules.sourcesTakeTurns = true
    #expect(Set(rules.kept(ours + theirs, now: moments[3]).keys) == all)
  }

  @Test func theLastProvenOfALostDatabaseStaysWhateverCameInItsPlace() throws {
    let moments = (1...6).map { BackupFixtures.moment("2026-03-0\($0)T00:00:00Z") }
    let lost = moments.prefix(3).map {
      Candidate(id: BackupID(at: $0), snapshotAt: $0, isProven: true, source: "lost")
    }
    let empty = moments.suffix(3).map {
      Candidate(id: BackupID(at: $0), snapshotAt: $0, isProven: true, source: "empty")
    }
    let kept = KeepRules(keep: BackupPolicy.Keep(last: 1)).kept(lost + empty, now: moments[5])
    #expect(kept == [lost[2].id: [.lastOfDatabase], empty[2].id: [.last]])
  }

  @Test(arguments: 0..<3, Databases.allCases)
  func fourHundredDaysKeepExactlyWhatTheRulesSay(_ seed: Int, _ databases: Databases) throws {
    var random = SeededGenerator(UInt64(seed) &+ 1)
    let keep = Self.keep(&random)
    let turns = databases == .takeTurns
    let arriving = Self.backups(days: 400, databases, &random)
    var store: [Candidate] = []
    var pending = arriving[...]
    let start = try #require(Timestamp(iso8601: Self.firstDay))
    for day in 1...400 {
      let now = start.advanced(by: .seconds(day * 86_400))
      while let next = pending.first, next.snapshotAt < now {
        store.append(next)
        pending.removeFirst()
      }
      store.shuffle(using: &random)
      let rules = KeepRules(keep: keep, sourcesTakeTurns: turns)
      let kept = Set(rules.kept(store, now: now).keys)
      // The oracle takes its time.
      if day % 10 == 0 {
        let expected = KeepOracle(keep: keep, now: now, sourcesTakeTurns: turns).kept(store)
        try #require(kept == expected, "day \(day)")
      }
      let staying = store.filter { kept.contains($0.id) }
      // What may never happen, whatever the rules are.
      for gone in store where !kept.contains(gone.id) {
        try #require(
          staying.contains { other in
            other.isProven && other.snapshotAt >= gone.snapshotAt && other.source == gone.source
              && Set(other.leftOut).isSubset(of: gone.leftOut)
          }, "day \(day)")
      }
      store = staying
    }
    #expect(arriving.count > 300)
  }

  @Test func oneDatabasesProofLetsNothingOfAnothersGo() throws {
    let moments = (1...4).map { BackupFixtures.moment("2026-03-0\($0)T00:00:00Z") }
    let ours = moments.prefix(3).map {
      Candidate(id: BackupID(at: $0), snapshotAt: $0, isProven: false, source: "ours")
    }
    let theirs = Candidate(
      id: BackupID(at: moments[3]), snapshotAt: moments[3], isProven: true, source: "theirs")
    for turns in [false, true] {
      let rules = KeepRules(keep: BackupPolicy.Keep(last: 1), sourcesTakeTurns: turns)
      let kept = rules.kept(ours + [theirs], now: moments[3])
      #expect(Set(kept.keys) == Set((ours + [theirs]).map(\.id)))
    }
  }

  @Test func anUnprovenBackupNeverTakesThePlaceOfAProvenOne() throws {
    let moments = try ["2026-03-01T02:00:00Z", "2026-03-01T22:00:00Z", "2026-03-02T02:00:00Z"].map {
      try #require(Timestamp(iso8601: $0))
    }
    let proven = Candidate(id: BackupID(at: moments[0]), snapshotAt: moments[0], isProven: true)
    let others = moments.dropFirst().map {
      Candidate(id: BackupID(at: $0), snapshotAt: $0, isProven: false)
    }
    let rules = KeepRules(keep: BackupPolicy.Keep(last: 1, daily: 1))
    let kept = rules.kept([proven] + others, now: moments[2].advanced(by: .seconds(86_400)))
    #expect(kept[proven.id] == [.last, .period(.daily)])
  }

  @Test func aProvenBackupThatLacksATableNeverTakesThePlaceOfOneThatHasIt() throws {
    let days = try (1...4).map { try #require(Timestamp(iso8601: "2026-03-0\($0)T02:00:00Z")) }
    let whole = days.prefix(2).map {
      Candidate(id: BackupID(at: $0), snapshotAt: $0, isProven: true)
    }
    let partial = days.suffix(2).map {
      Candidate(id: BackupID(at: $0), snapshotAt: $0, isProven: true, leftOut: ["public.log"])
    }
    let rules = KeepRules(keep: BackupPolicy.Keep(last: 1))
    let kept = rules.kept(whole + partial, now: days[3].advanced(by: .seconds(86_400)))
    #expect(Set(kept.keys) == [whole[1].id, partial[1].id])
  }

  @Test func whatHasAllAndWasNeverProvenStaysWhateverWasProvenThatLacksSomething() throws {
    let days = try (1...4).map { try #require(Timestamp(iso8601: "2026-03-0\($0)T02:00:00Z")) }
    let whole = days.prefix(3).map {
      Candidate(id: BackupID(at: $0), snapshotAt: $0, isProven: false)
    }
    let partial = Candidate(
      id: BackupID(at: days[3]), snapshotAt: days[3], isProven: true, leftOut: ["public.log"])
    let rules = KeepRules(keep: BackupPolicy.Keep(last: 1))
    let now = days[3].advanced(by: .seconds(86_400))
    #expect(Set(rules.kept(whole + [partial], now: now).keys) == Set((whole + [partial]).map(\.id)))
    // What has more may be restored in place of what has less.
    let full = Candidate(id: BackupID(at: days[3]), snapshotAt: days[3], isProven: true)
    let old = days.prefix(3).map {
      Candidate(
        id: BackupID(at: $0), snapshotAt: $0, isProven: false, leftOut: ["public.log"])
    }
    #expect(Set(rules.kept(old + [full], now: now).keys) == [old[2].id, full.id])
  }

  @Test func theOrderIsThatOfTheMomentsShownAndNotOfTheNames() throws {
    let early = try #require(Timestamp(iso8601: "2026-03-01T02:00:00Z"))
    let late = early.advanced(by: .seconds(86_400))
    // Begun by a clock that was a day ahead.
    let old = Candidate(id: BackupID(at: late), snapshotAt: early, isProven: true)
    let new = Candidate(id: BackupID(at: early), snapshotAt: late, isProven: true)
    let kept = KeepRules(keep: BackupPolicy.Keep(last: 1)).kept([old, new], now: late)
    #expect(Set(kept.keys) == [new.id])
  }

  @Test func weeksBeginWithMondayAlsoOverTheTurnOfTheYear() throws {
    let index = { (text: String) -> Int? in
      Timestamp(iso8601: text).map { KeepRules.Period.weekly.index(of: $0) }
    }
    #expect(index("2026-12-28T00:00:00Z") == index("2027-01-03T23:59:59Z"))
    #expect(index("2027-01-03T23:59:59Z") != index("2027-01-04T00:00:00Z"))
  }
}

/// The rules once more, by definition and slowly: texts in place of numbers, sets in place of runs.
struct KeepOracle {
  let keep: BackupPolicy.Keep
  let now: Timestamp
  var sourcesTakeTurns = false

  private typealias Names = [BackupID: [String]]

  func kept(_ all: [KeepRules.Candidate]) -> Set<BackupID> {
    let names = Dictionary(uniqueKeysWithValues: all.map { ($0.id, periods($0.snapshotAt)) })
    return Set(all.filter { stays($0, all, names) }.map(\.id))
  }

  private func stays(
    _ one: KeepRules.Candidate, _ all: [KeepRules.Candidate], _ names: Names
  ) -> Bool {
    if now.microsecondsSinceEpoch - one.snapshotAt.microsecondsSinceEpoch
      < keep.minAge.inMicroseconds
    {
      return true
    }
    let own = all.filter { $0.isProven && $0.source == one.source }
    let same = own.filter { $0.leftOut == one.leftOut }
    let fuller = own.filter { $0.leftOut.allSatisfy(one.leftOut.contains) }
    let witnesses = same.isEmpty ? fuller : same
    if !witnesses.contains(where: { !isNewer(one, $0) }) { return true }
    if one.isProven, !same.contains(where: { isNewer($0, one) }) { return true }
    let alike = all.filter {
      $0.leftOut == one.leftOut && (!sourcesTakeTurns || $0.source == one.source)
    }
    return isKept(one, among: alike, names)
      || one.isProven && isKept(one, among: alike.filter(\.isProven), names)
  }

  private func isKept(
    _ one: KeepRules.Candidate, among group: [KeepRules.Candidate], _ names: Names
  ) -> Bool {
    if group.filter({ isNewer($0, one) }).count < max(1, keep.last) { return true }
    let counts = [keep.hourly, keep.daily, keep.weekly, keep.monthly, keep.yearly]
    return counts.indices.contains { rule in
      func name(_ candidate: KeepRules.Candidate) -> String { names[candidate.id]?[rule] ?? "" }
      if counts[rule] == 0 { return false }
      let mine = name(one)
      let isNewestOfIts = !group.contains { name($0) == mine && isNewer($0, one) }
      let newerPeriods = Set(group.map(name).filter { $0 > mine })
      return isNewestOfIts && newerPeriods.count < counts[rule]
    }
  }

  /// What the hour, day, week, month and year of a moment are called.
  private func periods(_ moment: Timestamp) -> [String] {
    let text = moment.iso8601
    return [
      String(text.prefix(13)), String(text.prefix(10)), monday(moment), String(text.prefix(7)),
      String(text.prefix(4)),
    ]
  }

  private func isNewer(_ left: KeepRules.Candidate, _ right: KeepRules.Candidate) -> Bool {
    left.snapshotAt == right.snapshotAt
      ? left.id.text > right.id.text : left.snapshotAt > right.snapshotAt
  }

  /// The day on which the week of a moment began, found by walking back from day to day.
  private func monday(_ moment: Timestamp) -> String {
    // A Monday that is known, before all that is asked for.
    guard let known = CivilDate("2026-01-05") else { return "" }
    var day = moment.date.daysSinceEpoch
    while (day - known.daysSinceEpoch) % 7 != 0 { day -= 1 }
    return CivilDate(daysSinceEpoch: day).description
  }
}
