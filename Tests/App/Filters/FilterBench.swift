import HTTPClient
import HTTPServer
import Handover
import POSIX

@testable import App

/// A server with routes of a test's own behind real filters.
final class FilterBench: Sendable {
  let server: Server
  let client = HTTPClient()
  let port: Int

  init(_ filters: Filters, hooks: Hooks = Hooks(), _ operations: [Operation]) throws {
    let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    port = ListeningSocket.port(of: socket) ?? 0
    try socket.setNonblocking(true)
    server = Server(ServerConfiguration(), hooks: hooks)
    try server.start(listeners: [
      Listener("http", socket: socket, router: Router(operations.map { $0.route(filters) }))
    ])
    try server.accept()
  }

  deinit { server.stop() }

  func send(
    _ method: String, _ path: String, _ headers: [(String, String)] = [], body: String = ""
  ) throws -> HTTPResponse {
    try client.send(
      HTTPRequest(
        "http://127.0.0.1:\(port)\(path)", method: method,
        headers: headers.map { HTTPHeader($0.0, $0.1) }, body: Array(body.utf8)))
  }

  static let tag = Tag(name: "Test", summary: "For tests.")
}

extension Principal.Identity {
  /// Whoever shares the secret calls somebody so.
  static func named(_ subject: String) -> Principal.Identity {
    Principal.Identity(subject: subject, origin: "secret", issuer: nil)
  }
}
