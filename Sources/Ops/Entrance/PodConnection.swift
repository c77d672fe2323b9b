import Core
import Crypto
import Handover
import POSIX

/// The way to pods: where the API of their cluster answers.
struct PodWay: Sendable, Equatable {
  /// The socket of `kubectl proxy`.
  let proxySocketPath: String
  let namespace: String
}

/// A connection to a port of a pod, as it is made on the pod's node, by way of the API.
///
/// Every one is a new connection at the pod itself: the API server, the kubelet and the runtime
/// only pass its bytes on.
/// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
struct PodConnection: ~Copyable {
  /// The API could not be asked, or would not: nothing was tried at the pod.
  struct Away: Error, Equatable {
    let reason: String
    /// What the API answered, nil where it did not.
    var status: Int?

    /// Words of a server that finds no pod, or of a node that finds nothing that runs in it.
    private static let gone = ["not found", "not running", "does not exist", "not find"]
    /// What they may be about.
    private static let parts = ["pod", "container", "sandbox"]
    /// Words of a server that does not come as far as the node.
    private static let wayside = [
      "dial", "timeout", "timed out", "no agent", "nodes \"", "deadline",
    ]

    /// Whether the API answers as it does for a pod that is gone, or for a container that ended.
    ///
    /// A node that is not reached says nothing of its pods, though the answer is a 500 as well.
    var isOfPod: Bool {
      guard status == 404 || status == 500 else { return false }
      let words = reason.lowercased()
      func holds(_ some: [String]) -> Bool { some.contains { words.contains($0) } }
      return holds(Self.gone) && holds(Self.parts) && !holds(Self.wayside)
    }
  }

  private static let headBytesMax = 16 * 1024
  private static let bodyBytesMax = 16 * 1024
  private static let readBytesMax = 64 * 1024

  /// To be waited for beside others.
  var rawValue: Int32 { file.rawValue }

  private let file: FileDescriptor
  private var reader = PortForwardFrames.Reader()
  private var rest: [UInt8]

  /// The first line of the answer to the request.
  private let answer: String
  /// How long the body of an answer is that is no connection; to the end where nobody says so.
  private let bodyBytes: Int

  private init(_ file: consuming FileDescriptor, _ head: (text: String, rest: [UInt8])) {
    self.file = file
    let lines = head.text.split(whereSeparator: \.isNewline)
    answer = lines.first.map { String($0) } ?? ""
    let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
    bodyBytes =
      length.flatMap { Int($0.drop { $0 != ":" }.dropFirst().filter { $0 != " " }) } ?? .max
    rest = head.rest
  }

  /// Asks for a connection to `endpoint`.
  static func open(
    _ endpoint: Endpoint, _ way: PodWay, _ deadline: Deadline
  ) throws(Away) -> PodConnection {
    var connection: PodConnection
    do throws(SystemError) {
      let file = try UnixSocket.connect(path: way.proxySocketPath, kind: .stream)
      try file.write(Array(request(endpoint, way).utf8))
      let head = try head(file, deadline)
      connection = PodConnection(file, head)
    } catch {
      throw Away(reason: "\(error)")
    }
    guard connection.answer.hasPrefix("HTTP/1.1 101 ") else {
      let status = connection.answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
      throw Away(reason: connection.refusal(status, deadline), status: status)
    }
    return connection
  }

  /// What the API says instead of a connection: the message of its `Status`, or a node's words.
  private mutating func refusal(_ status: Int?, _ deadline: Deadline) -> String {
    guard let status else { return answer }
    while rest.count < min(bodyBytes, Self.bodyBytesMax) {
      guard (try? file.waitUntilReadable(deadline)) == true,
        let part = try? file.read(upTo: Self.readBytesMax), !part.isEmpty
      else { break }
      rest += part
    }
    return ClusterAnswer(status: status, body: rest).status.message
  }

  /// What came; nil where the way was cut, which says nothing of the pod.
  mutating func receive() -> [PortForwardFrames.Event]? {
    guard let bytes = try? file.read(upTo: Self.readBytesMax), !bytes.isEmpty else { return nil }
    return try? reader.feed(bytes)
  }

  /// What came with the answer to the request already.
  mutating func receiveFirst() -> [PortForwardFrames.Event]? {
    defer { rest = [] }
    return try? reader.feed(rest)
  }

  /// Sends a frame; false where the way is cut.
  func send(_ frame: [UInt8]) -> Bool { (try? file.write(frame)) != nil }

  private static func request(_ endpoint: Endpoint, _ way: PodWay) -> String {
    let call = ClusterCall(
      "get", .pod, namespace: way.namespace, name: endpoint.pod, subresource: "portforward")
    let lines = [
      "GET \(call.path)?ports=\(endpoint.port) HTTP/1.1", "Host: localhost",
      "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: \(key)",
      "Sec-WebSocket-Protocol: \(PortForwardFrames.subprotocol)", "", "",
    ]
    return lines.joined(separator: "\r\n")
  }

  /// 16 random bytes in base 64, with the alphabet that is not for URLs.
  private static var key: String {
    let text = Base64URL.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) }).map {
      character in
      switch character {
      case "-": "+"
      case "_": "/"
      default: String(character)
      }
    }
    return text.joined() + "=="
  }

  private static func head(
    _ file: borrowing FileDescriptor, _ deadline: Deadline
  ) throws(SystemError) -> (text: String, rest: [UInt8]) {
    let end = Array("\r\n\r\n".utf8)
    var bytes: [UInt8] = []
    while bytes.count < headBytesMax {
      if let start = bytes.firstRange(of: end) {
        let text = String(decoding: bytes[..<start.lowerBound], as: UTF8.self)
        return (text, Array(bytes[start.upperBound...]))
      }
      guard try file.waitUntilReadable(deadline) else { break }
      let part = try file.read(upTo: readBytesMax)
      if part.isEmpty { break }
      bytes += part
    }
    return ("no answer to the request for a connection", [])
  }
}
