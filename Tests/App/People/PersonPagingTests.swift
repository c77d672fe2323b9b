import HTTPClient
import JSON
import TestSupport
import Testing

@testable import App

@Suite struct PersonPagingTests {
  private static let nobody = "00000000-0000-0000-0000-000000000000"

  /// The target that a `Link` leads to.
  private static func next(_ answer: HTTPResponse) throws -> String? {
    guard let link = answer.header("Link") else { return nil }
    #expect(link.hasPrefix("</people?") && link.hasSuffix(">; rel=\"next\""))
    return String(try #require(link.split(separator: ">").first).dropFirst("</people".count))
  }

  @Test(arguments: TestDatabase.allCases)
  func pagesTogetherAreEverybodyOnce(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    // The smallest key of all is somebody, too.
    var uuids = [try service.add(["uuid": "\"\(Self.nobody)\""])]
    for _ in 0..<6 { uuids.append(try service.add()) }
    var seen: [String] = []
    var target: String? = "?limit=3&pretty=1"
    var pages = 0
    while let path = target, pages < 10 {
      let answer = try service.people("GET", path)
      seen += try #require(answer.json.elements).compactMap { $0["uuid"]?.text }
      target = try Self.next(answer)
      #expect(target == nil || target?.contains("limit=3") == true)
      pages += 1
    }
    #expect(pages == 3)
    #expect(seen == uuids.sorted())
  }

  @Test(arguments: TestDatabase.allCases)
  func aPageThatIsJustFullIsTheLast(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    for _ in 0..<3 { _ = try service.add() }
    #expect(try service.people("GET", "?limit=3").header("Link") == nil)
    #expect(try service.people("GET", "?limit=2").header("Link") != nil)
  }

  @Test(arguments: TestDatabase.allCases)
  func whoeverComesOrGoesShiftsNothing(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    var uuids: [String] = []
    for _ in 0..<4 { uuids.append(try service.add()) }
    uuids.sort()
    let target = try #require(try Self.next(try service.people("GET", "?limit=2")))
    _ = try service.people("DELETE", "/\(uuids[1])")
    _ = try service.add(["uuid": "\"\(Self.nobody)\""])
    let rest = try service.people("GET", target).json.elements?.compactMap { $0["uuid"]?.text }
    #expect(rest == Array(uuids[2...]))
  }

  @Test func withoutALimitThereAreAThousand() throws {
    let service = try RunningService()
    try Crowd.run(4) { _ in for _ in 0..<251 { _ = try service.add() } }
    let answer = try service.people("GET")
    #expect(answer.json.elements?.count == 1000)
    let target = try #require(try Self.next(answer))
    #expect(try service.people("GET", target).json.elements?.count == 4)
  }

  @Test(arguments: [
    "limit=0", "limit=1001", "limit=x", "limit=", "limit=+1", "limit=1.0", "cursor=x", "cursor=",
    "cursor=WyJhIl0", "cursor=WzFd", "cursor=" + String(repeating: "A", count: 600),
  ])
  func aWrongPageIs400(_ query: String) throws {
    let answer = try RunningService().people("GET", "?\(query)")
    #expect(answer.status == 400)
    let name = try #require(query.split(separator: "=").first)
    #expect(answer.json["errors"]?.elements?.first?["pointer"]?.text == "#/query/\(name)")
  }

  @Test func nobodyIsAnEmptyList() throws {
    #expect(try RunningService().people("GET").text == "[]")
  }
}
