import Core
import HTTPClient
import JSON
import Logging
import Migrations
import POSIX
import SQL
import Schema
import TestSupport

@testable import App

/// The databases that every contract is kept on.
enum TestDatabase: String, CaseIterable {
  case sqlite, postgres

  /// An empty database in `directory` or on the server that the tests share.
  func make(in directory: TemporaryDirectory) throws -> String {
    switch self {
    case .sqlite: "sqlite:///\(directory.file("service.sqlite"))"
    case .postgres: try PostgresServer.shared().makeDatabase()
    }
  }

  /// Brings the schema up to date.
  static func migrate(_ url: String) throws {
    let database = try DatabaseURL(url).open()
    defer { database.close() }
    try Migrator(database, ServiceSchema.migrations(for: database.dialect)).apply()
  }
}

/// A service in this process, on a port of its own.
final class RunningService: Sendable {
  let service: Service
  let log = MemorySink()
  let directory: TemporaryDirectory
  let databaseURL: String
  let client = HTTPClient()

  /// A service with a database of its own that accepts as soon as it has started.
  convenience init(
    _ kind: TestDatabase = .sqlite, migrated: Bool = true, _ variables: [String: String] = [:]
  ) throws {
    let directory = TemporaryDirectory()
    let url = try kind.make(in: directory)
    if migrated { try TestDatabase.migrate(url) }
    try self.init(databaseURL: url, directory: directory, variables)
  }

  init(
    databaseURL: String, directory: TemporaryDirectory = TemporaryDirectory(),
    _ variables: [String: String] = [:]
  ) throws {
    self.directory = directory
    self.databaseURL = databaseURL
    let fixed = [
      "DATABASE_URL": databaseURL, "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0",
      "REVISION": "test-1", "DRAIN_DELAY": "0s",
    ]
    let report = try Configuration.read(fixed.merging(variables) { _, given in given })
    service = try Service(
      report.configuration, logger: Logger(level: .debug, format: .json, sink: log))
    try service.start()
    if report.configuration.controlSocket == nil { try service.accept() }
  }

  deinit {
    service.stop()
    service.drain()
  }

  func send(
    _ method: String, _ path: String, headers: [String: String] = [:], body: String = "",
    port: Int? = nil, socket: String? = nil
  ) throws -> HTTPResponse {
    try client.send(
      HTTPRequest(
        "http://127.0.0.1:\(port ?? service.socket.port)\(path)", method: method,
        headers: headers.sorted { $0.key < $1.key }.map { HTTPHeader($0.key, $0.value) },
        body: Array(body.utf8), unixSocketPath: socket))
  }

  func get(_ path: String, headers: [String: String] = [:]) throws -> HTTPResponse {
    try send("GET", path, headers: headers)
  }

  /// Keeps a birthday, given as the JSON text of the body.
  func put(
    _ username: String, _ body: String, contentType: String? = "application/json"
  ) throws -> HTTPResponse {
    try send(
      "PUT", "/hello/\(username)", headers: contentType.map { ["Content-Type": $0] } ?? [:],
      body: body)
  }
}

extension HTTPResponse {
  /// The body as JSON; null where it is none.
  var json: JSONValue { (try? JSONReader.read(body)) ?? .null }
}

/// Waits until `condition` holds; false where it does not within 20 s.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = Deadline.after(.seconds(20))
  while !deadline.hasPassed {
    if try condition() { return true }
    WorkThread.sleep(.milliseconds(20))
  }
  return false
}
