import Core
import Glibc
import SQL
import Synchronization
import TestSupport
import Testing

/// A PostgreSQL server that goes away, comes back, is full or hangs.
@Suite struct PostgresFaultTests {
  private static let one = Statement("one", "SELECT 1")
  private static let add = Statement("add", "INSERT INTO item DEFAULT VALUES")

  private func open(
    _ url: String, _ configure: (inout DatabaseOptions) -> Void = { _ in }
  ) throws -> any Database {
    var options = DatabaseOptions()
    configure(&options)
    return try DatabaseURL(url).open(options)
  }

  /// Opens that many connections of the pool.
  private func warm(_ database: any Database, _ count: Int) throws {
    let arrived = Atomic<Int>(0)
    try Crowd.run(count) { _ in
      try database.transaction(.read, deadline: .generous) { _ in
        arrived.add(1, ordering: .relaxed)
        try Crowd.wait { arrived.load(ordering: .relaxed) == count }
      }
    }
  }

  @Test func afterARestartOfTheServerTheFirstStatementsWork() throws {
    let server = try PostgresServer()
    let database = try open(server.makeDatabase())
    defer { database.close() }
    try database.run("CREATE TABLE item (id serial PRIMARY KEY)")
    try warm(database, 4)
    try server.stop()
    let error = #expect(throws: DatabaseError.self) {
      try database.run("INSERT INTO item DEFAULT VALUES")
    }
    #expect(error?.kind == .unavailable(sent: false))
    try server.start()
    try Crowd.wait { (try? database.ping(deadline: .generous)) != nil }
    // The dead connections were found before anything was sent, so writes work at once too.
    for _ in 0..<6 { try database.execute(Self.add, deadline: .generous) }
    #expect(try database.value("SELECT count(*) FROM item") == 6)
    #expect(database.statistics.reconnects > 0)
  }

  @Test func aRestartWithoutPauseIsNotSeenByReads() throws {
    let server = try PostgresServer()
    let database = try open(server.makeDatabase())
    defer { database.close() }
    try warm(database, 4)
    try server.stop()
    try server.start()
    for _ in 0..<6 { _ = try database.query(Self.one, deadline: .generous) }
  }

  @Test func aBackendThatIsKilledCostsItsStatementAndNoMore() throws {
    let server = try PostgresServer()
    let database = try open(server.makeDatabase())
    defer { database.close() }
    let sleep = Statement.once("sleep", "SELECT pg_sleep(60)", access: .write)
    let url = try DatabaseURL(server.url(of: "postgres"))
    try Crowd.run(2) { index in
      if index == 0 {
        let error = #expect(throws: DatabaseError.self) {
          try database.query(sleep, deadline: .generous)
        }
        #expect(error?.kind == .unavailable(sent: true))
      } else {
        let watcher = try url.open()
        defer { watcher.close() }
        let find = "SELECT pid FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"
        var process: Int64?
        try Crowd.wait {
          process = try watcher.value(find).flatMap { Int64(value: $0) }
          return process != nil
        }
        // Only a process of the server that this test started.
        if let process { kill(pid_t(process), SIGKILL) }
      }
    }
    // The server ends all sessions and recovers after such a death.
    try Crowd.wait { (try? database.query(Self.one, deadline: .generous)) != nil }
  }

  @Test func aReadWhoseConnectionIsCutIsSentOnceMore() throws {
    let database = try open(PostgresServer.shared().makeDatabase())
    defer { database.close() }
    try database.run("CREATE TABLE cut (done boolean)")
    // The first run waits for its end; the second one finds the row and returns at once.
    let read = Statement.once(
      "read", "SELECT pg_sleep(CASE WHEN EXISTS (SELECT 1 FROM cut) THEN 0 ELSE 60 END)")
    try Crowd.run(2) { index in
      if index == 0 {
        let rows = try database.query(read, deadline: .generous)
        #expect(rows.count == 1)
      } else {
        try Self.endSleeper(database, preparing: "INSERT INTO cut VALUES (true)")
      }
    }
  }

  @Test func aWriteWhoseConnectionIsCutIsNotSentAgain() throws {
    let database = try open(PostgresServer.shared().makeDatabase())
    defer { database.close() }
    let sleep = Statement.once("write", "SELECT pg_sleep(60)", access: .write)
    try Crowd.run(2) { index in
      if index == 0 {
        let error = #expect(throws: DatabaseError.self) {
          try database.query(sleep, deadline: .generous)
        }
        #expect(error?.kind == .unavailable(sent: true))
        #expect(error?.state == .adminShutdown)
      } else {
        try Self.endSleeper(database, preparing: "SELECT 1")
      }
    }
    #expect(try database.value("SELECT 1") == 1)
  }

  private static func endSleeper(_ database: any Database, preparing: String) throws {
    let wait = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    try Crowd.wait { try database.value(wait + "AND query LIKE 'SELECT pg_sleep%'") == 1 }
    try database.run(preparing)
    _ = try database.value(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        + "WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'")
  }

  @Test func aServerThatHangsCostsOnlyTheDeadline() throws {
    let server = try PostgresServer()
    let database = try open(server.makeDatabase()) { $0.pool.connectionsMax = 1 }
    defer { database.close() }
    var process: Int64?
    try database.transaction(.read, deadline: .generous) { connection in
      process = try connection.serverProcess(deadline: .generous)
    }
    let pid = try pid_t(#require(process))
    kill(pid, SIGSTOP)
    defer { kill(pid, SIGCONT) }
    let start = ContinuousClock.now
    let error = #expect(throws: DatabaseError.self) {
      try database.query(Self.one, deadline: .after(.milliseconds(200)))
    }
    #expect(error?.kind == .timeout)
    #expect(start.duration(to: .now) < .seconds(10))
    // A second connection takes its place.
    #expect(try database.value("SELECT 1") == 1)
  }

  @Test func whenTheServerTakesNoMoreConnectionsOursAreShared() throws {
    let server = try PostgresServer(connectionsMax: 6)
    let url = try server.makeDatabase()
    let other = try open(url)
    let database = try open(url)
    defer {
      other.close()
      database.close()
    }
    try warm(other, 3)
    try Crowd.run(8) { _ in
      for _ in 0..<20 { _ = try database.query(Self.one, deadline: .generous) }
    }
    #expect(database.statistics.inUse == 0)
  }

  @Test func whenTheServerIsFullFromTheStartItIsUnavailable() throws {
    let server = try PostgresServer(connectionsMax: 4)
    let url = try server.makeDatabase()
    let other = try open(url)
    let database = try open(url)
    defer {
      other.close()
      database.close()
    }
    try warm(other, 4)
    let error = #expect(throws: DatabaseError.self) { try database.ping(deadline: .generous) }
    #expect(error?.kind == .unavailable(sent: false))
    #expect(error?.state == .tooManyConnections)
    other.close()
    try Crowd.wait { (try? database.ping(deadline: .generous)) != nil }
  }

  @Test func whileTheServerIsAwayCallersAreRefusedAtOnce() throws {
    let port = try FreePort.find()
    let database = try open("postgres://nobody:hunter2@127.0.0.1:\(port)/x")
    defer { database.close() }
    let start = ContinuousClock.now
    for _ in 0..<50 {
      let error = #expect(throws: DatabaseError.self) {
        try database.query(Self.one, deadline: .generous)
      }
      #expect(error?.kind == .unavailable(sent: false))
      #expect(error?.description.contains("hunter2") == false)
    }
    #expect(start.duration(to: .now) < .seconds(20))
  }

  @Test func theNextAddressOfAListIsTried() throws {
    let server = try PostgresServer.shared()
    let port = try FreePort.find()
    let list = "postgres://\(PostgresServer.user)@127.0.0.1:\(port),127.0.0.1:\(server.port)"
    let database = try open("\(list)/postgres")
    let standby = try open("\(list)/postgres?target_session_attrs=prefer-standby")
    let writable = try open("\(list)/postgres?target_session_attrs=standby")
    defer { for one in [database, standby, writable] { one.close() } }
    #expect(try database.value("SELECT 1") == 1)
    #expect(try standby.value("SELECT 1") == 1)
    #expect(throws: DatabaseError.self) { try writable.value("SELECT 1") }
  }

  @Test func aUnixSocketIsAnAddressToo() throws {
    let server = try PostgresServer.shared()
    let database = try open(
      "postgres://\(PostgresServer.user)@/postgres"
        + "?host=\(server.socketDirectory)&port=\(server.port)"
    )
    defer { database.close() }
    #expect(try database.value("SELECT inet_server_addr() IS NULL") == true)
  }
}
