import Core
import HTTPClient
import HTTPServer
import Handover
import JSON
import POSIX
import SQL
import TestSupport
import Testing

@testable import App

/// A service with a look at its audit history past its own routes.
final class AuditSite: Sendable {
  let service: RunningService
  let database: any Database

  /// A client of the tests keeps its connection, for which a drain would wait.
  private static let fixed = ["DRAIN_TIMEOUT": "200ms"]

  init(_ kind: TestDatabase, _ variables: [String: String] = [:]) throws {
    service = try RunningService(kind, variables.merging(Self.fixed) { given, _ in given })
    database = try DatabaseURL(service.databaseURL).open()
  }

  init(databaseURL: String, _ variables: [String: String] = [:]) throws {
    service = try RunningService(
      databaseURL: databaseURL, variables.merging(Self.fixed) { given, _ in given })
    database = try DatabaseURL(databaseURL).open()
  }

  deinit { database.close() }

  /// Method, route, data and status of every row, in the order of time.
  func rows() throws -> [[String]] {
    try HistoryStore(database: database).page(
      before: nil, limit: 100_000, deadline: .after(.seconds(30))
    ).map { [$0.method, $0.route, $0.data, $0.status] }
  }

  /// Whether there are as many rows in the end.
  func has(_ count: Int) throws -> Bool { try eventually { try rows().count >= count } }

  /// Carries out SQL that is the same in both dialects.
  func run(_ text: String) throws {
    _ = try database.execute(.once("setup", text), deadline: .after(.seconds(30)))
  }

  /// A metric's value; nil where the page has no such sample.
  func metric(_ sample: String) throws -> Double? {
    try service.get("/metrics").text.split(separator: "\n").first {
      $0.hasPrefix(sample + " ")
    }.flatMap { Double($0.dropFirst(sample.count + 1)) }
  }
}

/// `GET /api/histories` of a database, for whoever asks with a token's scopes.
final class HistoryRoute: Sendable {
  private struct Granting: Filter {
    let scopes: Set<String>?

    func answer(_ call: Call, _ next: Operation.Handler) throws -> Response {
      var call = call
      call.principal = scopes.map { Principal(.named("test"), scopes: $0) }
      return try next(call)
    }
  }

  private let server = Server()
  private let port: Int
  private let client = HTTPClient()

  init(_ database: any Database, scopes: Set<String>? = ["histories:read"]) throws {
    let handlers = HistoryHandlers(
      store: HistoryStore(database: database), databaseTimeout: .seconds(30))
    let operation = Operation(.get, "/api/histories", HistoryContracts.list, handlers.list)
    let filters = Filters(outer: FilterChain(filters: [Granting(scopes: scopes)]))
    let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    port = ListeningSocket.port(of: socket) ?? 0
    try server.start(listeners: [
      Listener("http", socket: socket, router: Router([operation.route(filters)]))
    ])
    try server.accept()
  }

  deinit { server.stop() }

  func get(_ query: String = "") throws -> HTTPResponse {
    try client.send(HTTPRequest("http://127.0.0.1:\(port)/api/histories\(query)"))
  }
}
