import Core
import HTTPClient
import HTTPServer
import JSON
import Testing

@testable import App

@Suite struct ParameterTests {
  private static func contract(isLegacy: Bool = false) -> Contract {
    Contract(
      id: "test", tag: FilterBench.tag, summary: "Echoes.",
      parameters: [
        .path("id", .integer(1...100), example: 1, ""),
        .query("name", .string(1...3), required: true, ""), .query("flag", .boolean, ""),
        .query("kind", .choice(["big", "small"]), default: "small", ""),
      ] + Paging.parameters(limit: 10), answers: [Answer(200, "It.")], isLegacy: isLegacy)
  }

  /// What the handler gets, or the faults.
  private static func ask(_ path: String, isLegacy: Bool = false) throws -> HTTPResponse {
    let bench = try FilterBench(
      Filters(),
      [
        Operation(.get, "/things/{id}", contract(isLegacy: isLegacy)) { call in
          let given = ["id", "name", "flag", "kind", "limit"].map {
            JSONMember($0, call[$0] ?? nil)
          }
          return .json(JSONValue.object(given).bytes())
        }
      ])
    return try bench.send("GET", path)
  }

  private static func faults(_ answer: HTTPResponse) -> [String] {
    (answer.json["errors"]?.elements ?? []).map {
      "\($0["pointer"]?.text ?? "") \($0["detail"]?.text ?? "")"
    }
  }

  @Test func parametersComeAsTheirTypesAndStandardsTakeThePlaceOfWhatIsMissing() throws {
    let answer = try Self.ask("/things/7?name=a%20b&flag=true&limit=1000")
    #expect(answer.json == ["id": 7, "name": "a b", "flag": true, "kind": "small", "limit": 1000])
    let fewer = try Self.ask("/things/7/?name=a&kind=big")
    #expect(fewer.json == ["id": 7, "name": "a", "flag": nil, "kind": "big", "limit": 10])
  }

  @Test func everyFaultIsToldAtOnce() throws {
    let answer = try Self.ask("/things/101?flag=1&kind=&limit=0&limti=2")
    #expect(answer.status == 400)
    #expect(answer.header("Content-Type") == "application/problem+json")
    #expect(
      Self.faults(answer) == [
        "#/path/id must be from 1 to 100, not 101", "#/query/name is missing",
        "#/query/flag must be a boolean, not string", "#/query/kind must be one of big, small",
        "#/query/limit must be from 1 to 1000, not 0",
        "#/query/limti is not known; did you mean limit?",
      ])
  }

  @Test(arguments: [
    ("id=x", "/things/x?name=a"), ("plus", "/things/+7?name=a"), ("space", "/things/%207?name=a"),
    ("zero", "/things/0?name=a"), ("fraction", "/things/7.0?name=a"),
    ("large", "/things/99999999999999999999?name=a"), ("limit", "/things/7?name=a&limit=1001"),
    ("flag", "/things/7?name=a&flag=TRUE"), ("long", "/things/7?name=abcd"),
    ("empty", "/things/7?name="), ("bare", "/things/7?name"),
  ])
  func aWrongParameterIsRefused(_ what: String, _ path: String) throws {
    let answer = try Self.ask(path)
    #expect(answer.status == 400)
    #expect(Self.faults(answer).count == 1)
  }

  @Test func aParameterIsGivenOnce() throws {
    let answer = try Self.ask("/things/7?name=a&name=b")
    #expect(Self.faults(answer) == ["#/query/name is given more than once"])
  }

  @Test func oldPathsTakeTheFirstAndIgnoreWhatNobodyKnows() throws {
    let answer = try Self.ask("/things/7?name=a&name=b&what=ever", isLegacy: true)
    #expect(answer.status == 200)
    #expect(answer.json["name"] == "a")
    #expect(try Self.ask("/things/7?limit=0", isLegacy: true).status == 400)
  }

  @Test(arguments: [
    "", "abc", "W10", "bnVsbA", "eyJhIjoxfQ", "WzFd=", "WzFdA", "!!!!", "W10gW10",
    String(repeating: "A", count: 513), "W1sxXV",
  ])
  func aCursorThatNobodyGaveIsRefused(_ cursor: String) throws {
    let answer = try Self.ask("/things/7?name=a&cursor=\(cursor)")
    #expect(answer.status == 400)
    #expect(Self.faults(answer).first?.hasPrefix("#/query/cursor ") == true)
  }

  @Test(
    arguments: [
      [1], ["a"], [-9_007_199_254_740_993, "\u{E9}/?&"], [1.5, true, nil], [["x"]],
    ] as [[JSONValue]])
  func aCursorComesBackAsItWasMade(_ key: [JSONValue]) throws {
    let cursor = Cursor(key)
    #expect(Cursor(cursor.text) == cursor)
    #expect(try Self.ask("/things/7?name=a&cursor=\(cursor.text)").status == 200)
  }

  @Test func theNextPageKeepsTheOtherParametersAsTheyWere() throws {
    let contract = Self.contract()
    let bench = try FilterBench(
      Filters(),
      [
        Operation(.get, "/things/{id}", contract) { call in
          var response = Response.empty()
          response.headers.append("Link", call.next(Cursor([2])))
          return response
        }
      ])
    let old = Cursor([1]).text
    let answer = try bench.send("GET", "/things/7?name=%26%3D+&cursor=\(old)&limit=5")
    #expect(
      answer.header("Link")
        == "</things/7?name=%26%3D%20&limit=5&cursor=\(Cursor([2]).text)>; rel=\"next\"")
  }
}
