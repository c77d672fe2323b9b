import Core
import HTTPClient
import JSON
import Logging
import POSIX
import Testing

@testable import App

@Suite struct MiddlewareTests {
  @Test(arguments: ["/livez", "/nowhere", "/hello/Ann4", "/hello/Anna"])
  func everyAnswerCarriesIdentityRevisionAndProtection(_ path: String) throws {
    let answer = try RunningService().get(path)
    #expect(answer.header("X-Revision") == "test-1")
    #expect(answer.header("X-Request-Id")?.count == 32)
    #expect(answer.header("traceparent")?.count == 55)
    #expect(answer.header("X-Content-Type-Options") == "nosniff")
    #expect(answer.header("Content-Security-Policy") == "default-src 'none'")
    #expect(answer.header("Referrer-Policy") == "no-referrer")
  }

  @Test func aRequestIDIsTakenOver() throws {
    let answer = try RunningService().get("/livez", headers: ["X-Request-Id": "order-66.a_b"])
    #expect(answer.header("X-Request-Id") == "order-66.a_b")
  }

  @Test(arguments: ["a b", "<x>", String(repeating: "x", count: 129)])
  func aStrangeRequestIDIsReplaced(_ id: String) throws {
    let answer = try RunningService().get("/livez", headers: ["X-Request-Id": id])
    #expect(answer.header("X-Request-Id")?.count == 32)
  }

  @Test func aTraceGoesOnWithANewSpan() throws {
    let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    let answer = try RunningService().get("/livez", headers: ["traceparent": given])
    let made = try #require(answer.header("traceparent"))
    #expect(made.hasPrefix("00-4bf92f3577b34da6a3ce929d0e0e4736-") && made.hasSuffix("-01"))
    #expect(made != given)
  }

  @Test(arguments: [
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x", "00-4bf9", "",
  ])
  func aBrokenTraceIsNotUnderstood(_ text: String) { #expect(TraceParent(text) == nil) }

  @Test func aLaterVersionOfTheHeaderIsUnderstood() {
    let text = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes"
    #expect(TraceParent(text)?.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
  }

  @Test func identitiesAreDifferentAndWellFormed() {
    let identity = RequestIdentity()
    let made = (0..<10_000).map { _ in identity.make(requestID: nil, traceparent: nil) }
    #expect(Set(made.map(\.id)).count == made.count)
    #expect(made.allSatisfy { TraceParent($0.traceparent)?.traceID == $0.id })
  }

  @Test func theAccessLogNamesTheTemplateAndTheRequest() throws {
    let service = try RunningService()
    _ = try service.get("/hello/Secretname", headers: ["X-Request-Id": "id-1"])
    let line = { service.log.written.first { $0.contains("\"id-1\"") } }
    #expect(eventually { line() != nil })
    let json = try JSONReader.read(line() ?? "")
    #expect(json["route"] == "/hello/{username}")
    #expect(json["status"] == 404)
    #expect(json["level"] == "info")
    #expect(!(line() ?? "").contains("Secretname"))
  }

  @Test func probesAreLoggedForThoseWhoLookForAFaultAlone() throws {
    let service = try RunningService()
    _ = try service.get("/livez", headers: ["X-Request-Id": "id-2"])
    #expect(eventually { service.log.written.contains { $0.contains("\"id-2\"") } })
    let line = try #require(service.log.written.first { $0.contains("\"id-2\"") })
    #expect(try JSONReader.read(line)["level"] == "debug")
  }

  @Test(
    arguments: [
      (nil, "json"), ("*/*", "json"), ("application/*", "json"), ("text/html", "html"),
      ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "html"),
      ("text/html;q=0.5, application/json", "json"), ("text/html, application/json", "json"),
      ("text/html;q=0.5, application/json;q=0.4", "html"), ("TEXT/HTML ; Q=0.1", "html"),
      ("*/*, application/json;q=0", "html"), ("*/*;q=0.1, application/*;q=0", "html"),
      ("text/*;q=0.3, */*;q=0.2", "html"), ("application/json;charset=utf-8", "json"),
      ("text/plain", nil), ("text/html;q=0", nil), ("*/*;q=0", nil), ("", nil),
      ("text/html;q=2", nil), ("text/html;q=0.1234", nil), ("text/html;q=x", nil),
      ("nonsense, text/html", "html"), ("text/html;q=0.001", "html"),
    ] as [(String?, String?)])
  func theOfferThatIsLikedBestIsTaken(_ accept: String?, _ expected: String?) {
    let offers = ["json": "application/json", "html": "text/html"]
    #expect(
      MediaType.negotiate(accept, ["application/json", "text/html"])
        == expected.flatMap { offers[$0] })
  }

  @Test(arguments: [
    ("application/json", true), ("text/html, Application/JSON;q=0.5", true),
    ("application/json;q=0", false), ("*/*", false), ("text/plain", false),
  ])
  func jsonIsGivenToThoseWhoNameIt(_ accept: String, _ expected: Bool) {
    #expect(MediaType.accepts(accept, "application/json") == expected)
  }
}
