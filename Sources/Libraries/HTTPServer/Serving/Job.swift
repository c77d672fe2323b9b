import CMicroHTTPD
import Synchronization

/// Work for a suspended connection, which goes on when the work is done or given up.
///
/// `@unchecked Sendable`: `settledWith` is written once, by whoever took `state` from pending to
/// settling, and read after `state` was seen settled; all else is constant or atomic.
final class Job: @unchecked Sendable {
  enum Outcome: Sendable {
    case response(Response)
    case refusal(Refusal)
    /// The next part of a streamed body; nil at its end.
    case chunk([UInt8]?)
    /// A streamed body that cannot go on.
    case failure
  }

  private enum State {
    static let pending: UInt8 = 0
    static let settling: UInt8 = 1
    static let settled: UInt8 = 2
  }

  private let work: @Sendable () -> Outcome
  private let connection: SuspendedConnection
  private let waker: Waker
  private let cutAt: ContinuousClock.Instant
  private let state = Atomic<UInt8>(State.pending)
  private var settledWith: Outcome?

  init(
    _ connection: SuspendedConnection, _ waker: Waker, cutAt: ContinuousClock.Instant,
    work: @escaping @Sendable () -> Outcome
  ) {
    self.connection = connection
    self.waker = waker
    self.cutAt = cutAt
    self.work = work
  }

  /// What came of it; nil while it is not settled.
  var outcome: Outcome? {
    state.load(ordering: .acquiring) == State.settled ? settledWith : nil
  }

  /// Does the work on a worker thread, unless it is too late for it.
  func run() {
    if state.load(ordering: .acquiring) != State.pending { return }
    settle(ContinuousClock.now >= cutAt ? .refusal(.queueTimeout) : work())
  }

  /// Ends the wait with `outcome` and resumes the connection; whoever comes second changes nothing.
  ///
  /// A connection must be resumed exactly once.
  func settle(_ outcome: Outcome) {
    // The daemon must not go away between the two steps that resuming takes.
    waker.begin()
    defer { waker.end() }
    let (isFirst, _) = state.compareExchange(
      expected: State.pending, desired: State.settling, ordering: .acquiringAndReleasing)
    guard isFirst else { return }
    settledWith = outcome
    state.store(State.settled, ordering: .releasing)
    connection.resume()
    waker.wake()
  }
}

/// A connection that its event thread has suspended.
///
/// `@unchecked Sendable`: libmicrohttpd allows resuming from any thread, keeps a suspended
/// connection alive, and `Job` resumes it once.
/// https://www.gnu.org/software/libmicrohttpd/manual/libmicrohttpd.html#microhttpd_002dflow
@safe struct SuspendedConnection: @unchecked Sendable {
  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) { unsafe self.handle = handle }

  func resume() { unsafe MHD_resume_connection(handle) }
}
