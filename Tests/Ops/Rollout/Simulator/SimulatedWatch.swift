import Core

@testable import Ops

/// What reaches a witness of what happens in a cluster: late, twice, or not at all until the next
/// list, each kind in its own time.
final class SimulatedWatch {
  /// How the network and the API server misbehave.
  struct Faults {
    /// How late each kind is told of, at the least and at the most.
    var delay: [ResourceKind: ClosedRange<Int>] = [:]
    /// The share of changes that are told twice.
    var doubled = 0.0
    /// When the API does not answer at all.
    var away: [ClosedRange<Duration>] = []
    /// When changes of a kind get lost without anybody's knowing, until the list that follows.
    var silent: [(kind: ResourceKind, when: ClosedRange<Duration>)] = []
  }

  static let kinds: [ResourceKind] = [.deployment, .replicaSet, .pod, .event]

  private unowned let cluster: SimulatedCluster
  private let faults: Faults
  private let kinds: [ResourceKind]
  private var queues: [ResourceKind: [(at: Duration, change: ClusterChange)]] = [:]
  private var generator: SeededGenerator
  private var deaf: Set<ResourceKind> = []
  private var isAway = false

  init(
    _ cluster: SimulatedCluster, _ faults: Faults, _ generator: SeededGenerator,
    kinds: [ResourceKind] = SimulatedWatch.kinds
  ) {
    self.cluster = cluster
    self.kinds = kinds
    self.faults = faults
    self.generator = generator
    for kind in kinds { put(.replaced(kind, cluster.list(kind)), at: cluster.now) }
  }

  /// Takes in what happened.
  func take(_ change: ClusterChange, at now: Duration) {
    resync(at: now)
    guard kinds.contains(change.kind), !isAway, !deaf.contains(change.kind) else { return }
    put(change, at: now)
    if generator.happens(faults.doubled) { put(change, at: now) }
  }

  /// What has arrived by now.
  func arrived(by now: Duration) -> [ClusterChange] {
    resync(at: now)
    return kinds.flatMap { kind in
      let due = queues[kind, default: []].prefix { $0.at <= now }
      queues[kind]?.removeFirst(due.count)
      return due.map(\.change)
    }
  }

  private func put(_ change: ClusterChange, at now: Duration) {
    let kind = change.kind
    let delay = generator.milliseconds(faults.delay[kind] ?? 0...50)
    // A watch may be late, and tells in order all the same.
    let last = queues[kind, default: []].last?.at ?? .zero
    queues[kind, default: []].append((max(last, now + delay), change))
  }

  /// Notices that faults begin and end.
  private func resync(at now: Duration) {
    let wasAway = isAway
    isAway = faults.away.contains { $0.contains(now) }
    for kind in kinds {
      if isAway, !wasAway { put(.lost(kind, "the API server does not answer"), at: now) }
      let wasDeaf = deaf.contains(kind)
      let isDeaf = faults.silent.contains { $0.kind == kind && $0.when.contains(now) }
      if isDeaf { deaf.insert(kind) } else { deaf.remove(kind) }
      if !isAway, wasAway || wasDeaf && !isDeaf {
        put(.replaced(kind, cluster.list(kind)), at: now)
      }
    }
  }
}
