import POSIX

/// A listening socket with the routes that it serves.
public final class Listener: Sendable {
  /// Who it is for.
  public enum Role: Sendable {
    /// Clients: one event thread per core, drained first.
    case serving
    /// Operators: one event thread, answers until the very end.
    case admin
  }

  /// A name for logs and metrics: `http`, `admin`.
  public let name: String
  /// Who it is for.
  public let role: Role
  let router: Router
  let socket: FileDescriptor

  /// A listener on `socket`, which is bound, listening and non-blocking.
  ///
  /// The socket may be shared with other processes; each event thread uses a duplicate of it.
  public init(
    _ name: String, socket: consuming FileDescriptor, router: Router, role: Role = .serving
  ) {
    self.name = name
    self.role = role
    self.router = router
    self.socket = socket
  }
}
