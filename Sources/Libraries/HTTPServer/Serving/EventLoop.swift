import CMicroHTTPD
import Glibc
import POSIX
import Synchronization

/// One daemon of libmicrohttpd with the thread that runs it.
///
/// The daemon is driven from a thread of ours (`MHD_run_wait`) instead of its own: so deadlines are
/// kept and quiescing happens on the one thread that touches connections, without locks, and
/// without the race that quiescing from another thread has in 0.9.75.
///
/// `@unchecked Sendable`: the variables are touched by that thread alone, after `run` began; all
/// else is constant or atomic.
final class EventLoop: @unchecked Sendable {
  /// How far a server is on its way from serving to stopped.
  enum Stage: UInt8, AtomicRepresentable, Comparable {
    case serving, closing, quiesced, stopping

    static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
  }

  /// How often deadlines are looked at.
  static let tick = Duration.milliseconds(50)
  /// A connection is asked for its client's presence once in so many ticks.
  static let probeTicks = 40
  /// How long what comes after a refusal is thrown away.
  static let lingerTimeout = Duration.seconds(2)

  let listener: Listener
  let configuration: ServerConfiguration
  let hooks: Hooks
  let pools: WorkerPools
  let refusals: RefusalCounters
  let bodyRoom: BodyRoom
  let counters = LoopCounters()
  let keptReplies = KeptReplies()
  let waker: Waker
  let stage = Atomic<Stage>(.serving)
  /// Whether this thread accepts no more.
  let isQuiesced = Atomic<Bool>(false)
  /// Whether answers close their connection; the loop's own copy of the stage.
  private(set) var isClosing = false
  /// Whether the library has called since the wait for the network.
  private var isAwake = false
  private let daemon: Daemon
  private var connections: ContiguousArray<Connection> = []
  private var sweptAt = ContinuousClock.now
  private var sweeps = 0

  init(
    _ listener: Listener, _ configuration: ServerConfiguration, connectionsMax: Int, _ hooks: Hooks,
    _ pools: WorkerPools, _ refusals: RefusalCounters, _ bodyRoom: BodyRoom
  ) throws(ServerError) {
    self.listener = listener
    self.configuration = configuration
    self.hooks = hooks
    self.pools = pools
    self.refusals = refusals
    self.bodyRoom = bodyRoom
    daemon = try Daemon(
      listener, configuration, connectionsMax: connectionsMax, log: hooks.log, refusals: refusals)
    waker = Waker(daemon.waker)
  }

  /// Serves until the stage is `stopping`.
  func run() {
    Daemon.blockBrokenPipeSignal()
    daemon.serve(self)
    while true {
      turn(Self.tick)
      let stage = stage.load(ordering: .acquiring)
      isClosing = stage >= .closing
      if stage >= .quiesced, !isQuiesced.load(ordering: .relaxed) {
        daemon.quiesce()
        isQuiesced.store(true, ordering: .releasing)
      }
      let now = ContinuousClock.now
      if now >= sweptAt + Self.tick || stage == .stopping {
        sweptAt = now
        sweep(at: now, stage)
      }
      if stage == .stopping { break }
    }
    finish()
  }

  /// One wait, and the work that came of it.
  private func turn(_ wait: Duration) {
    isAwake = false
    waker.rearm()
    daemon.runOnce(wait)
  }

  /// Looks after deadlines, and in turn after clients that have left.
  ///
  /// When a client's last bytes and its end come together, 0.9.75 reads the bytes and does not
  /// notice the end. While connections are waited for, all are looked at each time.
  private func sweep(at now: ContinuousClock.Instant, _ stage: Stage) {
    sweeps += 1
    for (number, connection) in connections.enumerated() {
      let isProbed = stage > .serving || (number + sweeps) % Self.probeTicks == 0
      connection.expire(at: now, isCutting: stage == .stopping, isProbed: isProbed)
    }
  }

  /// Ends what is left.
  ///
  /// A daemon must not stop while a connection is suspended or being resumed.
  private func finish() {
    while counters.working > 0 || !waker.isQuiet {
      for connection in connections {
        connection.expire(at: ContinuousClock.now, isCutting: true, isProbed: false)
      }
      turn(.milliseconds(1))
    }
    daemon.stop()
  }

  /// Ends a loop that no thread has ever run.
  func discard() {
    daemon.quiesce()
    daemon.stop()
  }

  /// Takes the next step towards the end; stages never go back.
  func advance(to next: Stage) {
    waker.begin()
    defer { waker.end() }
    var current = stage.load(ordering: .acquiring)
    while current < next {
      let (isDone, found) = stage.compareExchange(
        expected: current, desired: next, ordering: .acquiringAndReleasing)
      if isDone { return waker.wake() }
      current = found
    }
  }

  // MARK: What the library calls

  /// The wait is over: what workers finish from now on is seen before the next one, without a call
  /// to wake this thread.
  func noteAwake() {
    guard !isAwake else { return }
    isAwake = true
    waker.disarm()
  }

  func opened(_ handle: OpaquePointer) -> Connection {
    let connection = unsafe Connection(self, handle)
    connection.sendPromptly()
    connection.index = connections.count
    connections.append(connection)
    counters.connectionBegan()
    return connection
  }

  func closed(_ connection: Connection) {
    guard let last = connections.popLast() else { return }
    if last !== connection {
      connections[connection.index] = last
      last.index = connection.index
    }
    counters.connectionEnded()
  }
}
