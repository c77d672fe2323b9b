/// A log that is to be fetched before it vanishes with its container.
struct LogRequest: Sendable, Hashable {
  let pod: String
  /// Pods of one name may follow each other.
  let podUID: String
  let container: String
  /// Whether the container was started again since: the API calls it `previous`.
  let isPrevious: Bool
  /// Which ending it is about, from 1; nil where the container goes on.
  let ending: Int?

  /// The pod and the container.
  var place: [String?] { [pod, container] }
}

/// Which logs are to be fetched, and what they said.
///
/// A node keeps the log of a container and of the one before it; with the pod both are gone.
struct LogPlan: Sendable, Equatable {
  /// Endings of one container whose logs are fetched.
  static let endingsMax = 3
  /// Logs that are fetched in all.
  static let requestsMax = 40

  /// What was not fetched yet.
  private(set) var pending: [LogRequest] = []
  /// What was asked for, in that order, with the lines that came.
  private(set) var said: [(request: LogRequest, lines: [String])] = []
  private var known: Set<String> = []

  /// Takes in how pods stand.
  mutating func note(_ pods: [PodReading]) {
    for pod in pods {
      for container in pod.containers where container.ending != nil {
        // Which one the log is of changes with the next start; the ending stays the same.
        guard container.endings <= Self.endingsMax else { continue }
        let isPrevious = if case .ended = container.state { false } else { true }
        ask(pod, container, isPrevious: isPrevious, ending: container.endings)
      }
    }
  }

  /// Asks for what those say that go on and are not ready, or that are all the same.
  mutating func noteRunning(_ pods: [PodReading], readyOnes: Bool) {
    for pod in pods {
      for container in pod.containers
      where container.state == .running && (readyOnes || !container.isReady) {
        ask(pod, container, isPrevious: false, ending: nil)
      }
    }
  }

  private mutating func ask(
    _ pod: PodReading, _ container: ContainerReading, isPrevious: Bool, ending: Int?
  ) {
    let key = "\(pod.object.uid)/\(container.name)/\(ending ?? 0)"
    guard known.count < Self.requestsMax, known.insert(key).inserted else { return }
    pending.append(
      LogRequest(
        pod: pod.object.name, podUID: pod.object.uid, container: container.name,
        isPrevious: isPrevious, ending: ending))
  }

  /// Hands out what is to be fetched, each request once.
  mutating func takePending() -> [LogRequest] {
    defer { pending = [] }
    return pending
  }

  /// Keeps what a log said; of a log that is already gone nothing.
  mutating func keep(_ lines: [String], of request: LogRequest) {
    guard said.count < Self.requestsMax else { return }
    said.append((request, Array(lines.suffix(RolloutEvidence.linesMax))))
  }

  /// The last line that a container is known to have said.
  func lastLine(of place: Cause.Place) -> String? {
    said.last { $0.request.pod == place.pod && $0.request.container == place.container }
      .flatMap { LogLine.last(of: $0.lines) }
  }

  static func == (first: LogPlan, second: LogPlan) -> Bool {
    first.pending == second.pending && first.known == second.known
      && first.said.map(\.request) == second.said.map(\.request)
      && first.said.map(\.lines) == second.said.map(\.lines)
  }
}
