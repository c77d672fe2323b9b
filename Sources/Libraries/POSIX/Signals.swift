import CLinux
import Core
import Glibc

/// A signal by its number.
public struct Signal: RawRepresentable, Sendable, Hashable {
  /// The number as `kill(2)` takes it.
  public let rawValue: Int32

  /// The signal with that number.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// Ctrl-C.
  public static let interrupt = Signal(rawValue: SIGINT)
  /// A polite request to end.
  public static let terminate = Signal(rawValue: SIGTERM)
  /// An end at once, which servers take for one without farewell.
  public static let quit = Signal(rawValue: SIGQUIT)
  /// An end that can not be refused.
  public static let kill = Signal(rawValue: SIGKILL)
  /// A request to read the configuration again.
  public static let hangUp = Signal(rawValue: SIGHUP)
  /// A child ended.
  public static let child = Signal(rawValue: SIGCHLD)
}

/// Signals as something to read, in place of handlers that may do almost nothing.
///
/// The signals are blocked for the whole process: make this before the first thread starts.
/// https://man7.org/linux/man-pages/man2/signalfd.2.html
public struct SignalReader: ~Copyable, Sendable {
  private let file: FileDescriptor

  /// Blocks `signals` and reads them from now on.
  public init(_ signals: [Signal]) throws(SystemError) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal.rawValue) }
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    let number = try checked("signalfd") {
      unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    }
    self.file = FileDescriptor(owning: number)
  }

  /// The descriptor to wait on beside others.
  public var rawValue: Int32 { file.rawValue }

  /// The next signal, nil where none came by the deadline.
  public func next(_ deadline: Deadline) throws(SystemError) -> Signal? {
    guard try file.waitUntilReadable(deadline) else { return nil }
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    let count = unsafe read(file.rawValue, &info, size)
    return count == size ? Signal(rawValue: Int32(info.ssi_signo)) : nil
  }

  /// Makes writing to a closed socket or pipe an error in place of the end of the process.
  public static func ignoreBrokenPipes() {
    signal(SIGPIPE, SIG_IGN)
  }
}
