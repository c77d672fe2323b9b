import CMicroHTTPD
import Core
import Glibc
import POSIX

/// The library's handle of a server, with its duplicate of the listening socket.
///
/// https://www.gnu.org/software/libmicrohttpd/manual/libmicrohttpd.html
@safe final class Daemon {
  private let handle: OpaquePointer
  private let context: CallbackContext
  private let logTarget: UnsafeMutablePointer<slipway_mhd_log>
  private let logContext: LogContext
  private let socket: Int32
  /// What ends the wait in `runOnce`.
  let waker: Int32

  init(
    _ listener: Listener, _ configuration: ServerConfiguration, connectionsMax: Int,
    log: @escaping @Sendable (String) -> Void, refusals: RefusalCounters
  ) throws(ServerError) {
    unsafe MHD_set_panic_func(panic, nil)
    do { socket = try listener.socket.duplicate().release() } catch {
      throw .socket(listener.name, error)
    }
    let context = CallbackContext()
    self.context = context
    logContext = LogContext(log, refusals)
    unsafe logTarget = .allocate(capacity: 1)
    unsafe logTarget.initialize(
      to: slipway_mhd_log(
        receive: receiveLog, context: Unmanaged.passUnretained(logContext).toOpaque()))
    var options = unsafe Self.options(configuration, connectionsMax, socket)
    unsafe options.insert(slipway_mhd_logger(logTarget), at: 0)
    let cls = unsafe Unmanaged.passUnretained(context).toOpaque()
    unsafe options += [
      slipway_mhd_on_target(noteTarget, cls), slipway_mhd_on_unescape(keepEscapes, cls),
      slipway_mhd_on_completed(noteCompleted, cls), slipway_mhd_on_connection(noteConnection, cls),
      slipway_mhd_number(.END, 0),
    ]
    let flags =
      MHD_USE_EPOLL.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue | MHD_USE_ERROR_LOG.rawValue
    guard let started = unsafe slipway_mhd_start_daemon(flags, handleAccess, cls, &options) else {
      let failure = SystemError.last("MHD_start_daemon", listener.name)
      unsafe logTarget.deallocate()
      close(socket)
      throw .socket(listener.name, failure)
    }
    unsafe handle = started
    waker = unsafe slipway_mhd_waker(started)
    guard waker >= 0 else { throw .socket(listener.name, .last("eventfd")) }
  }

  deinit {
    if waker >= 0 { close(waker) }
    unsafe logTarget.deallocate()
  }

  private static func options(
    _ configuration: ServerConfiguration, _ connectionsMax: Int, _ socket: Int32
  ) -> [MHD_OptionItem] {
    let inactivity = max(1, Int((configuration.inactivityTimeout.inMilliseconds + 999) / 1000))
    // The head, the library's index of it and the head of the answer share one block, which is
    // cleared for every request, a tenth of its cost: it holds what our limits allow and no more.
    let memory =
      configuration.headerBytesMax + configuration.headersMax * indexBytesPerHeader
      + answerHeadBytes
    return unsafe [
      slipway_mhd_number(.LISTEN_SOCKET, Int(socket)),
      slipway_mhd_number(.CONNECTION_LIMIT, connectionsMax),
      slipway_mhd_number(.CONNECTION_TIMEOUT, inactivity),
      slipway_mhd_number(.CONNECTION_MEMORY_LIMIT, memory),
      slipway_mhd_number(.SIGPIPE_HANDLED_BY_APP, 1),
    ]
  }

  /// What the library keeps of each header line.
  private static let indexBytesPerHeader = 64
  /// Room for the head of an answer even where the request used all of its own.
  private static let answerHeadBytes = 2048

  /// Names the loop that the callbacks belong to.
  func serve(_ loop: EventLoop) { context.loop = loop }

  /// Waits for the network, handles what has come.
  func runOnce(_ wait: Duration) {
    let milliseconds = Int32(clamping: wait.inMilliseconds)
    if unsafe MHD_run_wait(handle, milliseconds) != .YES {
      // epoll failed: no busy loop while the machine has no memory.
      WorkThread.sleep(wait)
    }
  }

  /// Stops accepting.
  ///
  /// The socket stays open until `stop`, as the library demands.
  func quiesce() { unsafe _ = MHD_quiesce_daemon(handle) }

  /// Closes every connection and the socket.
  ///
  /// `quiesce` was called before.
  func stop() {
    unsafe MHD_stop_daemon(handle)
    close(socket)
    context.loop = nil
  }

  /// Writing to a client that has gone is an error to handle, not a signal.
  static func blockBrokenPipeSignal() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
  }
}

/// What the callbacks of a daemon need; it holds the loop from `serve` to `stop`.
final class CallbackContext {
  var loop: EventLoop?
}

private final class LogContext {
  private let log: @Sendable (String) -> Void
  private let refusals: RefusalCounters

  init(_ log: @escaping @Sendable (String) -> Void, _ refusals: RefusalCounters) {
    self.log = log
    self.refusals = refusals
  }

  /// A message is all that tells of a request whose first line the library refused.
  func receive(_ text: String) {
    if text.hasPrefix("Error processing request") { refusals.count(.malformed) }
    log(text)
  }
}

// MARK: Callbacks, named functions that never throw and never wait

private func receiveLog(_ context: UnsafeMutableRawPointer?, _ text: UnsafePointer<CChar>?) {
  guard let context = unsafe context, let text = unsafe text else { return }
  let target = unsafe Unmanaged<LogContext>.fromOpaque(context).takeUnretainedValue()
  target.receive(unsafe String(cString: text))
}

/// The library found itself in a state that must not be; going on would answer wrongly.
private func panic(
  _ context: UnsafeMutableRawPointer?, _ file: UnsafePointer<CChar>?, _ line: UInt32,
  _ reason: UnsafePointer<CChar>?
) {
  let words = unsafe reason.map { unsafe String(cString: $0) } ?? ""
  // The library found its own state broken: going on could answer one client with another's bytes.
  fatalError("libmicrohttpd: \(words)")
}

/// The connection object is the context of every request on the connection.
private func noteTarget(
  _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ handle: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let handle = unsafe handle, let opaque = unsafe slipway_mhd_connection_context(handle)
  else { return nil }
  unsafe connection(opaque).begin(target: target)
  return unsafe opaque
}

/// Leaves the path as it was sent.
private func keepEscapes(
  _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?,
  _ text: UnsafeMutablePointer<CChar>?
) -> Int {
  unsafe text.map { unsafe strlen($0) } ?? 0
}

private func handleAccess(
  _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?,
  _ data: UnsafePointer<CChar>?, _ size: UnsafeMutablePointer<Int>?,
  _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let opaque = unsafe request?.pointee, let method = unsafe method,
    let version = unsafe version, let size = unsafe size
  else { return .NO }
  return unsafe connection(opaque).advance(method, version, data, size)
}

private func noteCompleted(
  _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?,
  _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
  _ code: MHD_RequestTerminationCode
) {
  guard let opaque = unsafe request?.pointee else { return }
  unsafe connection(opaque).complete(isWhole: code == .REQUEST_TERMINATED_COMPLETED_OK)
}

/// The connection is retained when it opens and released when it closes.
private func noteConnection(
  _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?,
  _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
  _ code: MHD_ConnectionNotificationCode
) {
  guard let context = unsafe context, let handle = unsafe handle, let slot = unsafe slot
  else { return }
  if code == .CONNECTION_NOTIFY_STARTED {
    let callbacks = unsafe Unmanaged<CallbackContext>.fromOpaque(context).takeUnretainedValue()
    guard let loop = callbacks.loop else { return }
    unsafe slot.pointee = Unmanaged.passRetained(loop.opened(handle)).toOpaque()
  } else if let opaque = unsafe slot.pointee {
    let ended = unsafe Unmanaged<Connection>.fromOpaque(opaque).takeRetainedValue()
    unsafe slot.pointee = nil
    ended.loop.closed(ended)
  }
}

private func connection(_ opaque: UnsafeMutableRawPointer) -> Connection {
  unsafe Unmanaged<Connection>.fromOpaque(opaque).takeUnretainedValue()
}
