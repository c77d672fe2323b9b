import CLinux
import Glibc

/// A thread of the system with a name that debuggers show.
public enum WorkThread {
  /// The stack of such a thread; pages that are never touched cost nothing.
  private static let stackBytes = 1024 * 1024

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// A started thread that can be waited for once.
  public struct Handle: ~Copyable, Sendable {
    private let thread: pthread_t

    fileprivate init(_ thread: pthread_t) { self.thread = thread }

    /// Waits for the thread's end.
    public consuming func join() { pthread_join(thread, nil) }
  }

  /// Starts a thread that nobody waits for.
  public static func detach(_ name: String, _ body: @escaping @Sendable () -> Void)
    throws(SystemError)
  {
    pthread_detach(try launch(name, body))
  }

  /// Starts a thread that the caller joins.
  public static func start(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) -> Handle {
    Handle(try launch(name, body))
  }

  // https://man7.org/linux/man-pages/man3/pthread_create.3.html
  private static func launch(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) -> pthread_t {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setstacksize(&attributes, stackBytes)
    let context = unsafe Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    let code = unsafe pthread_create(&thread, &attributes, runThread, context.toOpaque())
    guard code == 0 else {
      unsafe context.release()
      throw SystemError("pthread_create", name, code: code)
    }
    return thread
  }

  /// Takes over the context that `launch` retained, and runs it.
  fileprivate static func run(_ context: UnsafeMutableRawPointer) {
    let start = unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
    unsafe slipway_set_thread_name(start.name)
    start.body()
  }

  /// Lets this thread rest.
  public static func sleep(_ duration: Duration) {
    let microseconds =
      max(0, duration.components.seconds) * 1_000_000
      + duration.components.attoseconds / 1_000_000_000_000
    var time = timespec(
      tv_sec: Int(microseconds / 1_000_000), tv_nsec: Int(microseconds % 1_000_000 * 1000))
    var rest = timespec()
    while unsafe nanosleep(&time, &rest) != 0 { time = rest }
  }
}

private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context = unsafe context { unsafe WorkThread.run(context) }
  return nil
}
