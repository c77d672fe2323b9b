import Core
import HTTPClient
import POSIX
import SQL
import TestSupport
import Testing

@testable import App

/// A POST is done once or not at all, whatever breaks on the way.
@Suite struct PersonOnceTests {
  /// What was answered to each name; nil where no answer came.
  private final class Answers: Sendable {
    let statuses = Guarded<[String: Int?]>([:])
    func add(_ name: String, _ status: Int?) { statuses.withLock { $0[name] = .some(status) } }
  }

  private static let slow = """
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
    $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$; \
    CREATE TRIGGER slow BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION slow()
    """
  private static let cut = Statement.once(
    "cut",
    """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    """, access: .write)
  private static let count = Statement.once(
    "count", "SELECT name, count(*) FROM people GROUP BY name")

  @Test func aConnectionToTheDatabaseThatIsCutRepeatsNothing() throws {
    let server = try PostgresServer.shared()
    let url = try server.makeDatabase()
    try TestDatabase.migrate(url)
    try server.sql(Self.slow, in: String(try #require(url.split(separator: "/").last)))
    let service = try RunningService(databaseURL: url)
    let database = try DatabaseURL(url).open()
    defer { database.close() }
    let answers = Answers()
    let isDone = Flag()
    let cutter = try WorkThread.start("cutter") {
      while !isDone.isRaised {
        _ = try? database.query(Self.cut, deadline: .after(.seconds(5)))
        WorkThread.sleep(.milliseconds(35))
      }
    }
    try Crowd.run(4) { worker in
      for number in 0..<25 {
        let name = "\(worker)-\(number)"
        answers.add(
          name,
          try service.people("POST", "", RunningService.person(["name": "\"\(name)\""])).status)
      }
    }
    isDone.raise()
    cutter.join()
    let statuses = answers.statuses.withLock { $0 }
    #expect(Set(statuses.values).isSubset(of: [200, 503]))
    #expect(statuses.values.contains(503), "nothing was cut")
    try expectOnce(database, statuses)
    #expect(try eventually { try service.people("GET").status == 200 })
  }

  @Test(arguments: TestDatabase.allCases)
  func aClientThatDoesNotWaitRepeatsNothing(_ kind: TestDatabase) throws {
    let directory = TemporaryDirectory()
    let url = try kind.make(in: directory)
    try TestDatabase.migrate(url)
    let service = try RunningService(databaseURL: url, directory: directory)
    let answers = Answers()
    try Crowd.run(4) { worker in
      for number in 0..<25 {
        let name = "\(worker)-\(number)"
        let request = HTTPRequest(
          "http://127.0.0.1:\(service.service.socket.port)/people", method: "POST",
          headers: [HTTPHeader("Content-Type", "application/json")],
          body: Array(RunningService.person(["name": "\"\(name)\""]).utf8),
          deadline: .after(.milliseconds(1 + number % 5)))
        answers.add(name, (try? service.client.send(request))?.status)
      }
    }
    let statuses = answers.statuses.withLock { $0 }
    // What was sent may still be under way; what comes behind it is done after it.
    service.service.drain()
    let database = try DatabaseURL(url).open()
    defer { database.close() }
    try expectOnce(database, statuses)
  }

  private func expectOnce(_ database: any Database, _ statuses: [String: Int?]) throws {
    var counts: [String: Int] = [:]
    for row in try database.query(Self.count, deadline: .after(.seconds(20))) {
      counts[try row.get(0)] = try row.get(1)
    }
    for (name, status) in statuses {
      let count = counts[name] ?? 0
      #expect(status == 200 ? count == 1 : count <= 1, "\(name): \(count) rows")
    }
  }
}
