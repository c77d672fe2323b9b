import POSIX

/// The service manager that started this process and waits for word of it, by systemd's protocol.
///
/// https://man7.org/linux/man-pages/man3/sd_notify.3.html
public struct ServiceManager: Sendable, Equatable {
  /// Where it listens: a path, or a name in the kernel after `@`.
  public let address: String

  /// What happened to the process.
  public enum Event: Sendable, Equatable {
    /// It does what it was started for.
    case ready
    /// It is on its way out.
    case stopping

    fileprivate var word: String {
      switch self {
      case .ready: "READY=1"
      case .stopping: "STOPPING=1"
      }
    }
  }

  /// What is wrong with the variable.
  public struct Malformed: Error, Sendable, Equatable {
    /// What it holds.
    public let value: String
  }

  /// The variable that names it.
  public static let variable = "NOTIFY_SOCKET"
  /// What it may hold.
  public static let allowed =
    "an absolute path or '@' and a name, of less than \(UnixSocket.pathBytesMax) bytes"

  /// The one that `environment` names; nil where there is none.
  public init?(in environment: [String: String]) throws(Malformed) {
    guard let address = environment[Self.variable] else { return nil }
    guard address.hasPrefix("/") || address.hasPrefix("@"), address.utf8.count > 1,
      address.utf8.count < UnixSocket.pathBytesMax
    else { throw Malformed(value: address) }
    self.address = address
  }

  /// Tells it an event, and a line for people beside it.
  ///
  /// What the line holds is one line, whatever it was made of.
  public func tell(_ event: Event, status: String) throws(SystemError) {
    let line = String(status.map { $0.isNewline ? " " : $0 })
    let socket = try UnixSocket.connect(
      path: address, kind: .datagrams, isAbstract: address.hasPrefix("@"))
    try socket.write(Array("\(event.word)\nSTATUS=\(line)\n".utf8))
  }
}
