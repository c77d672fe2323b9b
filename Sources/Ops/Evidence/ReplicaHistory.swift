import Core

/// How many replicas of one release there are at a moment.
struct ReplicaCount: Sendable, Equatable {
  /// Which release.
  let revision: String
  /// Those that clients may reach.
  let serving: Int
  /// All that run or start: processes, or pods of a cluster.
  let total: Int
}

extension ReplicaCount {
  /// One count for each release: its canary's pods are its own as well.
  static func summed(_ counts: [ReplicaCount]) -> [ReplicaCount] {
    var seen: Set<String> = []
    return counts.map(\.revision).filter { seen.insert($0).inserted }.map { revision in
      let own = counts.filter { $0.revision == revision }
      return ReplicaCount(
        revision: revision, serving: own.reduce(0) { $0 + $1.serving },
        total: own.reduce(0) { $0 + $1.total })
    }
  }
}

/// The replicas of each release over time: what changed, and when.
struct ReplicaHistory: Sendable, Equatable {
  /// What was seen, until the next change.
  struct Change: Sendable, Equatable {
    let time: Timestamp
    let counts: [ReplicaCount]
  }

  /// Most changes that are kept: replicas that come and go without end must not fill the memory.
  static let changesMax = 5000

  private(set) var changes: [Change] = []
  /// Whether there were more changes than are kept.
  private(set) var isCut = false

  /// Takes in what is seen now; nothing is kept while nothing changes.
  mutating func add(_ counts: [ReplicaCount], at time: Timestamp) {
    guard counts != changes.last?.counts else { return }
    guard changes.count < Self.changesMax else {
      isCut = true
      return
    }
    changes.append(Change(time: time, counts: counts))
  }

  /// Every release that had replicas, in the order in which they came.
  var revisions: [String] {
    var seen: Set<String> = []
    return changes.flatMap(\.counts).map(\.revision).filter { seen.insert($0).inserted }
  }

  /// Most replicas of one release at a moment.
  var most: Int { changes.flatMap(\.counts).map(\.total).max() ?? 0 }
}
