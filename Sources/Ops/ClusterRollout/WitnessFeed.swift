import Core
import POSIX

/// Lets a witness see a cluster: what watches tell of its objects, and what failed containers said,
/// fetched before it vanishes.
final class WitnessFeed<Subject: WitnessSubject>: Sendable {
  /// How long a watch may say nothing before it is checked by a list: no watch is blind for longer.
  private static var silenceMax: Duration { .seconds(20) }
  /// Between two looks at what the watches told.
  private static var interval: Duration { .milliseconds(100) }
  /// Lines of a log that are fetched.
  private static var linesMax: Int { 40 }

  fileprivate struct State {
    var witness: Witness<Subject>
    /// As it was after the last look, with all that was said by then.
    var finding = WitnessFinding.progressing
    var isStopped = false
  }

  private let client: ClusterClient
  private let namespace: String
  /// Each ends a watch.
  private let stops: [@Sendable () -> Void]
  fileprivate let state: Guarded<State>

  /// Begins to watch.
  init(
    _ subject: Subject, policy: WitnessPolicy = WitnessPolicy(), of client: ClusterClient,
    in namespace: String
  ) throws {
    (self.client, self.namespace) = (client, namespace)
    let state = Guarded(State(witness: Witness(subject, policy: policy)))
    self.state = state
    let (surroundings, silenceMax) = (client.surroundings, Self.silenceMax)
    stops = try (Subject.kinds + [.event]).map { kind in
      try surroundings.watch(client, ClusterSelection(kind, in: namespace), silenceMax) { change in
        state.withLock { $0.witness.handle(change, at: surroundings.now()) }
      }
    }
    try surroundings.work("witness", Self.interval) {
      if state.withLock({ $0.isStopped }) { return true }
      Self.look(client, namespace, state)
      return false
    }
  }

  deinit { stop() }

  /// How it stands.
  var finding: WitnessFinding { state.withLock { $0.finding } }

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
    Self.look(client, namespace, state)
    return state.withLock { $0.witness.evidence }
  }

  /// A cause in one line.
  func line(of cause: Cause) -> String { state.withLock { $0.witness.line(of: cause) } }

  /// Ends the thread at its next look.
  func stop() {
    for stop in stops { stop() }
    state.withLock { $0.isStopped = true }
  }

  private static func look(
    _ client: ClusterClient, _ namespace: String, _ state: Guarded<State>
  ) {
    for request in state.withLock({ $0.witness.takeLogRequests() }) {
      let lines = lines(of: request, client, namespace)
      state.withLock { $0.witness.keep(lines, of: request) }
    }
    state.withLock { state in
      let finding = state.witness.look(at: client.surroundings.now())
      // A cause is told with the last words of what failed: those that are due come first.
      if state.witness.logs.pending.isEmpty { state.finding = finding }
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
    let counts: [ReplicaCount] = sets.compactMap { set in
      let pods = objects.pods(of: set.object.uid)
      guard !pods.isEmpty,
        let revision = set.template.variable(DeploymentSubject.revisionVariable).first
      else { return nil }
      let serving = pods.count { $0.isReady && !$0.object.isLeaving }
      return ReplicaCount(revision: revision, serving: serving, total: pods.count)
    }
    return ReplicaCount.summed(counts)
  }
}
