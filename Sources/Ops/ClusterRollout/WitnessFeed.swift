import Core
import POSIX

/// Lets a witness see a cluster: what watches tell of its objects, and what failed containers said,
/// fetched before it vanishes.
final class WitnessFeed<Subject: WitnessSubject>: Sendable {
  /// Between two looks at what the watches told.
  private static var interval: Duration { .milliseconds(100) }
  /// Lines of a log that are fetched.
  private static var linesMax: Int { 40 }
  /// Logs that are fetched at once.
  private static var fetchersMax: Int { 4 }
  /// How long the last words of what failed are waited for before the failure is told.
  private static var lastWordsMax: Duration { .milliseconds(500) }
  /// How long the way back waits for logs that it would take away.
  private static var evidenceMax: Duration { .seconds(1) }
  private static var evidenceTick: Duration { .milliseconds(10) }

  fileprivate struct State {
    var witness: Witness<Subject>
    /// As it was after the last look.
    var finding = WitnessFinding.progressing
    /// Since when it is a failure; nil while it is none.
    var failedAt: ContinuousClock.Instant?
    /// Logs that are on their way.
    var fetching: Set<LogRequest> = []
    var isStopped = false
  }

  private let client: ClusterClient
  private let namespace: String
  private let watches: [WatchFeed]
  fileprivate let state: Guarded<State>
  private let requests = BoundedQueue<LogRequest>(itemsMax: LogPlan.requestsMax)

  /// Begins to watch.
  init(
    _ subject: Subject, policy: WitnessPolicy = WitnessPolicy(), of client: ClusterClient,
    in namespace: String
  ) throws {
    (self.client, self.namespace) = (client, namespace)
    let state = Guarded(State(witness: Witness(subject, policy: policy)))
    self.state = state
    watches = try (Subject.kinds + [.event]).map { kind in
      try WatchFeed(client, ClusterSelection(kind, in: namespace)) { change in
        state.withLock { $0.witness.handle(change, at: .now()) }
      }
    }
    let requests = requests
    for _ in 0..<Self.fetchersMax {
      try WorkThread.detach("witness logs") {
        while let request = requests.next() { Self.fetch(request, client, namespace, state) }
      }
    }
    try WorkThread.detach("witness") {
      while !state.withLock({ $0.isStopped }) {
        Self.look(requests, state)
        WorkThread.sleep(Self.interval)
      }
    }
  }

  deinit { stop() }

  /// How it stands; a failure with the last words of what failed, where they come in time.
  var finding: WitnessFinding {
    state.withLock { state in
      guard case .failed(let cause) = state.finding, let since = state.failedAt,
        since.duration(to: .now) < Self.lastWordsMax, cause.exit?.lastLine == nil,
        state.fetching.contains(where: { $0.place == cause.place.map { [$0.pod, $0.container] } })
      else { return state.finding }
      return .progressing
    }
  }

  /// What the gate is to hear.
  var observation: PlatformObservation {
    switch finding {
    case .progressing: .progressing
    case .complete: .complete
    case .failed(let cause): .failed(line(of: cause))
    case .unknown(let reason): .unknown(reason)
    }
  }

  /// What the failed pods said, and what was said of them.
  func evidence() -> [RolloutEvidence] {
    Self.look(requests, state)
    let deadline = Deadline.after(Self.evidenceMax)
    while !state.withLock({ $0.fetching.isEmpty }), !deadline.hasPassed {
      WorkThread.sleep(Self.evidenceTick)
    }
    return state.withLock { $0.witness.evidence }
  }

  /// A cause in one line.
  func line(of cause: Cause) -> String { state.withLock { $0.witness.line(of: cause) } }

  /// Ends its threads, each after what it does.
  func stop() {
    for watch in watches { watch.stop() }
    state.withLock { $0.isStopped = true }
    requests.close()
  }

  private static func look(_ queue: BoundedQueue<LogRequest>, _ state: Guarded<State>) {
    let fresh = state.withLock { state in
      state.finding = state.witness.look(at: .now())
      if case .failed = state.finding { state.failedAt = state.failedAt ?? .now }
      let fresh = state.witness.takeLogRequests()
      state.fetching.formUnion(fresh)
      return fresh
    }
    for request in fresh where !queue.append(request) {
      state.withLock { _ = $0.fetching.remove(request) }
    }
  }

  private static func fetch(
    _ request: LogRequest, _ client: ClusterClient, _ namespace: String, _ state: Guarded<State>
  ) {
    let lines = lines(of: request, client, namespace)
    state.withLock { state in
      state.witness.keep(lines, of: request)
      state.fetching.remove(request)
    }
  }

  private static func lines(
    of request: LogRequest, _ client: ClusterClient, _ namespace: String
  ) -> [String] {
    var log = PodLog(request.pod, in: namespace, container: request.container)
    log.isPrevious = request.isPrevious
    log.tailLines = linesMax
    let text = (try? client.log(log)) ?? []
    return String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
      .map(String.init)
  }
}

extension WitnessFeed<DeploymentSubject> {
  /// The pods of each release of the Deployment, the newest last.
  var replicas: [ReplicaCount] {
    let objects = state.withLock { $0.witness.objects }
    let sets = objects.replicaSets.values.sorted { $0.object.createdAt < $1.object.createdAt }
    return sets.compactMap { set in
      let pods = objects.pods(of: set.object.uid)
      guard !pods.isEmpty,
        let revision = set.template.variable(DeploymentSubject.revisionVariable).first
      else { return nil }
      let serving = pods.count { $0.isReady && !$0.object.isLeaving }
      return ReplicaCount(revision: revision, serving: serving, total: pods.count)
    }
  }
}
