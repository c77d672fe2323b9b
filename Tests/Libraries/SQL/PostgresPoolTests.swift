import Core
import SQL
import Synchronization
import TestSupport
import Testing

/// The pool of PostgreSQL's connections, and what is told to sessions.
@Suite struct PostgresPoolTests {
  private static let one = Statement("one", "SELECT 1")
  private static let process = "SELECT pg_backend_pid()"

  private func open(_ configure: (inout DatabaseOptions) -> Void) throws -> any Database {
    var options = DatabaseOptions()
    configure(&options)
    return try DatabaseURL(PostgresServer.shared().makeDatabase()).open(options)
  }

  @Test func aWaiterGetsTheNextConnection() throws {
    let database = try open { $0.pool.connectionsMax = 1 }
    defer { database.close() }
    try Crowd.run(6) { _ in
      for _ in 0..<20 { _ = try database.query(Self.one, deadline: .generous) }
    }
    let statistics = database.statistics
    #expect(statistics.idle == 1)
    #expect(statistics.inUse == 0)
    #expect(statistics.waiting == 0)
    #expect(statistics.waitsTimedOut == 0)
  }

  @Test func aWaiterGivesUpAtItsDeadline() throws {
    let database = try open { $0.pool.connectionsMax = 1 }
    defer { database.close() }
    try database.transaction(.read, deadline: .generous) { _ in
      let error = #expect(throws: DatabaseError.self) {
        try database.query(Self.one, deadline: .after(.milliseconds(20)))
      }
      #expect(error?.kind == .poolExhausted)
      #expect(database.statistics.inUse == 1)
    }
    #expect(database.statistics.waitsTimedOut == 1)
    #expect(try database.value("SELECT 1") == 1)
  }

  @Test func beyondTheQueueCallersAreRefusedWithoutWaiting() throws {
    let database = try open {
      $0.pool.connectionsMax = 1
      $0.pool.waitersMax = 0
    }
    defer { database.close() }
    try database.transaction(.read, deadline: .generous) { _ in
      let error = #expect(throws: DatabaseError.self) {
        try database.query(Self.one, deadline: .generous)
      }
      #expect(error?.kind == .poolExhausted)
    }
  }

  @Test func closingWakesThoseThatWait() throws {
    let database = try open { $0.pool.connectionsMax = 1 }
    try Crowd.run(2) { index in
      if index == 0 {
        try database.transaction(.read, deadline: .generous) { _ in
          try Crowd.wait { database.statistics.waiting == 1 }
          database.close()
        }
      } else {
        try Crowd.wait { database.statistics.inUse == 1 }
        let error = #expect(throws: DatabaseError.self) {
          try database.query(Self.one, deadline: .generous)
        }
        #expect(error?.kind == .closed)
      }
    }
    #expect(database.statistics.inUse == 0)
  }

  @Test func aConnectionThatIsTooOldIsReplaced() throws {
    let database = try open {
      $0.pool.connectionsMax = 1
      $0.pool.lifetime = .zero
    }
    defer { database.close() }
    let first = try database.value(Self.process)
    #expect(try database.value(Self.process) != first)
    #expect(database.statistics.reconnects >= 1)
  }

  @Test func aYoungConnectionIsKept() throws {
    let database = try open { _ in }
    defer { database.close() }
    let first = try database.value(Self.process)
    for _ in 0..<5 { #expect(try database.value(Self.process) == first) }
    #expect(database.statistics.reconnects == 0)
  }

  @Test func aConnectionThatWasQuietIsTriedFirst() throws {
    let database = try open { $0.pool.idleCheckAfter = .zero }
    defer { database.close() }
    for _ in 0..<5 { #expect(try database.value("SELECT 1") == 1) }
  }

  @Test func aSessionIsNotGivenToTheNextCaller() throws {
    let database = try open { $0.pool.connectionsMax = 1 }
    defer { database.close() }
    try database.session(deadline: .generous) { connection in
      try connection.run(script: "SET slipway.mark = 'x'", named: "set", deadline: .generous)
    }
    #expect(try database.value("SELECT current_setting('slipway.mark', true)") == .null)
  }

  @Test func aFailedTransactionThatIsNotNoticedIsNotCommitted() throws {
    let database = try open { $0.pool.connectionsMax = 1 }
    defer { database.close() }
    try database.run("CREATE TABLE item (id integer PRIMARY KEY)")
    let insert = Statement("insert", "INSERT INTO item VALUES (1)")
    let error = #expect(throws: DatabaseError.self) {
      try database.transaction(.write, deadline: .generous) { connection in
        _ = try connection.execute(insert, deadline: .generous)
        _ = try? connection.execute(insert, deadline: .generous)
      }
    }
    #expect(error?.kind == .serialization)
    #expect(try database.value("SELECT count(*) FROM item") == 0)
  }

  @Test func sessionsCarryTheirTimeoutsAndTheirName() throws {
    for via in [SessionOptions.SettingsVia.statements, .startup] {
      let database = try open {
        $0.applicationName = "slipway-test"
        $0.session.statementTimeout = .seconds(7)
        $0.session.idleInTransactionTimeout = .seconds(11)
        $0.session.settingsVia = via
      }
      defer { database.close() }
      #expect(try database.value("SHOW statement_timeout") == "7s")
      #expect(try database.value("SHOW idle_in_transaction_session_timeout") == "11s")
      #expect(try database.value("SHOW application_name") == "slipway-test")
    }
  }

  @Test func theServersOwnTimeoutIsATimeoutToo() throws {
    let database = try open { $0.session.statementTimeout = .milliseconds(50) }
    defer { database.close() }
    let error = #expect(throws: DatabaseError.self) { try database.value("SELECT pg_sleep(60)") }
    #expect(error?.kind == .timeout)
    #expect(error?.state == .queryCanceled)
  }

  @Test func twoThatWaitForEachOtherAreToldToTryAgain() throws {
    let database = try open { _ in }
    defer { database.close() }
    try database.run("CREATE TABLE item (id integer PRIMARY KEY, n integer)")
    try database.run("INSERT INTO item VALUES (1, 0), (2, 0)")
    let update = Statement("update", "UPDATE item SET n = n + 1 WHERE id = $1")
    let arrived = Atomic<Int>(0)
    let lost = Atomic<Int>(0)
    try Crowd.run(2) { index in
      do {
        try database.transaction(.write, deadline: .generous) { connection in
          _ = try connection.execute(update, [.integer(Int64(index + 1))], deadline: .generous)
          arrived.add(1, ordering: .relaxed)
          try Crowd.wait { arrived.load(ordering: .relaxed) == 2 }
          _ = try connection.execute(update, [.integer(Int64(2 - index))], deadline: .generous)
        }
      } catch let error as DatabaseError where error.kind == .serialization {
        lost.add(1, ordering: .relaxed)
      }
    }
    #expect(lost.load(ordering: .relaxed) == 1)
  }
}
