import Core
import Handover
import POSIX
import Synchronization

/// A Service of a cluster behind a socket of this machine, for an environment without an address.
///
/// Each connection to the socket becomes one to a pod that the Service would send it to, and lasts
/// as long as that. Pods come and go meanwhile. What the way there loses is marked as such, so that
/// nobody blames the service for it. Ends with its last owner.
final class EntranceRelay: Sendable {
  /// Where clients connect.
  let socketPath: String
  /// What tells the answers of the way from those of the service.
  let mark = ProbeMark()

  private let watch: WatchFeed
  private let service: RelayService

  /// Opens the Service `service` in `namespace`.
  init(_ client: ClusterClient, service name: String, in namespace: String) throws {
    let proxyPath = client.transport.proxy.socketPath
    socketPath = Path.parent(of: proxyPath) + "/entrance.sock"
    let service = RelayService(
      PodWay(proxySocketPath: proxyPath, namespace: namespace), mark: mark)
    let selection = ClusterSelection(
      .endpointSlice, in: namespace, labels: "kubernetes.io/service-name=\(name)")
    watch = try WatchFeed(client, selection) { service.take($0) }
    let socket = try ListeningSocket.unix(path: socketPath).release()
    try WorkThread.detach("entrance") { service.accept(FileDescriptor(owning: socket)) }
    self.service = service
  }

  deinit {
    watch.stop()
    service.stop()
  }
}

/// A prober with the relay that it polls through.
struct RelayedProber: ProbeSource {
  private let prober: Prober
  private let relay: EntranceRelay

  init(_ prober: Prober, _ relay: EntranceRelay) {
    self.prober = prober
    self.relay = relay
  }

  var startedAt: Timestamp { prober.startedAt }
  var elapsed: Duration { prober.elapsed }
  func fetch() -> (samples: [ProbeSample], health: ProberHealth) { prober.fetch() }
  func stop() -> (samples: [ProbeSample], health: ProberHealth) { prober.stop() }
  func cancel() { prober.cancel() }
}

/// What the threads of a relay share.
private final class RelayService: Sendable {
  /// Most connections at once; what comes beyond them is no data.
  private static let connectionsMax = 128
  /// How often the thread that accepts looks whether it shall stop.
  private static let acceptTick: Duration = .milliseconds(200)
  private static let hearTick: Duration = .milliseconds(20)

  private let way: PodWay
  private let mark: ProbeMark
  private let table = Guarded(EndpointTable())
  private let startedAt = ContinuousClock.now
  private let connections = Atomic(0)
  private let isStopped = Atomic(false)

  init(_ way: PodWay, mark: ProbeMark) {
    self.way = way
    self.mark = mark
  }

  func stop() { isStopped.store(true, ordering: .releasing) }

  func take(_ change: ClusterChange) {
    let now = startedAt.duration(to: .now)
    table.withLock { $0.take(change, at: now) }
  }

  /// Takes connections until it is stopped, each to a thread of its own.
  func accept(_ socket: consuming FileDescriptor) {
    let socket = socket
    while !isStopped.load(ordering: .acquiring) {
      guard let client = ListeningSocket.accept(socket, .after(Self.acceptTick))?.release() else {
        continue
      }
      let count = connections.add(1, ordering: .relaxed).newValue
      do throws(SystemError) {
        try WorkThread.detach("entrance") { [self] in
          var connection = RelayedConnection(FileDescriptor(owning: client), mark)
          let end = connection.carry(
            to: count > Self.connectionsMax ? .unknown : choose(), way)
          if let word = word(of: end) { connection.tell(word) }
          connections.subtract(1, ordering: .relaxed)
        }
      } catch {
        _ = FileDescriptor(owning: client)
        connections.subtract(1, ordering: .relaxed)
      }
    }
  }

  /// What a client is told of how its connection ended; nothing where the pod ended it.
  private func word(of end: RelayedConnection.End) -> ProbeMark.Word? {
    let now = startedAt.duration(to: .now)
    switch end {
    case .closed: return nil
    case .nobody: return .refused
    case .refused: return table.withLock { $0.isDoubtful(at: now) } ? .noData : .refused
    case .lost: return .noData
    case .unheard:
      table.withLock { $0.hearNothing(at: now) }
      return .noData
    }
  }

  /// Whom the next connection goes to; waits a little where nothing was heard yet.
  private func choose() -> EndpointTable.Choice {
    let deadline = Deadline.after(RelayedConnection.dialTimeout)
    while true {
      let now = startedAt.duration(to: .now)
      let choice = table.withLock { $0.choose(at: now) }
      if choice != .unknown || deadline.hasPassed { return choice }
      WorkThread.sleep(Self.hearTick)
    }
  }
}
