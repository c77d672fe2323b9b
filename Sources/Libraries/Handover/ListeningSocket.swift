import CLinux
import Core
import Glibc
import POSIX

/// Sockets that wait for connections.
public enum ListeningSocket {
  /// How many connections the kernel holds until somebody accepts them.
  ///
  /// The kernel cuts it to net.core.somaxconn. While the last replica is replaced after a crash,
  /// clients wait in this queue.
  public static let backlog: Int32 = 4096

  /// Binds `host:port` and listens; port 0 takes a free one.
  ///
  /// `host` is an address, not a name: what is served must not depend on a resolver.
  public static func tcp(host: String, port: Int) throws(SystemError) -> FileDescriptor {
    let subject = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    var hints = unsafe addrinfo()
    unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(host, String(port), &hints, &list) == 0, let address = unsafe list
    else { throw SystemError("getaddrinfo", subject, code: EINVAL) }
    defer { unsafe freeaddrinfo(address) }
    let family = unsafe address.pointee.ai_family
    let file = try make(family, SOCK_STREAM, subject)
    var on: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    unsafe setsockopt(file.rawValue, SOL_SOCKET, SO_REUSEADDR, &on, size)
    guard unsafe bind(file.rawValue, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0
    else { throw .last("bind", subject) }
    try listen(file, subject)
    return file
  }

  /// Binds a path and listens; what an earlier process left there is replaced.
  ///
  /// Only this user may connect. https://man7.org/linux/man-pages/man7/unix.7.html
  public static func unix(
    path: String, kind: UnixSocket.Kind = .stream
  ) throws(SystemError) -> FileDescriptor {
    try File.remove(path)
    let file = try make(AF_UNIX, kind.type, path)
    // The file takes its access from the socket. A umask would do too, but it belongs to all
    // threads: two at once could leave it changed for good.
    guard fchmod(file.rawValue, File.ownerOnly) == 0 else { throw .last("fchmod", path) }
    try unsafe UnixSocket.withAddress(path, for: "bind") { address, length in
      unsafe bind(file.rawValue, address, length) == 0
    }
    try listen(file, path)
    return file
  }

  /// The next connection, closed on exec; nil where none came by the deadline.
  ///
  /// https://man7.org/linux/man-pages/man2/accept.2.html
  public static func accept(
    _ socket: borrowing FileDescriptor, _ deadline: Deadline
  ) -> FileDescriptor? {
    guard (try? socket.waitUntilReadable(deadline)) == true else { return nil }
    let number = slipway_accept(socket.rawValue)
    return number >= 0 ? FileDescriptor(owning: number) : nil
  }

  /// The port that the socket is bound to, nil where it has none.
  public static func port(of socket: borrowing FileDescriptor) -> Int? {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let known = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(socket.rawValue, $0, &length) == 0
      }
    }
    guard known, [AF_INET, AF_INET6].contains(Int32(address.ss_family)) else { return nil }
    // The port stands at the same place in both families, in network order.
    return unsafe withUnsafeBytes(of: address) { unsafe Int($0[2]) << 8 | Int($0[3]) }
  }

  private static func make(
    _ family: Int32, _ type: __socket_type, _ subject: String
  ) throws(SystemError) -> FileDescriptor {
    let number = socket(family, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw .last("socket", subject) }
    return FileDescriptor(owning: number)
  }

  private static func listen(
    _ file: borrowing FileDescriptor, _ subject: String
  ) throws(SystemError) {
    guard Glibc.listen(file.rawValue, backlog) == 0 else { throw .last("listen", subject) }
    // Several processes accept on one socket: who comes second must not block.
    try file.setNonblocking(true)
  }
}

/// Addresses and connections of unix sockets.
public enum UnixSocket {
  /// Whether the socket carries bytes or whole messages.
  public enum Kind: Sendable {
    /// Bytes in order.
    case stream
    /// Messages in order, each whole.
    case messages
    /// Messages without a connection, each whole.
    case datagrams

    var type: __socket_type {
      switch self {
      case .stream: SOCK_STREAM
      case .messages: SOCK_SEQPACKET
      case .datagrams: SOCK_DGRAM
      }
    }
  }

  /// What a path of a unix socket may hold, with the closing NUL.
  public static let pathBytesMax = 108

  /// Connects to the socket at `path`, or to one that has only the name after its first byte.
  public static func connect(
    path: String, kind: Kind, isAbstract: Bool = false
  ) throws(SystemError) -> FileDescriptor {
    let number = socket(AF_UNIX, Int32(kind.type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw .last("socket", path) }
    let file = FileDescriptor(owning: number)
    try unsafe withAddress(path, isAbstract: isAbstract, for: "connect") { address, length in
      unsafe Glibc.connect(number, address, length) == 0
    }
    return file
  }

  /// Gives `body` the address of `path`; throws the failure of `call` where it answers false.
  static func withAddress(
    _ path: String, isAbstract: Bool = false, for call: String,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool
  ) throws(SystemError) {
    var bytes = Array(path.utf8)
    guard bytes.count < pathBytesMax else {
      throw SystemError(call, path, code: ENAMETOOLONG)
    }
    var size = MemoryLayout<sockaddr_un>.size
    if isAbstract {
      // Such a name begins with a NUL, and each byte of the length is a part of it.
      bytes[0] = 0
      size = size - pathBytesMax + bytes.count
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let done = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(size))
      }
    }
    if !done { throw .last(call, path) }
  }
}
