import Core
import HTTPClient
import JSON
import POSIX
import TestSupport
import Testing

@testable import App

@Suite struct DatabaseAwayTests {
  @Test func anOutageTakesNoHeadersOfFiltersAway() throws {
    let server = try PostgresServer()
    let url = try server.makeDatabase()
    try TestDatabase.migrate(url)
    let service = try RunningService(
      databaseURL: url,
      ["DATABASE_TIMEOUT": "1s", "RATE_LIMIT": "100/h", "JWT_SECRET": AuthSite.secret])
    try server.stop()
    let answer = try service.get("/hello/Anna", headers: try AuthSite.token())
    #expect(answer.status == 503)
    #expect(answer.header("Retry-After") == "1")
    #expect(answer.header("Cache-Control") == "no-store")
    #expect(answer.header("RateLimit")?.hasPrefix("\"default\";r=99;t=") == true)
    #expect(answer.header("RateLimit-Policy") == "\"default\";q=100;w=3600")
  }

  @Test func anOutageIs503WithRetryAfterAndHealsByItself() throws {
    let server = try PostgresServer()
    let url = try server.makeDatabase()
    try TestDatabase.migrate(url)
    let service = try RunningService(databaseURL: url, ["DATABASE_TIMEOUT": "1s"])
    #expect(try service.put("Anna", #"{"dateOfBirth":"1990-01-01"}"#).status == 204)
    #expect(try eventually { try service.get("/readyz").status == 200 })
    try server.stop()
    let answer = try service.get("/hello/Anna")
    #expect(answer.status == 503)
    #expect(answer.header("Retry-After") == "1")
    #expect(!answer.text.contains("birthday") && !answer.text.lowercased().contains("sql"))
    #expect(try eventually { try service.get("/health").status == 503 })
    #expect(try service.get("/readyz").status == 200)
    #expect(try service.get("/livez").status == 200)
    try server.start()
    #expect(try eventually { try service.get("/hello/Anna").status == 200 })
    #expect(try eventually { try service.get("/health").status == 200 })
  }

  @Test func aCandidateWhoseDatabaseIsAwayKeepsTrying() throws {
    let server = try PostgresServer()
    let url = try server.makeDatabase()
    try TestDatabase.migrate(url)
    try server.stop()
    let directory = TemporaryDirectory()
    let service = try RunningService(
      databaseURL: url, ["CONTROL_SOCKET": directory.file("control")])
    #expect(
      eventually { service.service.state.problem?.hasPrefix("the database:") == true })
    #expect(service.service.state.stage == .starting)
    try server.start()
    #expect(eventually { service.service.state.stage == .ready })
  }
}
