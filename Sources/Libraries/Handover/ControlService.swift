import CLinux
import Core
import Glibc
import JSON
import POSIX

/// Asks the service at a control socket, one request a connection.
public enum ControlClient {
  /// How long an answer may take unless the caller says otherwise.
  public static let answerTimeout: Duration = .seconds(5)

  /// Sends `request` to the socket at `path`; the answer is the member `result` of the reply.
  ///
  /// A reply with the member `error` is thrown as `refused`.
  public static func ask(
    _ path: String, _ request: JSONValue, passing descriptor: Int32? = nil,
    deadline: Deadline = .after(answerTimeout)
  ) throws(ControlError) -> ControlMessage {
    let connection = try ControlConnection(connectingTo: path)
    try connection.send(request, passing: descriptor)
    let reply = try connection.receive(deadline)
    if let reason = reply.value["error"]?.text { throw .refused(path: path, reason: reason) }
    return reply
  }
}

/// What a control service answers.
public struct ControlReply: Sendable {
  /// The message.
  public let value: JSONValue
  /// A descriptor to pass along; it stays open here.
  public let descriptor: Int32?

  /// An answer.
  public init(_ value: JSONValue, descriptor: Int32? = nil) {
    self.value = value
    self.descriptor = descriptor
  }

  /// A refusal with its reason.
  public static func refusal(_ reason: String) -> ControlReply {
    ControlReply(["error": .string(reason)])
  }
}

/// Serves a control socket: one request a connection, one connection at a time.
///
/// Only processes of the same user, or of root, are answered.
public struct ControlService: ~Copyable, Sendable {
  /// How long a client that connected may take to send its request.
  private static let requestTimeout: Duration = .seconds(1)

  private let socket: FileDescriptor
  private let path: String

  /// Listens at `path`; what an earlier process left there is replaced.
  public init(path: String) throws(SystemError) {
    self.socket = try ListeningSocket.unix(path: path, kind: .messages)
    self.path = path
  }

  /// The descriptor to wait on beside others.
  public var rawValue: Int32 { socket.rawValue }

  /// Waits for a request until the deadline and answers it; false where none came.
  ///
  /// A client that sends nothing or goes away concerns nobody but itself.
  @discardableResult
  public func serveOne(
    _ deadline: Deadline, _ answer: (_ request: borrowing ControlMessage, Peer) -> ControlReply
  ) throws(SystemError) -> Bool {
    guard try socket.waitUntilReadable(deadline) else { return false }
    let number = slipway_accept(socket.rawValue)
    guard number >= 0 else { return false }
    let connection = ControlConnection(FileDescriptor(owning: number), path: path)
    do throws(ControlError) {
      let peer = try connection.peer()
      guard peer.userIdentifier == ProcessInfo.userIdentifier || peer.userIdentifier == 0 else {
        try connection.send(["error": "another user's process is not answered"])
        return true
      }
      let request = try connection.receive(.after(Self.requestTimeout))
      let reply = answer(request, peer)
      try connection.send(reply.value, passing: reply.descriptor)
    } catch {
      return true
    }
    return true
  }
}
