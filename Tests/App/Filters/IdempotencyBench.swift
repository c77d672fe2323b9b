import Core
import HTTPClient
import HTTPServer
import JSON
import POSIX
import SQL
import Synchronization
import TestSupport
import Testing

@testable import App

/// A route that writes a row each time it runs, behind the filter, on a real database.
final class IdempotencyBench: Sendable {
  let filter: IdempotencyFilter
  let database: JoiningDatabase
  /// Lets requests in mode `wait` go on.
  let gate: Flag
  private let bench: FilterBench
  private let counter: Counter
  private let url: String
  private let directory: TemporaryDirectory

  final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }

  /// How often the handler was called.
  var calls: Int { counter.value.load(ordering: .acquiring) }

  convenience init(_ kind: TestDatabase, retention: Duration = .seconds(3600)) throws {
    let directory = TemporaryDirectory()
    let url = try kind.make(in: directory)
    try TestDatabase.migrate(url)
    try self.init(url, directory, Flag(), retention)
  }

  /// Another replica on the same database.
  convenience init(sharing other: IdempotencyBench) throws {
    try self.init(other.url, other.directory, other.gate, .seconds(3600))
  }

  private init(
    _ url: String, _ directory: TemporaryDirectory, _ gate: Flag, _ retention: Duration
  ) throws {
    self.url = url
    self.directory = directory
    self.gate = gate
    let database = JoiningDatabase(try DatabaseURL(url).open())
    let counter = Counter()
    self.database = database
    self.counter = counter
    filter = IdempotencyFilter(database, retention: retention, databaseTimeout: .seconds(20))
    let contract = Contract(
      id: "test", tag: FilterBench.tag, summary: "Does.",
      parameters: [
        .query("size", .integer(), default: 1, ""), .query("name", .string(0...9), ""),
      ], answers: [Answer(201, "Done.")],
      takesIdempotencyKey: true)
    bench = try FilterBench(
      Filters(
        outer: FilterChain(filters: [SubjectFilter()]), inner: FilterChain(filters: [filter])),
      [
        Operation(.post, "/things", contract) { call in
          let number = counter.value.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue
          return try Self.handle(call, number, database, gate)
        }
      ])
  }

  deinit { database.close() }

  func post(
    _ mode: String, key: String?, subject: String? = nil, path: String = "/things",
    type: String = "text/plain"
  ) throws -> HTTPResponse {
    var headers = [("Content-Type", type)]
    if let key { headers.append(("Idempotency-Key", key)) }
    if let subject { headers.append(("X-Subject", "=" + subject)) }
    return try bench.send("POST", path, headers, body: mode)
  }

  /// How many effects there are.
  func runs() throws -> Int { try count("histories") }
  func keys() throws -> Int { try count("idempotency_keys") }

  private func count(_ table: String) throws -> Int {
    try database.query(
      .once("count", "SELECT count(*) FROM \(table)"), deadline: .after(.seconds(20))
    ).first?.get(0) ?? -1
  }

  private static let save = Statement.once(
    "save",
    """
    INSERT INTO histories (created, method, route, data, status) \
    VALUES ($1, 'POST', '/things', '', '201 Created')
    """)
  private static let stumble = Statement.once(
    "stumble",
    "INSERT INTO birthdays (username, date_of_birth, created_at, updated_at) "
      + "VALUES ('4', '1990-01-01', $1, $1)")

  private static func handle(
    _ call: Call, _ number: Int, _ database: JoiningDatabase, _ gate: Flag
  ) throws -> Response {
    let deadline = Deadline.after(.seconds(20))
    let now = Value.timestamp(.now())
    _ = try database.execute(save, [now], deadline: deadline)
    switch String(decoding: call.request.body, as: UTF8.self) {
    case "refuse": throw Problem(status: 404)
    case "refuseByAnswer": return .problem(Problem(status: 404))
    case "fail": throw ContractGap(file: "", line: 0)
    case "failByAnswer": return .problem(Problem(status: 503))
    case "stumble":
      let error = #expect(throws: DatabaseError.self) {
        _ = try database.execute(stumble, [now], deadline: deadline)
      }
      precondition(error != nil)
      _ = try database.query(.once("look", "SELECT 1"), deadline: deadline)
    case "wait": _ = eventually { gate.isRaised }
    case "cut" where number == 1:
      _ = try database.query(
        .once("cut", "SELECT pg_terminate_backend(pg_backend_pid())", access: .write),
        deadline: deadline)
    case "large":
      return .text(
        String(repeating: "x", count: IdempotencyStore.bodyBytesMax + 1), status: 201)
    default: break
    }
    var response = Response.json(Array("{\"number\":\(number)}".utf8), status: 201)
    response.headers.append("Location", "/things/\(number)")
    return response
  }
}

/// Stands where authentication stands.
private struct SubjectFilter: Filter {
  func answer(_ call: Call, _ next: Operation.Handler) throws -> Response {
    var call = call
    call.principal = call.request.headers["X-Subject"].map {
      let parts = $0.dropFirst().split(separator: "|", omittingEmptySubsequences: false)
      return Principal(
        Principal.Identity(
          subject: String(parts[0]), origin: parts.count > 1 ? String(parts[1]) : "secret",
          issuer: parts.count > 2 ? String(parts[2]) : nil),
        scopes: [])
    }
    return try next(call)
  }
}
