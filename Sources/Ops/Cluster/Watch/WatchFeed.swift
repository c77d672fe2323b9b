import Core
import POSIX
import Synchronization

/// Tells every change of the objects of a selection, in their order, from a thread of its own.
///
/// Begins with all there are (`replaced`). Goes on over cut connections, servers that start anew
/// and forget, until it is stopped; ends with its last owner.
final class WatchFeed: Sendable {
  private let run: WatchRun

  /// Calls `receive` for each change; it may block, and then holds up this selection alone.
  ///
  /// `silenceMax` is how long an open watch may say nothing before all is listed anew; servers send
  /// a bookmark every minute.
  init(
    _ client: ClusterClient, _ selection: ClusterSelection,
    silenceMax: Duration = .seconds(90), _ receive: @escaping @Sendable (ClusterChange) -> Void
  ) throws(SystemError) {
    let run = WatchRun(client, selection, silenceMax, receive)
    self.run = run
    try WorkThread.detach("watch") { run.run() }
  }

  deinit { run.stop() }

  /// Ends it; a call of `receive` that is under way is the last one.
  func stop() { run.stop() }
}

/// What the thread of a feed does.
private final class WatchRun: Sendable {
  private let client: ClusterClient
  private let selection: ClusterSelection
  private let silenceMax: Duration
  private let receive: @Sendable (ClusterChange) -> Void
  private let isStopped = Atomic(false)
  private let wakeUp = WakeUp()
  private let stream = Guarded<ClusterStream?>(nil)

  init(
    _ client: ClusterClient, _ selection: ClusterSelection, _ silenceMax: Duration,
    _ receive: @escaping @Sendable (ClusterChange) -> Void
  ) {
    self.client = client
    self.selection = selection
    self.silenceMax = silenceMax
    self.receive = receive
  }

  func stop() {
    isStopped.store(true, ordering: .releasing)
    wakeUp.set()
    stream.withLock { $0 }?.cancel()
  }

  func run() {
    var machine = WatchMachine(selection.kind)
    var step = WatchMachine.Step(action: machine.start)
    while true {
      for change in step.changes {
        if isOver { return }
        receive(change)
      }
      if step.pause > .zero, wakeUp.wait(until: .after(step.pause)) { return }
      if isOver { return }
      step = machine.handle(outcome(of: step.action), jitter: .random(in: 0...1))
    }
  }

  private var isOver: Bool { isStopped.load(ordering: .acquiring) }

  private func outcome(of action: WatchMachine.Action) -> WatchMachine.Event {
    do throws(ClusterFailure) {
      switch action {
      case .list:
        return .listed(try client.list(selection))
      case .open(let version):
        let opened = try client.watch(selection, from: version, silenceMax: silenceMax)
        stream.withLock { $0 = opened }
        // A stop that came before found no stream to cancel.
        if isOver { opened.cancel() }
        return .opened
      case .read:
        guard let line = try stream.withLock({ $0 })?.next() else {
          stream.withLock { $0 = nil }
          return .ended
        }
        return .line(WatchLine(line))
      }
    } catch {
      stream.withLock { $0 = nil }
      return .failed(error)
    }
  }
}

extension ClusterClient {
  /// How long one watch may last before the server ends it.
  private static let watchSeconds = 300
  /// The longest line: an object has at most 1.5 MiB in the server's own store.
  private static let watchLineBytesMax = 8 * 1024 * 1024

  /// The changes of what is selected since the moment `resourceVersion`, a JSON object a line.
  func watch(
    _ selection: ClusterSelection, from resourceVersion: String, silenceMax: Duration
  ) throws(ClusterFailure) -> ClusterStream {
    let call = ClusterCall("watch", selection.kind, namespace: selection.namespace)
    let query =
      selection.query + [
        ("watch", "true"), ("allowWatchBookmarks", "true"),
        ("resourceVersion", resourceVersion), ("timeoutSeconds", "\(Self.watchSeconds)"),
      ]
    let stream = try transport.stream(
      transport.request(
        "GET", Self.target(call.path, query), deadline: .after(callTimeout)),
      silenceMax: silenceMax, call)
    return ClusterStream(stream, lineBytesMax: Self.watchLineBytesMax, call, transport)
  }
}
