import Core
import POSIX
import Synchronization

/// The HTTP server: listeners, event threads, workers and the way to stop without losing a request.
///
/// `start` readies everything, `accept` begins to serve: a replica says that it is ready in
/// between, when the socket that it shares may already have clients waiting. Then `drain` once, or
/// `stop`.
public final class Server: Sendable {
  /// How a drain ended.
  public enum DrainOutcome: Sendable, Equatable {
    /// Every connection had ended by itself.
    case complete
    /// Connections were cut when the time was over.
    case cut(connections: Int)
  }

  private struct State {
    var loops: [EventLoop] = []
    var threads: [JoinOnce] = []
    /// Made at the start, when the lanes are known.
    var pools: WorkerPools?
    var isEnded = false
  }

  /// The limits it runs with.
  public let configuration: ServerConfiguration
  private let hooks: Hooks
  private let refusals = RefusalCounters()
  private let bodyRoom: BodyRoom
  private let state = Guarded(State())
  private let isHurried = Atomic<Bool>(false)

  /// A server with its limits and what the service does around requests.
  public init(_ configuration: ServerConfiguration = ServerConfiguration(), hooks: Hooks = Hooks())
  {
    self.configuration = configuration
    self.hooks = hooks
    bodyRoom = BodyRoom(bytesMax: configuration.largeBodiesBytesMax)
  }

  /// Starts the workers and makes the listeners ready, without accepting yet.
  public func start(listeners: [Listener]) throws(ServerError) {
    let pools = WorkerPools(configuration, listeners.flatMap { $0.router.routes })
    var loops: [EventLoop] = []
    for listener in listeners {
      let count = listener.role == .admin ? 1 : max(1, configuration.eventThreads)
      let share = (configuration.connectionsMax + count - 1) / count
      for _ in 0..<count {
        loops.append(
          try EventLoop(
            listener, configuration, connectionsMax: share, hooks, pools, refusals, bodyRoom))
      }
    }
    do { try pools.start(count: configuration.workers) } catch { throw .thread(error) }
    state.withLock { ($0.loops, $0.pools) = (loops, pools) }
  }

  /// Begins to accept on every listener.
  public func accept() throws(ServerError) {
    for loop in state.withLock({ $0.loops }) {
      do {
        let thread = JoinOnce(try WorkThread.start("http-\(loop.listener.name)") { loop.run() })
        state.withLock { $0.threads.append(thread) }
      } catch { throw .thread(error) }
    }
  }

  /// Stops without losing a request; blocks until it is done.
  ///
  /// First every answer says `Connection: close` for `delay` while new connections are accepted;
  /// then nothing is accepted and what is open may end for `timeout`; what is left is cut. Admin
  /// listeners serve until then. `stop` from another thread cuts it short.
  public func drain(delay: Duration? = nil, timeout: Duration? = nil) -> DrainOutcome {
    let serving = state.withLock { $0.loops.filter { $0.listener.role == .serving } }
    advance(serving, to: .closing)
    wait(.after(delay ?? configuration.drainDelay)) { false }
    advance(serving, to: .quiesced)
    wait(.after(timeout ?? configuration.drainTimeout)) {
      serving.allSatisfy {
        $0.isQuiesced.load(ordering: .acquiring) && $0.counters.connections == 0
      }
    }
    let left = serving.reduce(0) { $0 + $1.counters.connections }
    end()
    return left == 0 ? .complete : .cut(connections: left)
  }

  /// Stops now: what is under way is cut off.
  ///
  /// Also ends a `drain` that is waiting.
  public func stop() {
    isHurried.store(true, ordering: .releasing)
    end()
  }

  /// The counts of this moment.
  public var statistics: Statistics {
    var sum = Statistics()
    let (loops, pools) = state.withLock { ($0.loops, $0.pools) }
    for loop in loops {
      sum.connections += loop.counters.connections
      sum.accepted += loop.counters.accepted
      sum.activeRequests += loop.counters.activeRequests
      sum.requests += loop.counters.requests
    }
    sum.queued = pools?.shared.waiting ?? 0
    sum.busyWorkers = pools?.shared.running ?? 0
    sum.lanes = pools?.statistics ?? []
    sum.refusals = refusals.snapshot
    sum.largeBodyBytes = bodyRoom.bytes
    return sum
  }

  /// Ends every loop, joins the threads, lets the workers go.
  private func end() {
    let (loops, threads, pools, isFirst) = state.withLock { state in
      defer { state.isEnded = true }
      return (state.loops, state.threads, state.pools, !state.isEnded)
    }
    advance(loops, to: .stopping)
    for thread in threads { thread.join() }
    if threads.isEmpty, isFirst { for loop in loops { loop.discard() } }
    pools?.stop(grace: configuration.handlerGrace)
  }

  private func advance(_ loops: [EventLoop], to stage: EventLoop.Stage) {
    for loop in loops { loop.advance(to: stage) }
  }

  private func wait(_ deadline: Deadline, until isDone: () -> Bool) {
    while !deadline.hasPassed, !isHurried.load(ordering: .acquiring), !isDone() {
      WorkThread.sleep(.milliseconds(5))
    }
  }
}
