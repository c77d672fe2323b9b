import Core

@testable import Ops

/// What reaches a witness of what happens in a cluster, by the real machine of watches: late,
/// twice, or after a list, each kind in its own time.
final class SimulatedWatch {
  static let kinds: [ResourceKind] = [.deployment, .replicaSet, .pod, .event]
  /// As `WitnessFeed` has it.
  static let silenceMax: Duration = .seconds(20)
  /// How long a server lets a watch be open.
  private static let openMax: Duration = .seconds(300)
  /// Steps of a machine at one moment; more are a loop.
  private static let stepsMax = 10_000

  private struct Feed {
    var machine: WatchMachine
    var action: WatchMachine.Action
    var waitsUntil: Duration = .zero
    /// What the server has to tell since the moment that the machine knows.
    var queue: [(at: Duration, change: ClusterChange)] = []
    var openedAt: Duration = .zero
    var heardAt: Duration = .zero
    /// Open, and nothing comes any more.
    var isDeaf = false

    init(_ kind: ResourceKind) {
      machine = WatchMachine(kind)
      action = machine.start
    }
  }

  private unowned let cluster: SimulatedCluster
  private let faults: SimulatedFaults
  private let kinds: [ResourceKind]
  private var feeds: [ResourceKind: Feed] = [:]
  private var generator: SeededGenerator

  init(
    _ cluster: SimulatedCluster, _ faults: SimulatedFaults, _ generator: SeededGenerator,
    kinds: [ResourceKind] = SimulatedWatch.kinds
  ) {
    self.cluster = cluster
    self.kinds = kinds
    self.faults = faults
    self.generator = generator
    for kind in kinds { feeds[kind] = Feed(kind) }
  }

  /// Takes in what happened.
  func take(_ change: ClusterChange, at now: Duration) {
    guard feeds[change.kind] != nil else { return }
    put(change, at: now)
    if generator.happens(faults.doubled) { put(change, at: now) }
  }

  /// What has arrived by now.
  func arrived(by now: Duration) -> [ClusterChange] { kinds.flatMap { arrived($0, by: now) } }

  private func put(_ change: ClusterChange, at now: Duration) {
    let kind = change.kind
    let delay = generator.milliseconds(faults.delay[kind] ?? 0...50)
    // A watch may be late, and tells in order all the same.
    let last = feeds[kind]?.queue.last?.at ?? .zero
    feeds[kind]?.queue.append((max(last, now + delay), change))
  }

  private func arrived(_ kind: ResourceKind, by now: Duration) -> [ClusterChange] {
    guard var feed = feeds[kind] else { return [] }
    defer { feeds[kind] = feed }
    if faults.silent.contains(where: { $0.kind == kind && $0.when.contains(now) }) {
      feed.isDeaf = true
    }
    var changes: [ClusterChange] = []
    for _ in 0..<Self.stepsMax {
      guard now >= feed.waitsUntil, let event = outcome(of: feed.action, kind, &feed, now) else {
        return changes
      }
      let step = feed.machine.handle(event, jitter: Double.random(in: 0...1, using: &generator))
      changes += step.changes
      feed.action = step.action
      feed.waitsUntil = now + step.pause
    }
    preconditionFailure("a watch of \(kind.plural) makes no pause")
  }

  /// What comes of what a machine wants; nil while nothing does.
  private func outcome(
    of action: WatchMachine.Action, _ kind: ResourceKind, _ feed: inout Feed, _ now: Duration
  ) -> WatchMachine.Event? {
    let isAway = faults.away.contains { $0.contains(now) }
    switch action {
    case .list:
      if isAway { return failed(.timeout, kind) }
      // Events are listed nowhere here: what was not told yet is told later.
      if kind != .event { feed.queue = [] }
      return .listed(ClusterList(items: cluster.list(kind), resourceVersion: "1"))
    case .open:
      if isAway { return failed(.unreachable, kind) }
      (feed.openedAt, feed.heardAt, feed.isDeaf) = (now, now, false)
      return .opened
    case .read:
      if isAway || faults.cut.contains(where: { $0.contains(now) }) {
        return failed(.unreachable, kind)
      }
      if now - feed.heardAt >= Self.silenceMax { return failed(.timeout, kind) }
      if now - feed.openedAt >= Self.openMax { return .ended }
      guard !feed.isDeaf, let next = feed.queue.first, next.at <= now else { return nil }
      feed.heardAt = now
      feed.queue.removeFirst()
      return line(next.change).map { .line($0) }
    }
  }

  private func line(_ change: ClusterChange) -> WatchLine? {
    switch change {
    case .updated(_, let object): .updated(object, resourceVersion: "1")
    case .deleted(_, let object): .deleted(object, resourceVersion: "1")
    case .replaced, .lost: nil
    }
  }

  private func failed(_ reason: ClusterFailure.Reason, _ kind: ResourceKind) -> WatchMachine.Event {
    .failed(
      ClusterFailure(
        reason: reason, context: "simulated", call: ClusterCall("watch", kind, namespace: nil),
        message: "the API server does not answer"))
  }
}
