import Core
import Glibc
import POSIX

/// A TCP server on loopback that does what a test says, wrong things included.
///
/// One thread for each connection. Ends with `stop` or with its last owner.
public final class RawServer: Sendable {
  /// One request as it came.
  public struct Request: Sendable {
    /// Everything up to the empty line.
    public let head: String
    /// The body that `Content-Length` announced.
    public let body: [UInt8]
    /// Which connection of the server it came on, from 0.
    public let connection: Int
    /// Which request of its connection it is, from 0.
    public let number: Int
  }

  /// What the server does with a request.
  public enum Answer: Sendable {
    /// Sends these bytes and waits for the next request.
    case keep(String)
    /// Sends these bytes and closes.
    case close(String)
    /// Says nothing until the server stops.
    case hang
    /// Waits, then sends these bytes.
    case delayed(Duration, String)
    /// Sends each of these after a while, and waits for the next request.
    case pieces(Duration, [String])

    /// A whole answer with a length, on a connection that is kept.
    public static func response(
      _ status: Int = 200, _ body: String = "UP", headers: [String] = []
    ) -> Answer { .keep(RawServer.text(status, body, headers)) }
  }

  /// The port, chosen by the system.
  public let port: Int
  /// `http://127.0.0.1:PORT`.
  public var url: String { "http://127.0.0.1:\(port)" }
  /// Connections taken so far.
  public var connections: Int { core.state.withLock { $0.connections } }
  /// Requests read so far.
  public var requests: Int { core.state.withLock { $0.requests } }

  private let core: RawServerCore

  /// Listens and answers each request as `answer` says.
  public init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(listener, pointer, length) == 0 && listen(listener, 1024) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    precondition(bound, "no port")
    port = Int(UInt16(bigEndian: address.sin_port))
    core = try Self.start(listener, answer)
  }

  /// Listens on a unix socket in place of a port.
  public init(unixSocketPath path: String, _ answer: @escaping @Sendable (Request) -> Answer)
    throws
  {
    try File.remove(path)
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(listener, pointer, length) == 0 && listen(listener, 1024) == 0
      }
    }
    precondition(bound, "no socket at \(path)")
    port = 0
    core = try Self.start(listener, answer)
  }

  private static func start(
    _ listener: Int32, _ answer: @escaping @Sendable (Request) -> Answer
  ) throws -> RawServerCore {
    let core = RawServerCore(listener, answer)
    try WorkThread.detach("raw server") { core.accept() }
    return core
  }

  deinit { core.stop() }

  /// Refuses what comes and cuts what is open.
  public func stop() { core.stop() }

  /// A whole answer with a length.
  public static func text(_ status: Int, _ body: String, _ headers: [String] = []) -> String {
    let lines = ["HTTP/1.1 \(status) X", "Content-Length: \(body.utf8.count)"] + headers
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
  }
}

/// What the threads of a server share.
private final class RawServerCore: Sendable {
  struct State {
    var open: Set<Int32> = []
    var connections = 0
    var requests = 0
    var stopped = false
  }

  let state = Guarded(State())
  private let listener: Int32
  private let answer: @Sendable (RawServer.Request) -> RawServer.Answer

  init(_ listener: Int32, _ answer: @escaping @Sendable (RawServer.Request) -> RawServer.Answer) {
    self.listener = listener
    self.answer = answer
  }

  func stop() {
    state.withLock { state in
      if state.stopped { return }
      state.stopped = true
      // Wakes the threads, which close what is theirs.
      shutdown(listener, Int32(SHUT_RDWR))
      for number in state.open { shutdown(number, Int32(SHUT_RDWR)) }
    }
  }

  func accept() {
    while !state.withLock({ $0.stopped }) {
      let number = Glibc.accept(listener, nil, nil)
      if number < 0 { continue }
      let connection = state.withLock { state in
        if state.stopped { shutdown(number, Int32(SHUT_RDWR)) }
        state.open.insert(number)
        state.connections += 1
        return state.connections - 1
      }
      try? WorkThread.detach("raw connection") { [self] in serve(number, connection) }
    }
    close(listener)
  }

  private func serve(_ number: Int32, _ connection: Int) {
    var pending: [UInt8] = []
    var count = 0
    while let request = next(number, &pending, connection, count), act(number, answer(request)) {
      count += 1
    }
    state.withLock { _ = $0.open.remove(number) }
    close(number)
  }

  /// Does what was answered; whether the connection goes on.
  private func act(_ number: Int32, _ answer: RawServer.Answer) -> Bool {
    switch answer {
    case .keep(let text): return put(number, text)
    case .close(let text):
      _ = put(number, text)
      return false
    case .delayed(let time, let text):
      WorkThread.sleep(time)
      return put(number, text)
    case .pieces(let time, let pieces):
      return pieces.allSatisfy { piece in
        WorkThread.sleep(time)
        return put(number, piece)
      }
    case .hang:
      while !state.withLock({ $0.stopped }) { WorkThread.sleep(.milliseconds(10)) }
      return false
    }
  }

  private func put(_ number: Int32, _ text: String) -> Bool {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe send(
          number, $0.baseAddress.map { unsafe $0 + sent }, $0.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  /// The next whole request, nil at the end of the connection.
  private func next(
    _ number: Int32, _ pending: inout [UInt8], _ connection: Int, _ count: Int
  ) -> RawServer.Request? {
    let end = Array("\r\n\r\n".utf8)
    while true {
      if let found = pending.indices.first(where: { pending[$0...].starts(with: end) }) {
        let head = String(decoding: pending[..<found], as: UTF8.self)
        let length = contentLength(head)
        let bodyStart = found + end.count
        if pending.count >= bodyStart + length {
          let body = Array(pending[bodyStart..<(bodyStart + length)])
          pending.removeFirst(bodyStart + length)
          state.withLock { $0.requests += 1 }
          return .init(head: head, body: body, connection: connection, number: count)
        }
      }
      var buffer = [UInt8](repeating: 0, count: 16_384)
      let received = unsafe recv(number, &buffer, buffer.count, 0)
      if received <= 0 { return nil }
      pending += buffer.prefix(received)
    }
  }

  private func contentLength(_ head: String) -> Int {
    let line = head.split(separator: "\r\n").first {
      $0.lowercased().hasPrefix("content-length:")
    }
    return line?.split(separator: ":").last.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }
}
