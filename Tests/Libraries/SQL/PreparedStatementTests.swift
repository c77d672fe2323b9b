import Core
import SQL
import TestSupport
import Testing

/// Prepared statements with and without a pooler between.
@Suite struct PreparedStatementTests {
  private static let byNumber = Statement("by_number", "SELECT $1::bigint + 1")
  private static let count =
    "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%bigint + 1'"

  private func open(
    _ url: String, _ preparedStatements: PreparedStatements, connections: Int = 1
  ) throws -> any Database {
    var options = DatabaseOptions()
    options.session.preparedStatements = preparedStatements
    options.pool.connectionsMax = connections
    return try DatabaseURL(url).open(options)
  }

  @Test(arguments: zip([PreparedStatements.on, .auto, .off], [Int64(1), 1, 0]))
  func onAServerStatementsStayPreparedUnlessSwitchedOff(
    mode: PreparedStatements, expected: Int64
  ) throws {
    let database = try open(PostgresServer.shared().makeDatabase(), mode)
    defer { database.close() }
    for number in 1...3 {
      let rows = try database.query(
        Self.byNumber, [.integer(Int64(number))], deadline: .generous)
      #expect(try rows.first?.get(0) == Int64(number + 1))
    }
    #expect(try database.value(Self.count) == .integer(expected))
  }

  @Test func automaticallyALostStatementIsRunUnprepared() throws {
    let database = try open(PostgresServer.shared().makeDatabase(), .auto)
    defer { database.close() }
    _ = try database.query(Self.byNumber, [1], deadline: .generous)
    try database.run("DEALLOCATE ALL")
    #expect(try database.query(Self.byNumber, [1], deadline: .generous).first?.get(0) == 2)
    #expect(try database.query(Self.byNumber, [2], deadline: .generous).first?.get(0) == 3)
    #expect(try database.value(Self.count) == 0)
  }

  @Test func switchedOnALostStatementIsAnError() throws {
    let database = try open(PostgresServer.shared().makeDatabase(), .on)
    defer { database.close() }
    _ = try database.query(Self.byNumber, [1], deadline: .generous)
    try database.run("DEALLOCATE ALL")
    let error = #expect(throws: DatabaseError.self) {
      try database.query(Self.byNumber, [1], deadline: .generous)
    }
    #expect(error?.state == .invalidStatementName)
  }

  @Test(arguments: [PreparedStatements.auto, .off])
  func behindATransactionPoolerEveryStatementWorks(mode: PreparedStatements) throws {
    let server = try PostgresServer.shared()
    let bouncer = try PgBouncer(before: server, serverConnections: 2)
    let name = try #require(try server.makeDatabase().split(separator: "/").last)
    let database = try open(bouncer.url(of: String(name)), mode, connections: 6)
    defer { database.close() }
    try database.run("CREATE TABLE item (id bigint PRIMARY KEY)")
    let insert = Statement("insert", "INSERT INTO item VALUES ($1)")
    try Crowd.run(6) { thread in
      for index in 0..<30 {
        let id = Value.integer(Int64(thread * 100 + index))
        _ = try database.query(Self.byNumber, [id], deadline: .generous)
        try database.transaction(.write, deadline: .generous) { connection in
          _ = try connection.execute(insert, [id], deadline: .generous)
          _ = try connection.query(Self.byNumber, [id], deadline: .generous)
        }
      }
    }
    #expect(try database.value("SELECT count(*) FROM item") == 180)
    // Other clients of the pooler must not get our timeouts.
    #expect(try database.value("SHOW statement_timeout") == "0")
  }
}
