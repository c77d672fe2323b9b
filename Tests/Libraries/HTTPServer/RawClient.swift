import Core
import Glibc
import POSIX

/// A client that sends exactly the bytes it is told to, and reads answers by the book.
final class RawClient {
  let file: FileDescriptor
  private var buffer: [UInt8] = []

  /// Long enough for a machine that is busy with other things.
  static let patience = Duration.seconds(30)

  init(port: Int) throws {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    file = FileDescriptor(owning: number)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    let code = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw SystemError.last("connect") }
  }

  /// Takes over a connected socket.
  init(_ file: consuming FileDescriptor) { self.file = file }

  struct Answer: Equatable {
    var status = 0
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  enum Failure: Error { case timeout, closed(received: String), malformed(String) }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// Sends all; throws where the server has closed.
  func send(_ bytes: [UInt8]) throws {
    var offset = 0
    while offset < bytes.count {
      let sent = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(
          file.rawValue, $0.baseAddress.map { unsafe $0 + offset }, bytes.count - offset,
          Int32(MSG_NOSIGNAL))
      }
      if sent < 0 { throw SystemError.last("send") }
      offset += sent
    }
  }

  /// Sends a request with the headers that it must have, and reads the answer.
  func request(_ line: String, _ headers: String = "", body: String = "") throws -> Answer {
    let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
    try send("\(line) HTTP/1.1\r\nHost: test\r\n\(length)\(headers)\r\n\(body)")
    return try answer(isHead: line.hasPrefix("HEAD "))
  }

  /// Reads one answer; bodies by length, chunked, or to the end.
  func answer(isHead: Bool = false) throws -> Answer {
    var answer = try readHead()
    while answer.status == 100 { answer = try readHead() }
    if isHead || answer.status == 204 || answer.status == 304 { return answer }
    if answer.headers["transfer-encoding"] == "chunked" {
      while true {
        let size = Int(try line(), radix: 16) ?? -1
        guard size >= 0 else { throw Failure.malformed("chunk size") }
        answer.body += try take(size)
        _ = try line()
        if size == 0 { return answer }
      }
    }
    if let length = answer.headers["content-length"].flatMap({ Int($0) }) {
      answer.body = try take(length)
    } else {
      while try fill() {}
      answer.body = buffer
      buffer = []
    }
    return answer
  }

  /// Reads a status line and the headers, names in small letters.
  func readHead() throws -> Answer {
    var answer = Answer()
    let first = try line()
    answer.status = first.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    guard first.hasPrefix("HTTP/1.1 ") else { throw Failure.malformed(first) }
    while true {
      let header = try line()
      if header.isEmpty { return answer }
      let parts = header.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { throw Failure.malformed(header) }
      answer.headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
    }
  }

  /// Whether the server has closed; waits for it, and fails where more bytes come.
  func isClosed() throws -> Bool {
    let received = try fill()
    return !received && buffer.isEmpty
  }

  /// Everything until the server closes.
  func readToEnd() throws -> String {
    while try fill() {}
    defer { buffer = [] }
    return String(decoding: buffer, as: UTF8.self)
  }

  private func line() throws -> String {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let text = buffer[..<end].filter { $0 != UInt8(ascii: "\r") }
        buffer.removeFirst(end + 1)
        return String(decoding: text, as: UTF8.self)
      }
      guard try fill() else {
        throw Failure.closed(received: String(decoding: buffer, as: UTF8.self))
      }
    }
  }

  private func take(_ count: Int) throws -> [UInt8] {
    while buffer.count < count {
      guard try fill() else {
        throw Failure.closed(received: String(decoding: buffer, as: UTF8.self))
      }
    }
    defer { buffer.removeFirst(count) }
    return Array(buffer.prefix(count))
  }

  /// Reads what is there; false at the end, also where the server reset the connection.
  private func fill() throws -> Bool {
    guard try file.waitUntilReadable(.after(Self.patience)) else { throw Failure.timeout }
    do {
      let part = try file.read(upTo: 65_536)
      buffer += part
      return !part.isEmpty
    } catch let error where error.code == ECONNRESET {
      return false
    }
  }
}
