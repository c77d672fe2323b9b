import HTTPClient
import HTTPServer
import JSON
import Testing

@testable import App

@Suite struct BodyTests {
  private static let schema = Schema.object(
    ObjectSchema(nil, refusesUnknown: true, [.init("name", .string(1...3), "")]))

  private static func ask(
    _ body: String, _ kind: BodyContract = .json(schema, example: "{}"),
    type: String? = "application/json",
    refusal: (@Sendable (RequestFault, Request) -> Response?)? = nil
  ) throws -> HTTPResponse {
    let contract = Contract(
      id: "test", tag: FilterBench.tag, summary: "Echoes.", body: kind,
      answers: [Answer(200, "It.")], refusal: refusal)
    let bench = try FilterBench(
      Filters(),
      [
        Operation(.post, "/things", contract) { call in
          .json(JSONValue.array([call.body, .integer(Int64(call.request.body.count))]).bytes())
        }
      ])
    return try bench.send("POST", "/things", type.map { [("Content-Type", $0)] } ?? [], body: body)
  }

  @Test(arguments: [
    "application/json", "Application/JSON", "application/json; charset=utf-8",
    "application/json;charset=\"UTF-8\"", "application/json; profile=x",
  ])
  func jsonIsTakenInUTF8(_ type: String) throws {
    let answer = try Self.ask(#"{"name":"a"}"#, type: type)
    #expect(answer.json.elements?.first == ["name": "a"])
  }

  @Test(arguments: [nil, "text/json", "application/json; charset=latin1", "application/jsonp", ""])
  func anotherMediaTypeIs415AndNamesTheRightOne(_ type: String?) throws {
    let answer = try Self.ask(#"{"name":"a"}"#, type: type)
    #expect(answer.status == 415)
    #expect(answer.header("Accept") == "application/json")
  }

  @Test(arguments: [
    "", "{", #"{"name":"a"}}"#, #"{"name":"a","name":"b"}"#, "{\"name\":\"\u{1}\"}",
  ])
  func whatIsNoJSONIsToldApartFromWrongFields(_ body: String) throws {
    let answer = try Self.ask(body)
    #expect(answer.status == 400)
    #expect(answer.json["detail"]?.text?.hasPrefix("The body is not valid JSON") == true)
    #expect(answer.json["errors"] == nil)
  }

  @Test func aWrongFieldHasItsPointer() throws {
    let answer = try Self.ask(#"{"nam":"a"}"#)
    #expect(
      answer.json["errors"] == [
        ["pointer": "#/name", "detail": "is missing"],
        ["pointer": "#/nam", "detail": "is not known; did you mean name?"],
      ])
    #expect(answer.json["instance"] == "/things")
  }

  @Test func anotherKindOfBodyIsLeftToTheHandler() throws {
    let csv = BodyContract.raw("text/csv", example: "a,b")
    #expect(try Self.ask("{", csv, type: "text/csv").json == [nil, 1])
    #expect(try Self.ask("{", csv, type: "application/json").status == 415)
  }

  @Test func aFaultMayBeToldInAnOldWay() throws {
    let refusal: @Sendable (RequestFault, Request) -> Response? = { fault, _ in
      if case .malformed = fault { .text("old words", status: 400) } else { nil }
    }
    #expect(try Self.ask("{", refusal: refusal).text == "old words")
    #expect(
      try Self.ask("{}", refusal: refusal).header("Content-Type") == "application/problem+json")
  }

  @Test func withoutATokenNothingIsRead() throws {
    let contract = Contract(
      id: "test", tag: FilterBench.tag, summary: "Secret.", access: .scope("things:write"),
      body: .json(Self.schema, example: "{}"), answers: [Answer(200, "It.")])
    let bench = try FilterBench(
      Filters(), [Operation(.post, "/things", contract) { _ in .text("") }])
    let answer = try bench.send("POST", "/things", body: "{")
    #expect(answer.status == 401)
    #expect(answer.header("WWW-Authenticate")?.hasPrefix("Bearer ") == true)
  }

  @Test func theAnswerToManyUnknownFieldsIsShort() throws {
    let members = (0..<50_000).map { "\"unknown\($0)\":0" }.joined(separator: ",")
    let answer = try Self.ask("{\"name\":\"a\",\(members)}")
    #expect(answer.status == 400)
    #expect(answer.json["errors"]?.elements?.count == Violations.toldMax)
    #expect(answer.json["detail"]?.text?.contains("49900 more") == true)
    let long = String(repeating: "n", count: 1_000_000)
    let one = try Self.ask("{\"name\":\"a\",\"\(long)\":0}")
    #expect(one.status == 400)
    #expect(one.body.count < 1000)
  }
}
