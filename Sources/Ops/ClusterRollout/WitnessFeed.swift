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
  /// Logs that are fetched at once.
  private static var fetchersMax: Int { 4 }
  /// How long the last words of what failed are waited for before the failure is told.
  private static var lastWordsMax: Duration { .milliseconds(1200) }
  /// How long the way back waits for logs that it would take away.
  private static var evidenceMax: Duration { .seconds(1) }
  private static var evidenceTick: Duration { .milliseconds(10) }
  /// Between two looks for Secrets that were not there yet.
  private static var secretsPause: Duration { .seconds(5) }
  /// Between two looks for a log that is to be fetched.
  private static var fetchPause: Duration { .milliseconds(20) }

  fileprivate struct State {
    var witness: Witness<Subject>
    /// As it was after the last look.
    var finding = WitnessFinding.progressing
    /// Since when it is a failure; nil while it is none.
    var failedAt: Duration?
    /// Logs that are to be fetched, and those that are on their way beside them.
    var waiting: [LogRequest] = []
    var fetching: Set<LogRequest> = []
    var isStopped = false

    mutating func takeWaiting() -> LogRequest? {
      isStopped || waiting.isEmpty ? nil : waiting.removeFirst()
    }
  }

  private let client: ClusterClient
  private let namespace: String
  private let secrets: GivenSecrets?
  /// Each ends a watch.
  private let stops: [@Sendable () -> Void]
  fileprivate let state: Guarded<State>

  /// Begins to watch; `secrets` are taken out of what pods say before anybody cuts a line of it.
  init(
    _ subject: Subject, policy: WitnessPolicy = WitnessPolicy(), of client: ClusterClient,
    in namespace: String, secrets: GivenSecrets? = nil
  ) throws {
    (self.client, self.namespace, self.secrets) = (client, namespace, secrets)
    let state = Guarded(State(witness: Witness(subject, policy: policy)))
    self.state = state
    let (surroundings, silenceMax) = (client.surroundings, Self.silenceMax)
    stops = try (Subject.kinds + [.event]).map { kind in
      try surroundings.watch(client, ClusterSelection(kind, in: namespace), silenceMax) { change in
        state.withLock { $0.witness.handle(change, at: surroundings.now()) }
      }
    }
    for _ in 0..<Self.fetchersMax {
      try surroundings.work("witness logs", Self.fetchPause) {
        while let request = state.withLock({ $0.takeWaiting() }) {
          Self.fetch(request, client, namespace, secrets, state)
        }
        return state.withLock { $0.isStopped }
      }
    }
    if let secrets {
      // Before anything fails: what a node tells of an end is there at once.
      try surroundings.work("witness secrets", Self.secretsPause) {
        secrets.look()
        return state.withLock { $0.isStopped }
      }
    }
    try surroundings.work("witness", Self.interval) {
      if state.withLock({ $0.isStopped }) { return true }
      Self.look(surroundings, state)
      return false
    }
  }

  deinit { stop() }

  /// How it stands; a failure with the last words of what failed, where they come in time.
  var finding: WitnessFinding {
    let now = client.surroundings.clock.elapsed()
    return state.withLock { state in
      guard case .failed(let cause) = state.finding, let since = state.failedAt,
        now - since < Self.lastWordsMax, cause.exit?.lastLine == nil,
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
    case .unheard: .unheard
    case .unknown(let reason): .unknown(reason)
    }
  }

  /// What ends the failure that was found, nil while there is none.
  var advice: CauseAdvice? {
    guard case .failed(let cause) = state.withLock({ $0.finding }) else { return nil }
    return CauseAdvice(cause)
  }

  /// What the failed pods said, and what was said of them.
  func evidence() -> [RolloutEvidence] {
    let clock = client.surroundings.clock
    Self.look(client.surroundings, state)
    let end = clock.elapsed() + Self.evidenceMax
    while !state.withLock({ $0.fetching.isEmpty }), clock.elapsed() < end {
      clock.pause(Self.evidenceTick)
    }
    return state.withLock { $0.witness.evidence }
  }

  /// A cause in one line.
  func line(of cause: Cause) -> String {
    let redaction = secrets?.redaction ?? Redaction(secrets: [])
    return state.withLock { $0.witness.line(of: cause, redaction: redaction) }
  }

  /// Ends its threads, each after what it does.
  func stop() {
    for stop in stops { stop() }
    state.withLock { $0.isStopped = true }
  }

  private static func look(_ surroundings: ClusterSurroundings, _ state: Guarded<State>) {
    state.withLock { state in
      state.finding = state.witness.look(at: surroundings.now())
      if case .failed = state.finding {
        state.failedAt = state.failedAt ?? surroundings.clock.elapsed()
      }
      let fresh = state.witness.takeLogRequests()
      state.waiting += fresh
      state.fetching.formUnion(fresh)
    }
  }

  private static func fetch(
    _ request: LogRequest, _ client: ClusterClient, _ namespace: String,
    _ secrets: GivenSecrets?, _ state: Guarded<State>
  ) {
    // First what vanishes.
    let said = lines(of: request, client, namespace)
    secrets?.look()
    let redaction = secrets?.redaction ?? Redaction(secrets: [])
    let lines = said.map { redaction.applied(to: $0) }
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
  ///
  /// Nil while no watch has told of any.
  var replicas: [ReplicaCount]? {
    let objects = state.withLock { $0.witness.objects }
    guard !objects.replicaSets.isEmpty else { return nil }
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
