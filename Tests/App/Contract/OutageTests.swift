import Core
import HTTPClient
import HTTPServer
import POSIX
import SQL
import TestSupport
import Testing

@testable import App

/// The whole table while PostgreSQL is in trouble: nothing hangs, nothing is a 500.
@Suite struct OutageTests {
  @Test func everyOperationSaysThatTheDatabaseIsAwayAndComesBackWithIt() throws {
    let server = try PostgresServer()
    let url = try server.makeDatabase()
    try TestDatabase.migrate(url)
    let site = try WalkSite(databaseURL: url, ["DATABASE_TIMEOUT": "1s"])
    let requests = try site.needingTheDatabase().map { try site.example($0) }
    #expect(requests.count > 15)
    try server.stop()
    for request in requests {
      let answer = try request.send(to: site.service)
      let id = request.operation.contract.id
      expectProblem(answer, 503, id)
      #expect(answer.header("Retry-After") == "1", "\(id)")
      #expect(!answer.text.lowercased().contains("sql"), "\(id)")
    }
    try server.start()
    for request in requests {
      #expect(
        try eventually { try request.send(to: site.service).status < 500 },
        "\(request.operation.contract.id)")
    }
  }

  @Test func everyExampleIsAnsweredThroughAPoolerInTransactionMode() throws {
    let server = try PostgresServer.shared()
    let direct = try server.makeDatabase()
    try TestDatabase.migrate(direct)
    let name = direct.split(separator: "/").last.map(String.init) ?? ""
    let pooler = try PgBouncer(before: server)
    let site = try WalkSite(databaseURL: pooler.url(of: name))
    // Twice: a statement that the first round prepared is on another server in the second.
    for _ in 0..<2 {
      for operation in site.walk.operations where !operation.contract.isProbe {
        let request = try site.example(operation)
        let answer = try request.send(to: site.service)
        #expect(answer.status < 500, "\(operation.contract.id): \(answer.text)")
      }
    }
  }

  @Test func aServerWithoutFreeConnectionsIs503UntilOneIsFree() throws {
    let server = try PostgresServer(connectionsMax: 6)
    let url = try server.makeDatabase()
    try TestDatabase.migrate(url)
    let site = try WalkSite(databaseURL: url, ["DATABASE_TIMEOUT": "1s"])
    let requests = try site.needingTheDatabase().map { try site.example($0) }
    try hold(6, of: url) {
      for request in requests {
        let answer = try request.send(to: site.service)
        #expect(answer.status == 503, "\(request.operation.contract.id): \(answer.text)")
      }
    }
    for request in requests {
      #expect(
        try eventually { try request.send(to: site.service).status < 500 },
        "\(request.operation.contract.id)")
    }
  }

  /// Takes `count` connections and keeps them while `body` runs.
  ///
  /// Each is of a pool of its own, for a pool that holds some would wait for those when the server
  /// has no more. Before each attempt the one that is held already ends those of everybody else;
  /// the service may still be faster at the place that became free, and then there is another
  /// attempt.
  private func hold(
    _ count: Int, of url: String, after held: (any DatabaseConnection)? = nil,
    _ body: () throws -> Void
  ) throws {
    guard count > 0 else { return try body() }
    var options = DatabaseOptions()
    options.pool.connectionsMax = 1
    let database = try DatabaseURL(url).open(options)
    defer { database.close() }
    let deadline = Deadline.after(.seconds(60))
    var isTaken = false
    while !isTaken {
      do {
        if let held { try endOthers(held) }
        try database.session(deadline: deadline) { connection in
          isTaken = true
          let mine = Statement.once("mine", "SET application_name = 'hog'", access: .write)
          _ = try connection.execute(mine, deadline: deadline)
          try hold(count - 1, of: url, after: connection, body)
        }
      } catch let error as DatabaseError where !isTaken && !deadline.hasPassed {
        try #require(error.state == .tooManyConnections, "\(error)")
      }
    }
  }

  private func endOthers(_ connection: any DatabaseConnection) throws {
    let others = Statement.once(
      "others",
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
      WHERE application_name <> 'hog' AND backend_type = 'client backend'
      """, access: .write)
    _ = try connection.query(others, deadline: .after(.seconds(20)))
  }
}

extension WalkSite {
  /// The operations that answer from the database; what runs on lanes waits for other things too.
  fileprivate func needingTheDatabase() -> [Operation] {
    walk.operations.filter { operation in
      let contract = operation.contract
      return !contract.isProbe && operation.execution == .worker
    }
  }
}
