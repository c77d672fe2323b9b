import Core
import JSON
import POSIX

/// What a cluster shows of a release, looked at by a thread.
final class ReleaseObserver: Sendable {
  /// Between two looks.
  private static let interval: Duration = .milliseconds(500)
  /// Lines of each log that are kept.
  private static let linesMax = 20

  private struct State {
    var standing: DeploymentStanding?
    var doubt: String? = "the cluster has not answered yet"
    var isStarted = false
    var isStopped = false
  }

  private let client: ClusterClient
  private let deployment: String
  private let namespace: String
  private let state = Guarded(State())

  init(_ client: ClusterClient, _ deployment: String, in namespace: String) {
    (self.client, self.deployment, self.namespace) = (client, deployment, namespace)
  }

  /// What the cluster says of the release whose pods answer with `revision`.
  func observation(of revision: String) -> PlatformObservation {
    start()
    let (standing, doubt) = state.withLock { ($0.standing, $0.doubt) }
    if let doubt { return .unknown(doubt) }
    guard let standing, standing.isObserved, standing.revision == revision else {
      return .progressing
    }
    if let stuck = standing.stuck { return .failed(stuck) }
    return standing.isComplete ? .complete : .progressing
  }

  /// The state and the last lines of each pod that is not ready.
  func evidence() -> [RolloutEvidence] {
    let labels = "app.kubernetes.io/instance=\(deployment),app.kubernetes.io/component=app"
    let pods = try? client.list(ClusterSelection(.pod, in: namespace, labels: labels)).items
    return (pods ?? []).compactMap { pod in
      let status = pod["status"]?["containerStatuses"]?.elements?.first
      guard status?["ready"]?.truth != true, let name = pod["metadata"]?["name"]?.text else {
        return nil
      }
      let reason =
        status?["state"]?["waiting"]?["reason"]?.text ?? pod["status"]?["phase"]?.text
      var log = PodLog(name, in: namespace, container: Objects.app)
      log.tailLines = Self.linesMax
      let text = (try? client.log(log)) ?? []
      let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
      return RolloutEvidence(
        source: "pod \(name)", state: reason ?? "not ready", lines: lines.map(String.init))
    }
  }

  /// Ends the thread at its next look.
  func stop() { state.withLock { $0.isStopped = true } }

  private func start() {
    let isFirst = state.withLock { state in
      defer { state.isStarted = true }
      return !state.isStarted
    }
    guard isFirst else { return }
    // What the thread holds on to is told to stop by whoever holds this.
    let (client, deployment, namespace, state) = (client, deployment, namespace, state)
    try? WorkThread.detach("observer") {
      while !state.withLock({ $0.isStopped }) {
        let answer = Result { () throws(ClusterFailure) in
          try client.get(.deployment, deployment, in: namespace).map(DeploymentStanding.init)
        }
        state.withLock { state in
          switch answer {
          case .success(let standing): (state.standing, state.doubt) = (standing, nil)
          case .failure(let failure): state.doubt = failure.words
          }
        }
        WorkThread.sleep(Self.interval)
      }
    }
  }
}
