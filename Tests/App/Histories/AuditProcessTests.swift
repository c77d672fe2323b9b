import Core
import HTTPClient
import JSON
import POSIX
import SQL
import Subprocess
import TestSupport
import Testing

@testable import App

/// The built program and its audit history, at its end.
@Suite struct AuditProcessTests {
  /// A process that serves, with the database that it uses.
  private final class Site: Sendable {
    let directory = TemporaryDirectory()
    let process: ChildProcess
    let url: String
    let databaseURL: String

    init(_ kind: TestDatabase, _ variables: [String: String] = [:]) throws {
      databaseURL = try kind.make(in: directory)
      try TestDatabase.migrate(databaseURL)
      let port = try FreePort.find()
      url = "http://127.0.0.1:\(port)"
      let fixed = [
        "DATABASE_URL": databaseURL, "HTTP_HOST": "127.0.0.1", "HTTP_PORT": "\(port)",
        "LOG_LEVEL": "warning",
      ]
      process = try Subprocess.Command(
        "\(Path.parent(of: ProcessInfo.executablePath))/app", [],
        variables: .exactly(fixed.merging(variables) { $1 }), workingDirectory: directory.path
      ).spawn()
      let client = HTTPClient()
      let ready = HTTPRequest(url + "/readyz")
      #expect(eventually { (try? client.send(ready))?.status == 200 })
    }

    func rows() throws -> [History] {
      let database = try DatabaseURL(databaseURL).open()
      defer { database.close() }
      return try HistoryStore(database: database).page(
        before: nil, limit: 1_000_000, deadline: .after(.seconds(30)))
    }
  }

  private static func post(_ url: String) -> HTTPRequest {
    HTTPRequest(
      url + "/api/randomizes", method: "POST",
      headers: [HTTPHeader("Content-Type", "application/json")],
      body: Array(#"{"word":"slipway"}"#.utf8))
  }

  @Test(arguments: TestDatabase.allCases)
  func aStopUnderLoadLosesNoRow(_ kind: TestDatabase) throws {
    let site = try Site(kind, ["DRAIN_DELAY": "300ms"])
    let answered = Counter()
    let client = HTTPClient()
    let url = site.url
    let process = site.process
    try Crowd.run(4) { index in
      for number in 0..<10_000 {
        if index == 0, number == 20 { process.send(.terminate) }
        guard let answer = try? client.send(Self.post(url)) else { return }
        #expect(answer.status == 201)
        answered.add()
        if answer.header("Connection") == "close" { return }
      }
    }
    #expect(site.process.wait(.after(.seconds(30))) == .code(0))
    #expect(answered.value >= 20)
    let rows = try site.rows()
    #expect(rows.count == answered.value)
    #expect(rows.allSatisfy { $0.status == "201 Created" })
  }

  /// What `kill -9` costs: requests that were answered and not written yet, the newest ones.
  @Test func aKilledProcessLosesAtMostWhatWaited() throws {
    let site = try Site(.sqlite)
    let client = HTTPClient()
    for _ in 0..<20 { #expect(try client.send(Self.post(site.url)).status == 201) }
    let isWritten = try eventually { try site.rows().count == 20 }
    #expect(isWritten)
    for _ in 0..<3 { #expect(try client.send(Self.post(site.url)).status == 201) }
    site.process.send(.kill)
    _ = site.process.wait(.after(.seconds(20)))
    #expect(try (20...23).contains(site.rows().count))
    let database = try DatabaseURL(site.databaseURL).open()
    defer { database.close() }
    let words: Int? = try database.query(
      .once("count", "SELECT count(*) FROM randomizes"), deadline: .after(.seconds(30))
    ).first?.get(0)
    #expect(words == 23)
  }
}
