import Core
import HTTPClient
import JSON
import POSIX
import TestSupport
import Testing

@testable import App

@Suite struct OperationsTests {
  @Test(arguments: TestDatabase.allCases)
  func healthIsUpWhereTheSchemaIsCurrent(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let answer = try service.get("/health")
    #expect(answer.status == 200)
    #expect(answer.text == "UP\n")
    #expect(answer.header("Content-Type") == "text/plain; charset=utf-8")
  }

  @Test(arguments: TestDatabase.allCases)
  func healthInJSONNamesRevisionSchemaAndChecks(_ database: TestDatabase) throws {
    let answer = try RunningService(database).get(
      "/health", headers: ["Accept": "application/json"])
    #expect(answer.status == 200)
    #expect(answer.json["status"] == "UP")
    #expect(answer.json["revision"] == "test-1")
    #expect(answer.json["schema"] == ["state": "current", "usable": true])
    #expect(answer.json["checks"]?.elements?.map { $0["status"] } == ["UP", "UP"])
  }

  @Test(arguments: [
    ("/health", "Accept", ["text/html", "application/json"], "Content-Type", "application/json"),
    ("/openapi.json", "Accept-Encoding", ["br", "gzip"], "Content-Encoding", "gzip"),
    ("/metrics", "Accept-Encoding", ["br", "gzip"], "Content-Encoding", "gzip"),
  ])
  func aListMayComeInSeveralLines(
    _ path: String, _ name: String, _ lines: [String], _ told: String, _ value: String
  ) throws {
    let service = try RunningService()
    let answer = try service.client.send(
      HTTPRequest(
        "http://127.0.0.1:\(service.service.socket.port)\(path)",
        headers: lines.map { HTTPHeader(name, $0) }))
    #expect(answer.header(told) == value)
  }

  @Test(arguments: TestDatabase.allCases)
  func withoutSchemaItIsDownAndNotReadyButAlive(_ database: TestDatabase) throws {
    let service = try RunningService(database, migrated: false)
    let health = try service.get("/health")
    #expect(health.status == 503)
    #expect(health.text == "DOWN\n")
    #expect(try service.get("/readyz").status == 503)
    #expect(try service.get("/livez").status == 200)
    let answer = try service.get("/hello/Anna")
    #expect(answer.status == 503)
    #expect(answer.header("Retry-After") == "1")
    try TestDatabase.migrate(service.databaseURL)
    #expect(try eventually { try service.get("/readyz").status == 200 })
    #expect(try eventually { try service.get("/health").status == 200 })
  }

  @Test func theBodyOfHealthCanBeTheOldOne() throws {
    let service = try RunningService(.sqlite, ["HEALTH_BODY": "healthy"])
    #expect(try service.get("/health").text == "healthy\n")
  }

  @Test func leavingMakesItUnreadyAndLeavesHealthAlone() throws {
    let service = try RunningService()
    #expect(try eventually { try service.get("/readyz").status == 200 })
    _ = service.service.state.beginLeaving()
    #expect(try service.get("/readyz").status == 503)
    #expect(try service.get("/health").status == 200)
    #expect(try service.get("/livez").status == 200)
  }

  @Test func versionNamesTheRelease() throws {
    let answer = try RunningService().get("/version")
    #expect(
      answer.json
        == ["name": "slipway", "version": .string(Version.current), "revision": "test-1"])
  }

  @Test func metricsCountByTemplateAndNeverByPath() throws {
    let service = try RunningService()
    _ = try service.get("/hello/Anna")
    _ = try service.get("/hello/Bella")
    _ = try service.get("/nowhere/at/all")
    let count =
      #"http_server_request_duration_seconds_count{http_request_method="GET","#
      + #"http_route="/hello/{username}",http_response_status_code="404"} 2"#
    #expect(try eventually { try service.get("/metrics").text.contains(count + "\n") })
    let text = try service.get("/metrics").text
    #expect(!text.contains("Anna") && !text.contains("nowhere"))
    for name in [
      "http_server_active_requests", "db_client_operation_duration_seconds_bucket",
      "db_client_connection_max", "http_server_worker_queue", "http_server_refusals_total",
      "process_cpu_seconds_total", "process_resident_memory_bytes", "slipway_build_info",
    ] { #expect(text.contains("\n\(name)"), "\(name) is missing") }
  }

  @Test func everyMetricIsDeclaredOnce() throws {
    let text = try RunningService().get("/metrics").text
    let types = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
      String($0.split(separator: " ")[2])
    }
    #expect(Set(types).count == types.count)
    let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    for sample in samples {
      #expect(types.contains { sample.hasPrefix($0) }, "\(sample) has no type")
    }
  }

  @Test func withAnAdminPortMetricsAndDetailsAreOnlyThere() throws {
    let port = Int(try FreePort.find())
    let service = try RunningService(.sqlite, ["ADMIN_PORT": "\(port)"])
    #expect(try service.get("/metrics").status == 404)
    let json = ["Accept": "application/json"]
    #expect(try service.get("/health", headers: json).text == "UP\n")
    #expect(try service.send("GET", "/metrics", port: port).status == 200)
    #expect(try service.send("GET", "/health", headers: json, port: port).json["status"] == "UP")
    #expect(try service.send("GET", "/hello/Anna", port: port).status == 404)
  }

  @Test func whatTheDatabaseSaidIsForOperatorsOnly() throws {
    let server = try PostgresServer()
    let url = try server.makeDatabase()
    try server.stop()
    let directory = TemporaryDirectory()
    let path = directory.file("admin.sock")
    let service = try RunningService(databaseURL: url, ["ADMIN_SOCKET": path])
    #expect(
      try eventually { try service.get("/readyz").text == "the database is not reached\n" })
    #expect(try service.send("GET", "/readyz", socket: path).text.hasPrefix("the database: "))
    let json = ["Accept": "application/json"]
    let detail = { (answer: HTTPResponse) in
      answer.json["checks"]?.elements?.first?["detail"]?.text
    }
    #expect(detail(try service.get("/health", headers: json)) == "the database is not reached")
    let inside = try service.send("GET", "/health", headers: json, socket: path)
    #expect(detail(inside)?.hasPrefix("the database: ") == true)
  }

  @Test func aSchemaThatIsMissingIsNamedToEverybody() throws {
    let service = try RunningService(migrated: false)
    #expect(
      try eventually { try service.get("/readyz").text == "the schema is not initialised\n" })
  }

  @Test func theAdminSocketServesEverything() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("admin.sock")
    let service = try RunningService(.sqlite, ["ADMIN_SOCKET": path])
    #expect(try service.send("GET", "/livez", socket: path).status == 200)
    #expect(try service.send("GET", "/hello/Anna", socket: path).status == 404)
    #expect(try service.send("GET", "/metrics", socket: path).status == 200)
  }
}
