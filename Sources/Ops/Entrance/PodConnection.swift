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

    /// Whether the API answers as it does for a pod that is gone, or for a container that ended:
    /// the node, or the server that would ask it, finds nobody to connect to.
    var isOfPod: Bool { status == 404 || status == 500 }
  }

  private static let headBytesMax = 16 * 1024
  private static let readBytesMax = 64 * 1024

  /// To be waited for beside others.
  var rawValue: Int32 { file.rawValue }

  private let file: FileDescriptor
  private var reader = PortForwardFrames.Reader()
  private var rest: [UInt8]

  /// The first line of the answer to the request.
  private let answer: String

  private init(_ file: consuming FileDescriptor, _ head: (text: String, rest: [UInt8])) {
    self.file = file
    answer = String(head.text.prefix { !$0.isNewline })
    rest = head.rest
  }

  /// Asks for a connection to `endpoint`.
  static func open(
    _ endpoint: Endpoint, _ way: PodWay, _ deadline: Deadline
  ) throws(Away) -> PodConnection {
    let connection: PodConnection
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
      throw Away(reason: connection.answer, status: status)
    }
    return connection
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
