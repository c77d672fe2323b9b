import Core
import HTTPClient
import JSON
import POSIX
import SQL
import TestSupport
import Testing

@testable import App

@Suite struct StatementManifestTests {
  @Test func everyStatementInTheSourcesIsListed() throws {
    let tests = Path.parent(of: Path.parent(of: #filePath))
    let sources = Path.parent(of: Path.parent(of: tests)) + "/Sources/App"
    let found = try ShellService.run([
      "sh", "-c",
      "cat $(grep -rlE '(Statement|\\.once)\\(' --include='*.swift' \"$0\")", sources,
    ])
    let made = /(?:Statement|\.once)\(\s*"([a-z0-9_]+)"/
    let declared = /let\s+\w+\s*=\s*(?!CopyTable)[\w.]+\(\s*"([a-z0-9]+_[a-z0-9_]+)"/
    let matches = found.matches(of: made) + found.matches(of: declared)
    let names = Set(matches.map { String($0.output.1) })
    #expect(names.count > 10)
    #expect(names.subtracting(StatementManifest.all.map(\.name)) == [])
  }

  @Test func namesAreUnique() {
    let names = StatementManifest.all.map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test func theJSONHasBothDialectsAndTheAccess() throws {
    let list = try #require(try JSONReader.read(StatementManifest.json).elements)
    #expect(list.count == StatementManifest.all.count)
    let merge = try #require(list.first { $0["name"] == "person_merge" })
    #expect(merge["access"] == "write")
    #expect(merge["postgres"]?.text?.contains("GREATEST") == true)
    #expect(merge["sqlite"]?.text?.contains("strftime") == true)
    #expect(list.first { $0["name"] == "person_find" }?["access"] == "read")
    #expect(list.contains { $0["name"] == "history_versions" })
  }

  @Test func theCommandIsKnown() throws {
    #expect(try AppCommand(["statements"]) == .statements(isJSON: false))
    #expect(try AppCommand(["statements", "--json"]) == .statements(isJSON: true))
    #expect(throws: AppUsageError.self) { try AppCommand(["statements", "--yaml"]) }
  }

  @Test(arguments: TestDatabase.allCases)
  func everyStatementCanBePrepared(_ kind: TestDatabase) throws {
    let directory = TemporaryDirectory()
    let url = try kind.make(in: directory)
    try TestDatabase.migrate(url)
    let database = try DatabaseURL(url).open()
    defer { database.close() }
    for (index, statement) in StatementManifest.all.enumerated() {
      let text = statement.text(database.dialect)
      // Those of an import need its stage, which is there for the time of its transaction alone.
      if text.isEmpty || text.contains("people_import") { continue }
      if text.hasPrefix("COPY ") { continue }
      let preparation =
        kind == .sqlite ? "EXPLAIN \(text)" : "PREPARE manifest_\(index) AS \(text)"
      #expect(throws: Never.self, "\(statement.name)") {
        if kind == .sqlite {
          let nulls = Array(repeating: Value.null, count: Self.parameters(text))
          _ = try database.query(
            .once("explain", preparation, access: .write), nulls, deadline: .after(.seconds(20)))
        } else {
          _ = try database.execute(
            .once("prepare", preparation, access: .write), deadline: .after(.seconds(20)))
        }
      }
    }
  }

  private static func parameters(_ text: String) -> Int {
    text.matches(of: /\$([0-9]+)/).compactMap { Int($0.output.1) }.max() ?? 0
  }

  @Test func aServiceThatRunsUsesNothingElse() throws {
    let service = try RunningService()
    let uuid = try service.add()
    _ = try service.people("PUT", "/\(uuid)", #"{"age":1}"#)
    _ = try service.people("GET", "?limit=1")
    _ = try service.people("DELETE", "/\(uuid)")
    _ = try service.put("Anna", #"{"dateOfBirth":"1990-01-01"}"#)
    _ = try service.get("/hello/Anna")
    let used = Set(
      try service.get("/metrics").text.matches(of: /db_operation_name="([^"]+)"/)
        .map { String($0.output.1) })
    #expect(used.isSuperset(of: ["person_merge", "people_first_page", "birthday_find"]))
    let known = Set(StatementManifest.all.map(\.name)).union(["ping", "transaction", "session"])
    #expect(used.subtracting(known) == [])
  }
}
