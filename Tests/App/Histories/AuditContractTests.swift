import Core
import HTTPClient
import JSON
import POSIX
import SQL
import TestSupport
import Testing

@testable import App

@Suite struct AuditContractTests {
  @Test(arguments: TestDatabase.allCases)
  func everyRequestHasItsRow(_ kind: TestDatabase) throws {
    let site = try AuditSite(kind, ["BODY_BYTES_MAX": "8192"])
    let service = site.service
    let id = try #require(try service.jumble(#"{"word":"word"}"#).json["id"]?.number)
    _ = try service.get("/api/randomizes/\(id)/?x=1")
    _ = try service.send("HEAD", "/api/randomizes/\(id)")
    _ = try service.get("/api/randomizes/4711")
    _ = try service.jumble("{\"word\":", path: "/api/randomizes/")
    _ = try service.send("PATCH", "/api/randomizes", body: "\u{0}é")
    _ = try service.get("/api/randomizes/%zz")
    _ = try service.get("/api/%72andomizes")
    _ = try service.get("/api/randomizes/a/b")
    _ = try service.send("OPTIONS", "/api/randomizes")
    _ = try service.jumble(String(repeating: "x", count: 9000))
    // None of these is below it.
    for path in ["/api/randomizesX", "/api/histories", "/api%2Frandomizes", "/hello/Anna"] {
      _ = try service.get(path)
    }
    #expect(try site.has(11))
    let expected = [
      ["POST", "/api/randomizes", #"{"word":"word"}"#, "201 Created"],
      ["GET", "/api/randomizes/\(id)/", "", "200 OK"],
      ["HEAD", "/api/randomizes/\(id)", "", "200 OK"],
      ["GET", "/api/randomizes/4711", "", "404 Not Found"],
      ["POST", "/api/randomizes/", #"{"word":"#, "400 Bad Request"],
      ["PATCH", "/api/randomizes", "\u{FFFD}é", "405 Method Not Allowed"],
      ["GET", "/api/randomizes/%zz", "", "400 Bad Request"],
      ["GET", "/api/%72andomizes", "", "200 OK"],
      ["GET", "/api/randomizes/a/b", "", "404 Not Found"],
      ["OPTIONS", "/api/randomizes", "", "204 No Content"],
      ["POST", "/api/randomizes", "", "413"],
    ]
    // A refusal that closes its connection is complete a moment after the client has read it. Of
    // the body that was refused, nothing need have been read.
    let statuses = try site.rows().map { [$0[0], $0[1], String($0[3].prefix(3))] }
    #expect(
      statuses.map { $0.joined(separator: " ") }.sorted()
        == expected.map { "\($0[0]) \($0[1]) \($0[3].prefix(3))" }.sorted())
    let seen = try site.rows()
    for row in expected.dropLast() { #expect(seen.contains(row), "\(row) is missing") }
    service.service.drain()
    #expect(try site.rows().count == 11)
  }

  @Test(arguments: TestDatabase.allCases)
  func theEndOfTheServiceWritesWhatWaits(_ kind: TestDatabase) throws {
    let site = try AuditSite(kind)
    for _ in 0..<30 { _ = try site.service.get("/api/randomizes/1") }
    site.service.service.drain()
    #expect(try site.rows().count == 30)
  }

  @Test(arguments: TestDatabase.allCases)
  func aRowThatIsRefusedCostsNoOther(_ kind: TestDatabase) throws {
    let site = try AuditSite(kind)
    try site.run(
      kind == .postgres
        ? "ALTER TABLE histories ADD CONSTRAINT poison CHECK (route <> '/api/randomizes/13')"
        : """
        CREATE TRIGGER poison BEFORE INSERT ON histories WHEN new.route = '/api/randomizes/13' \
        BEGIN SELECT RAISE(ABORT, 'poison'); END
        """)
    for id in 1...20 { _ = try site.service.get("/api/randomizes/\(id)") }
    #expect(try site.has(19))
    #expect(
      try site.rows().map { $0[1] }
        == (1...20).filter { $0 != 13 }.map { "/api/randomizes/\($0)" })
    #expect(
      try eventually {
        try site.metric(#"slipway_audit_dropped_total{reason="refused"}"#) == 1
      })
    #expect(try site.metric("slipway_audit_written_total") == 19)
    #expect(try site.metric("slipway_audit_queue_entries") == 0)
    #expect(try site.metric("slipway_audit_oldest_seconds") == 0)
  }

  @Test(arguments: TestDatabase.allCases)
  func rowsBeyondTheRetentionGo(_ kind: TestDatabase) throws {
    let site = try AuditSite(kind)
    for _ in 0..<9 { _ = try site.service.get("/api/randomizes/1") }
    #expect(try site.has(9))
    let jobs = HistoryStore.cleaning(retention: .seconds(3600), rowsMax: 4)
    let now = Timestamp.now()
    let rows = { (job: CleaningJob, moment: Timestamp) throws -> Int in
      _ = try site.database.execute(
        job.statement, job.parameters(at: moment), deadline: .after(.seconds(30)))
      return try site.rows().count
    }
    #expect(try rows(jobs[0], now) == 9)
    #expect(try rows(jobs[1], now) == 4)
    #expect(try rows(jobs[0], now.advanced(by: .seconds(3700))) == 0)
  }
}

@Suite struct HistoryListTests {
  @Test func withoutATokenItIs401AndWithoutTheScope403() throws {
    let site = try AuditSite(.sqlite)
    let answer = try site.service.get("/api/histories")
    #expect(answer.status == 401)
    #expect(answer.header("WWW-Authenticate")?.hasPrefix("Bearer") == true)
    #expect(try HistoryRoute(site.database, scopes: nil).get().status == 401)
    #expect(try HistoryRoute(site.database, scopes: ["people:write"]).get().status == 403)
  }

  @Test(arguments: TestDatabase.allCases)
  func theLastTenComeOldestFirstAndLinksLeadBack(_ kind: TestDatabase) throws {
    let site = try AuditSite(kind)
    for id in 1...25 { _ = try site.service.get("/api/randomizes/\(id)") }
    #expect(try site.has(25))
    let route = try HistoryRoute(site.database)
    let first = try route.get()
    #expect(first.status == 200)
    #expect(
      first.json.elements?.first?.members?.map(\.name)
        == ["id", "created", "method", "route", "data", "status"])
    var pages: [[Int]] = []
    var next: String? = ""
    while let query = next, pages.count < 5 {
      let page = try route.get(query)
      pages.append(
        page.json.elements?.compactMap { $0["route"]?.text?.split(separator: "/").last }
          .compactMap { Int($0) } ?? [])
      next = page.header("Link").map {
        String($0.dropFirst("</api/histories".utf8.count).prefix { $0 != ">" })
      }
    }
    #expect(pages == [Array(16...25), Array(6...15), Array(1...5)])
    #expect(try route.get("?limit=1000&unknown=1").json.elements?.count == 25)
  }

  @Test(arguments: TestDatabase.allCases)
  func theOrderIsThatOfTimeEvenWhereAReplicaWroteLate(_ kind: TestDatabase) throws {
    let site = try AuditSite(kind)
    let now = Timestamp.now()
    for (route, age) in [("b", 10), ("c", 5), ("a", 20), ("d", 5)] {
      let entry = AuditEntry(
        created: now.advanced(by: .seconds(-age)), method: "GET", route: route, body: [],
        status: 200)
      try HistoryStore(database: site.database).add([entry], deadline: .after(.seconds(30)))
    }
    #expect(try site.rows().map { $0[1] } == ["a", "b", "c", "d"])
    let route = try HistoryRoute(site.database)
    let last = try route.get("?limit=1")
    #expect(last.json.elements?.map { $0["route"] } == ["d"])
    let query = try #require(last.header("Link")?.split(separator: "?").last?.split(separator: ">"))
    #expect(try route.get("?\(query[0])").json.elements?.map { $0["route"] } == ["c"])
  }

  @Test(arguments: ["limit=0", "limit=1001", "cursor=abc", "cursor=WzFd", "cursor=WyJhIiwxXQ"])
  func aWrongParameterIs400(_ query: String) throws {
    let site = try AuditSite(.sqlite)
    #expect(try HistoryRoute(site.database).get("?\(query)").status == 400)
  }
}
