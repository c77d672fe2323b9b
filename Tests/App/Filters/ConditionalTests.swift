import HTTPClient
import HTTPServer
import Testing

@testable import App

@Suite struct ConditionalTests {
  private static let contract = Contract(
    id: "test", tag: FilterBench.tag, summary: "A thing.", answers: [Answer(200, "It.")],
    isConditional: true)

  private static func bench(_ response: Response) throws -> FilterBench {
    try FilterBench(
      Filters(inner: FilterChain(filters: [ConditionalFilter()])),
      [Operation(.get, "/thing", contract) { _ in response }])
  }

  private static let small = Response.json(Array(#"{"id":1}"#.utf8))
  private static let large = Response.text(String(repeating: "all the same ", count: 500))

  @Test func aBodyHasAStrongTagThatChangesWithIt() throws {
    let first = try Self.bench(Self.small).send("GET", "/thing")
    let same = try Self.bench(Self.small).send("GET", "/thing")
    let other = try Self.bench(.json(Array(#"{"id":2}"#.utf8))).send("GET", "/thing")
    let html = try Self.bench(.bytes(Array(#"{"id":1}"#.utf8), contentType: "text/html"))
      .send("GET", "/thing")
    let tag = try #require(first.header("ETag"))
    #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count == 24)
    #expect(same.header("ETag") == tag)
    #expect(other.header("ETag") != tag)
    #expect(html.header("ETag") != tag)
  }

  @Test(arguments: ["GET", "HEAD"])
  func whoHasTheBodyGetsNone(_ method: String) throws {
    var response = Self.small
    response.headers.append("Cache-Control", "no-cache")
    response.headers.append("Link", "</thing?cursor=x>; rel=\"next\"")
    let bench = try Self.bench(response)
    let tag = try #require(try bench.send(method, "/thing").header("ETag"))
    let answer = try bench.send(method, "/thing", [("If-None-Match", tag)])
    #expect(answer.status == 304)
    #expect(answer.body.isEmpty)
    #expect(answer.header("ETag") == tag)
    #expect(answer.header("Cache-Control") == "no-cache")
    #expect(answer.header("Vary") == "Accept-Encoding")
    #expect(answer.header("Content-Type") == nil)
    #expect(answer.header("Link") == nil)
  }

  @Test(arguments: [
    (#""v7""#, 304), (#"W/"v7""#, 304), (#""a", "v7""#, 304), (#""a,b" , W/"v7","c""#, 304),
    ("*", 304), (" * ", 304), (#""v8""#, 200), (#""v""#, 200), (#"v7"#, 200), (#"w/"v7""#, 200),
    (#""v7"#, 200), (#""v7" "v7""#, 200), ("", 200), (#", ,"v7","#, 304), (#""*""#, 200),
  ])
  func tagsAreComparedWeakly(_ header: String, _ status: Int) throws {
    var response = Self.small
    response.headers.append("ETag", "\"v7\"")
    let answer = try Self.bench(response).send("GET", "/thing", [("If-None-Match", header)])
    #expect(answer.status == status)
  }

  @Test func severalLinesAreOneList() throws {
    var response = Self.small
    response.headers.append("ETag", "\"v7\"")
    let answer = try Self.bench(response).send(
      "GET", "/thing", [("If-None-Match", "\"a\""), ("If-None-Match", "\"v7\"")])
    #expect(answer.status == 304)
  }

  @Test func aCompressedBodyHasAWeakTagThatItsOwnerGetsBack() throws {
    let bench = try Self.bench(Self.large)
    let plain = try #require(try bench.send("GET", "/thing").header("ETag"))
    let gzip = [("Accept-Encoding", "gzip")]
    let packed = try bench.send("GET", "/thing", gzip)
    #expect(packed.header("Content-Encoding") == "gzip")
    #expect(packed.header("Vary") == "Accept-Encoding")
    #expect(packed.header("ETag") == "W/\(plain)")
    let unchanged = try bench.send("GET", "/thing", gzip + [("If-None-Match", "W/\(plain)")])
    #expect(unchanged.status == 304)
    #expect(unchanged.header("ETag") == "W/\(plain)")
  }

  @Test func whatIsNotFoundHasNoTag() throws {
    let answer = try Self.bench(.problem(Problem(status: 404))).send(
      "GET", "/thing", [("If-None-Match", "*")])
    #expect(answer.status == 404)
    #expect(answer.header("ETag") == nil)
  }

  @Test func aStrongMatchWantsStrongTagsOnBothSides() throws {
    let strong = EntityTag("v7")
    let weak = EntityTag("v7", isWeak: true)
    #expect(EntityTags([#""v7""#])?.containsStrongly(strong) == true)
    #expect(EntityTags([#"W/"v7""#])?.containsStrongly(strong) == false)
    #expect(EntityTags([#"W/"v7""#])?.containsStrongly(weak) == false)
    #expect(EntityTags(["*"])?.containsStrongly(strong) == true)
    #expect(EntityTags([]) == nil)
  }
}
