import CLinux
import Core
import Glibc
import JSON
import POSIX

/// Why a conversation over a control socket failed.
public enum ControlError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The system refused a call.
  case system(SystemError)
  /// Nothing came within the time.
  case timeout(path: String)
  /// The other side went away, or sent what is no message.
  case malformed(path: String, detail: String)
  /// The other side said no.
  case refused(path: String, reason: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .timeout(let path): "\(path): no answer in time"
    case .malformed(let path, let detail): "\(path): \(detail)"
    case .refused(_, let reason): reason
    }
  }
}

/// Who is at the other end of a unix socket, as the kernel saw it when it connected.
public struct Peer: Sendable, Equatable {
  /// The process.
  public let processIdentifier: Int32
  /// The user.
  public let userIdentifier: UInt32
}

/// One end of a control connection: whole JSON messages, and at times a descriptor with them.
public struct ControlConnection: ~Copyable, Sendable {
  /// The largest message.
  public static let messageBytesMax = 128 * 1024

  private let socket: FileDescriptor
  private let path: String

  init(_ socket: consuming FileDescriptor, path: String) {
    self.socket = socket
    self.path = path
  }

  /// Connects to the socket at `path`.
  public init(connectingTo path: String) throws(ControlError) {
    do throws(SystemError) {
      self.init(try UnixSocket.connect(path: path, kind: .messages), path: path)
    } catch {
      throw .system(error)
    }
  }

  /// The other end.
  ///
  /// https://man7.org/linux/man-pages/man7/unix.7.html (SO_PEERCRED)
  public func peer() throws(ControlError) -> Peer {
    var process: pid_t = 0
    var user: uid_t = 0
    guard unsafe slipway_peer(socket.rawValue, &process, &user) == 0 else {
      throw .system(.last("getsockopt", path))
    }
    return Peer(processIdentifier: process, userIdentifier: user)
  }

  /// Sends a message, and with it a descriptor where one is named; it stays open here.
  public func send(_ message: JSONValue, passing descriptor: Int32? = nil) throws(ControlError) {
    let bytes = message.bytes()
    guard bytes.count <= Self.messageBytesMax else {
      throw .malformed(path: path, detail: "a message of \(bytes.count) bytes is too large")
    }
    while true {
      let sent = unsafe slipway_send(socket.rawValue, bytes, bytes.count, descriptor ?? -1)
      if sent >= 0 { return }
      if slipway_errno() != EINTR { throw .system(.last("sendmsg", path)) }
    }
  }

  /// The next message, and the descriptor that came with it.
  public func receive(_ deadline: Deadline) throws(ControlError) -> ControlMessage {
    let readable: Bool
    do throws(SystemError) {
      readable = try socket.waitUntilReadable(deadline)
    } catch {
      throw .system(error)
    }
    guard readable else { throw .timeout(path: path) }
    var buffer = [UInt8](repeating: 0, count: Self.messageBytesMax)
    var passed: Int32 = -1
    let count = unsafe slipway_receive(socket.rawValue, &buffer, buffer.count, &passed)
    let descriptor = passed >= 0 ? FileDescriptor(owning: passed) : nil
    guard count >= 0 else { throw .system(.last("recvmsg", path)) }
    guard count > 0 else { throw .malformed(path: path, detail: "the other side hung up") }
    do {
      return ControlMessage(
        value: try JSONReader.read(Array(buffer.prefix(count))), descriptor: descriptor)
    } catch {
      throw .malformed(path: path, detail: "\(error)")
    }
  }
}

/// A message and the descriptor that came with it.
public struct ControlMessage: ~Copyable, Sendable {
  /// The message.
  public let value: JSONValue
  /// The descriptor, nil where none came.
  public var descriptor: FileDescriptor?

  init(value: JSONValue, descriptor: consuming FileDescriptor?) {
    self.value = value
    self.descriptor = descriptor
  }

  /// Takes the descriptor out.
  public mutating func takeDescriptor() -> FileDescriptor? { descriptor.take() }
}
