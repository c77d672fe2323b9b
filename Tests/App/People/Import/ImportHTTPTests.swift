import Core
import Glibc
import HTTPClient
import HTTPServer
import JSON
import POSIX
import TestSupport
import Testing

@testable import App

/// `POST /people/import`.
@Suite struct ImportHTTPTests {
  /// Stands where authentication stands: whoever names a scope has it.
  private struct ScopeFilter: Filter {
    func answer(_ call: Call, _ next: Operation.Handler) throws -> Response {
      var call = call
      call.principal = call.request.headers["X-Scope"].map {
        Principal(.named("tester"), scopes: [$0])
      }
      return try next(call)
    }
  }

  private func bench(_ site: ImportSite, bytesMax: Int = 1_000_000) throws -> FilterBench {
    var configuration = ImportConfiguration()
    configuration.bytesMax = bytesMax
    let handlers = ImportHandlers(site.database, configuration)
    return try FilterBench(
      Filters(outer: FilterChain(filters: [ScopeFilter()])),
      [
        Operation(
          .post, "/people/import", ImportContracts.post(configuration), .lane(handlers.lane),
          handlers.post)
      ])
  }

  private func send(
    _ bench: FilterBench, _ body: String, query: String = "", type: String = "text/csv",
    scope: String? = "people:write"
  ) throws -> HTTPResponse {
    let scope = scope.map { [("X-Scope", $0)] } ?? []
    return try bench.send(
      "POST", "/people/import\(query)", [("Content-Type", type)] + scope, body: body)
  }

  @Test(arguments: TestDatabase.allCases)
  func aFileIsImportedAndCounted(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    let bench = try bench(site)
    let sample = try ImportSite.sample()
    let first = try send(bench, sample, type: "text/csv; charset=utf-8; header=present")
    #expect(first.status == 200)
    #expect(first.json["rows"] == 887)
    #expect(first.json["inserted"] == 887)
    let second = try send(bench, sample, query: "?mode=replace")
    #expect(second.json["existing"] == 887)
    #expect(try send(bench, sample, query: "?mode=append").json["inserted"] == 887)
    #expect(try site.count() == 2 * 887)
  }

  @Test func wrongRowsAreToldByPointersAndNothingIsImported() throws {
    let site = try ImportSite(.sqlite)
    let bench = try bench(site)
    let text =
      ImportSite.header + ImportSite.rows(0..<3) + "0,3,Mr. A,mael,22,1,0,x\n"
      + ImportSite.rows(3..<4)
    let refused = try send(bench, text)
    #expect(refused.status == 400)
    #expect(refused.json["detail"] == "1 row of the file is wrong; nothing was imported.")
    #expect(
      refused.json["errors"] == [
        [
          "pointer": "#/line/5/column/11",
          "detail": "Sex is 'mael'; allowed: male, female, other; did you mean male?",
        ],
        [
          "pointer": "#/line/5/column/23",
          "detail": "Fare is 'x'; allowed: a finite decimal number",
        ],
      ])
    #expect(try site.count() == 0)
    let skipped = try send(bench, text, query: "?skipInvalid=true")
    #expect(skipped.status == 200)
    #expect(skipped.json["skipped"] == 1)
    #expect(skipped.json["problems"]?.elements?.count == 2)
    #expect(try site.count() == 4)
  }

  @Test func onlyWhoMayWritePeopleIsLetIn() throws {
    let site = try ImportSite(.sqlite)
    let bench = try bench(site)
    #expect(try send(bench, ImportSite.header, scope: nil).status == 401)
    #expect(try send(bench, ImportSite.header, scope: "histories:read").status == 403)
  }

  @Test(arguments: [
    ("?mode=upsert", "text/csv", 400), ("?skipInvalid=yes", "text/csv", 400),
    ("?dryRun=true", "text/csv", 400), ("", "application/json", 415),
    ("", "text/csv; charset=latin1", 415),
  ])
  func aRequestThatIsWrongIsRefused(query: String, type: String, status: Int) throws {
    let site = try ImportSite(.sqlite)
    let answer = try send(bench(site), ImportSite.header, query: query, type: type)
    #expect(answer.status == status)
  }

  @Test func anIdempotencyKeyIsRefusedWhereItWouldMatter() throws {
    let site = try ImportSite(.sqlite)
    let bench = try bench(site)
    let headers = [
      ("Content-Type", "text/csv"), ("X-Scope", "people:write"), ("Idempotency-Key", "once"),
    ]
    let body = ImportSite.header + ImportSite.rows(0..<3)
    let refused = try bench.send("POST", "/people/import?mode=append", headers, body: body)
    #expect(refused.status == 400)
    #expect(refused.json["errors"]?.elements?.first?["pointer"] == "#/header/Idempotency-Key")
    #expect(try site.count() == 0)
    // A merge is the same the second time anyway.
    #expect(try bench.send("POST", "/people/import", headers, body: body).status == 200)
  }

  @Test func importsAreCounted() throws {
    let service = try RunningService(.sqlite, ["JWT_SECRET": AuthSite.secret])
    let headers = try AuthSite.token(AuthSite.claims(["people:write"]))
      .merging(["Content-Type": "text/csv"]) { $1 }
    let text = ImportSite.header + ImportSite.rows(0..<3)
    for body in [text, text, ImportSite.header + "x\n"] {
      _ = try service.send("POST", "/people/import", headers: headers, body: body)
    }
    let page = try service.get("/metrics").text
    for line in [
      "slipway_import_rows_total{outcome=\"inserted\"} 3",
      "slipway_import_rows_total{outcome=\"existing\"} 3",
      "slipway_imports_total{outcome=\"done\"} 2",
      "slipway_imports_total{outcome=\"refused\"} 1",
      "slipway_import_duration_seconds_count 3",
      "http_server_lane_refusals_total{server=\"public\",lane=\"import\"} 0",
    ] {
      #expect(page.contains(line + "\n"), "\(line)")
    }
  }

  @Test func aFileOverTheLimitIsRefused() throws {
    let site = try ImportSite(.sqlite)
    let answer = try send(
      bench(site, bytesMax: 1000), ImportSite.header + ImportSite.rows(0..<100))
    #expect(answer.status == 413)
  }

  @Test func theServiceHasTheRouteAndAsksForAToken() throws {
    let service = try RunningService()
    let answer = try service.send(
      "POST", "/people/import", headers: ["Content-Type": "text/csv"], body: ImportSite.header)
    #expect(answer.status == 401)
  }

  /// Nothing of a body is sent here, so only a refusal by the head alone can be the answer.
  @Test(arguments: [(nil, 401), ("histories:read", 403)] as [(String?, Int)])
  func whoMayNotImportIsToldBeforeTheFileIsSent(scope: String?, status: Int) throws {
    let service = try RunningService(
      .sqlite, ["JWT_SECRET": AuthSite.secret, "RATE_LIMIT": "1000/s"])
    let credentials = try scope.map { scope in
      try AuthSite.token(AuthSite.claims([scope])).map { "\($0.key): \($0.value)\r\n" }.joined()
    }
    for _ in 0..<3 {
      let answer = try service.head(
        "POST /people/import HTTP/1.1\r\nHost: test\r\nContent-Type: text/csv\r\n"
          + "Content-Length: 60000000\r\n\(credentials ?? "")\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
      #expect(answer.contains("WWW-Authenticate: Bearer"))
    }
  }
}

extension RunningService {
  /// Sends exactly this, and gives what comes back first.
  fileprivate func head(_ text: String) throws -> String {
    let file = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(service.socket.port).bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    let code = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(file.rawValue, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(code == 0)
    try file.write(Array(text.utf8))
    try #require(try file.waitUntilReadable(.after(.seconds(20))))
    return String(decoding: try file.read(upTo: 4096), as: UTF8.self)
  }
}
