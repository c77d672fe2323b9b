import Core
import POSIX
import Subprocess

/// Starts a proxy, waits for its end and starts the next, until it is stopped or it is no use.
final class ProxyKeeper: Sendable {
  /// Ends in a row, none of which came after `steadyTime`, until no more are started.
  static let endsMax = 8
  /// A proxy that lived so long is no failed start.
  static let steadyTime: Duration = .seconds(10)
  /// After the first end; doubled with each further one in a row.
  private static let pause: Duration = .milliseconds(50)
  private static let listeningPause: Duration = .milliseconds(5)
  /// How long a proxy may take to end before it is killed.
  private static let stopTimeout: Duration = .seconds(2)

  let folder: ProxyFolder
  private let context: String
  private let program: String
  private let options: [String]
  private let state = Guarded(State())

  private struct State {
    var child: ChildProcess?
    var isListening = false
    var isStopped = false
    var failure: ClusterFailure?
  }

  init(_ folder: ProxyFolder, context: String, program: String, options: [String]) {
    self.folder = folder
    self.context = context
    self.program = program
    self.options = options
  }

  var process: Int32? { state.withLock { $0.child?.identifier } }
  var failure: ClusterFailure? { state.withLock { $0.failure } }

  /// Why none listens by the deadline; nil once one does.
  func waitUntilListening(_ deadline: Deadline) -> ClusterFailure? {
    while true {
      let (isListening, failure) = state.withLock { ($0.isListening, $0.failure) }
      if let failure { return failure }
      if isListening { return nil }
      if deadline.hasPassed { return self.failure(.timeout, "kubectl proxy does not listen") }
      WorkThread.sleep(Self.listeningPause)
    }
  }

  /// Ends the proxy and waits for its end.
  func stop() {
    let child = state.withLock { state in
      state.isStopped = true
      return state.child
    }
    if let child {
      child.send(.terminate)
      if child.wait(.after(Self.stopTimeout)) == nil { child.send(.kill) }
      _ = child.wait(.distant)
    }
    try? File.removeTree(folder.path)
  }

  /// The story of the keeper's thread, at whose end the proxy would end as well.
  func run() {
    var ends = 0
    while true {
      let startedAt = ContinuousClock.now
      guard let child = start() else { return }
      followStart(child)
      _ = child.wait(.distant)
      if endIsWanted() { return }
      ends = startedAt.duration(to: .now) > Self.steadyTime ? 1 : ends + 1
      if ends == Self.endsMax || isHopeless() {
        let failure = reasonOfEnd()
        return state.withLock { $0.failure = failure }
      }
      WorkThread.sleep(Self.pause * (1 << (ends - 1)))
    }
  }

  /// The next proxy, nil where none is wanted or none can be had.
  private func start() -> ChildProcess? {
    do {
      let log = try File.open(folder.log, .replace, mode: 0o600)
      let command = Subprocess.Command(
        program, options + ["proxy", "--unix-socket", folder.socket],
        output: .descriptor(log.rawValue), errorOutput: .descriptor(log.rawValue),
        endsWithThread: true)
      return try state.withLock { state in
        if state.isStopped { return nil }
        let child = try command.spawn()
        state.child = child
        return child
      }
    } catch {
      let failure = failure(.noProgram, "\(error)")
      state.withLock { $0.failure = failure }
      return nil
    }
  }

  /// Waits until the proxy listens, or has ended.
  private func followStart(_ child: ChildProcess) {
    while child.wait(.after(Self.listeningPause)) == nil {
      guard let log = try? File.readText(folder.log), log.contains("Starting to serve") else {
        continue
      }
      return state.withLock { $0.isListening = true }
    }
  }

  private func endIsWanted() -> Bool {
    state.withLock { state in
      state.child = nil
      return state.isStopped
    }
  }

  /// Whether another start would end the same way: the very first one ended by itself.
  private func isHopeless() -> Bool { state.withLock { !$0.isListening } }

  /// What the last proxy said before its end.
  private func reasonOfEnd() -> ClusterFailure {
    let text = (try? File.readText(folder.log)) ?? ""
    let lines = text.split(whereSeparator: \.isNewline)
    let said = lines.last.map { String($0.trimmingPrefix("error: ")) } ?? "kubectl proxy ended"
    if said.contains("context"), said.contains("does not exist") {
      return failure(.unknownContext(known: knownContexts()), said)
    }
    return failure(.unreachable, said)
  }

  // https://kubernetes.io/docs/reference/kubectl/generated/kubectl_config/
  private func knownContexts() -> [String] {
    let file = options.firstIndex(of: "--kubeconfig").map { Array(options[$0...($0 + 1)]) } ?? []
    let command = Subprocess.Command(
      program, file + ["config", "get-contexts", "--output", "name"])
    let result = try? command.run(deadline: .after(.seconds(5)))
    return result?.outputText.split(whereSeparator: \.isNewline).map(String.init) ?? []
  }

  private func failure(_ reason: ClusterFailure.Reason, _ message: String) -> ClusterFailure {
    ClusterFailure(reason: reason, context: context, call: nil, message: message)
  }
}
