import HTTPClient
import Testing

@testable import App

@Suite struct CORSTests {
  private static let variables = [
    "CORS_ALLOWED_ORIGINS": "https://shop.example.com, http://localhost:3000"
  ]
  private static let origin = ["Origin": "https://shop.example.com"]

  @Test func nothingIsAllowedByDefault() throws {
    let answer = try RunningService().get("/version", headers: Self.origin)
    #expect(answer.header("Access-Control-Allow-Origin") == nil)
    #expect(answer.header("Vary") == nil)
  }

  @Test(arguments: ["/version", "/nowhere", "/hello/Ann4", "/hello/Anna"])
  func everyAnswerMayBeReadByAnOriginThatIsListed(_ path: String) throws {
    let answer = try RunningService(.sqlite, Self.variables).get(path, headers: Self.origin)
    #expect(answer.header("Access-Control-Allow-Origin") == "https://shop.example.com")
    #expect(answer.header("Vary") == "Origin")
    #expect(answer.header("Access-Control-Expose-Headers")?.contains("X-Request-Id") == true)
    #expect(answer.header("Access-Control-Allow-Credentials") == nil)
  }

  @Test func refusalsOfTheServerMayBeReadToo() throws {
    let service = try RunningService(
      .sqlite, Self.variables.merging(["BODY_BYTES_MAX": "1024"]) { $1 })
    let origin = Self.origin.merging(["Content-Type": "application/json"]) { $1 }
    let large = try service.send(
      "PUT", "/hello/Anna", headers: origin, body: String(repeating: "x", count: 2000))
    #expect(large.status == 413)
    #expect(large.header("Access-Control-Allow-Origin") == "https://shop.example.com")
    let method = try service.send("DELETE", "/hello/Anna", headers: Self.origin)
    #expect(method.status == 405)
    #expect(method.header("Access-Control-Allow-Origin") == "https://shop.example.com")
  }

  @Test(arguments: [
    "https://evil.example.com", "https://shop.example.com.evil.example", "null",
    "http://shop.example.com", "https://shop.example.com:8443", "",
  ])
  func anotherOriginIsNotAllowed(_ origin: String) throws {
    let answer = try RunningService(.sqlite, Self.variables).get(
      "/version", headers: ["Origin": origin])
    #expect(answer.status == 200)
    #expect(answer.header("Access-Control-Allow-Origin") == nil)
    #expect(answer.header("Vary") == "Origin")
  }

  @Test func whoeverAsksGetsTheSameVary() throws {
    #expect(
      try RunningService(.sqlite, Self.variables).get("/version").header("Vary") == "Origin")
  }

  @Test func aPreflightIsToldWhatThePathTakes() throws {
    let answer = try RunningService(.sqlite, Self.variables).send(
      "OPTIONS", "/hello/Anna",
      headers: Self.origin.merging([
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
      ]) { $1 })
    #expect(answer.status == 204)
    #expect(answer.header("Access-Control-Allow-Origin") == "https://shop.example.com")
    #expect(answer.header("Access-Control-Allow-Methods") == "GET, HEAD, OPTIONS, PUT")
    #expect(answer.header("Access-Control-Allow-Headers")?.contains("Content-Type") == true)
    #expect(answer.header("Access-Control-Max-Age") == "600")
  }

  @Test func aStarAllowsEveryoneWithoutVary() throws {
    let answer = try RunningService(.sqlite, ["CORS_ALLOWED_ORIGINS": "*"]).get(
      "/version", headers: Self.origin)
    #expect(answer.header("Access-Control-Allow-Origin") == "*")
    #expect(answer.header("Vary") == nil)
  }

  @Test(arguments: [
    "example.com", "https://", "https://a.example/", "https://A.example", "https://a.example,",
    "*,https://a.example", "https://a.example:443", "ftp://a.example", "null",
    "https://*.example.com",
  ])
  func whatNoBrowserSendsStopsTheStart(_ text: String) { #expect(CORS(text) == nil) }
}
