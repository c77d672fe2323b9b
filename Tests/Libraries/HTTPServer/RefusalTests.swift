import Core
import HTTPServer
import Synchronization
import Testing

@Suite struct Refusals {
  /// A head that must be refused with 400 and a closed connection, and what it is counted as.
  struct Shape: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let reason: Refusal
    var testDescription: String { name }

    init(_ name: String, _ text: String, _ reason: Refusal) {
      self.name = name
      self.text = text
      self.reason = reason
    }
  }

  static let shapes = [
    Shape(
      "Transfer-Encoding and Content-Length",
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "0\r\n\r\n", .transferEncoding),
    Shape(
      "two codings", "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      .transferEncoding),
    Shape(
      "unknown coding", "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: identity\r\n\r\n",
      .transferEncoding),
    Shape(
      "coding twice",
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .transferEncoding),
    Shape(
      "coding after a control byte",
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: \u{B}chunked\r\n\r\n0\r\n\r\n",
      .headerLine),
    Shape(
      "two lengths",
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
      .contentLength),
    Shape(
      "the same length twice",
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
      .contentLength),
    Shape(
      "a list of lengths", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1, 1\r\n\r\nx",
      .malformed),
    Shape(
      "signed length", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: +1\r\n\r\nx", .malformed),
    Shape(
      "hexadecimal length", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 0x1\r\n\r\nx",
      .malformed),
    Shape(
      "negative length",
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n", .malformed),
    Shape("empty length", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length:\r\n\r\n", .malformed),
    Shape("no host", "GET /livez HTTP/1.1\r\nAccept: */*\r\n\r\n", .host),
    Shape("no header at all", "GET /livez HTTP/1.1\r\n\r\n", .host),
    Shape("two hosts", "GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .host),
    Shape(
      "two hosts from an old client", "GET /livez HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", .host),
    Shape("NUL in a value", "GET /livez HTTP/1.1\r\nHost: t\r\nX: a\0b\r\n\r\n", .headerLine),
    Shape(
      "a header behind a NUL",
      "GET /livez HTTP/1.1\r\nHost: t\r\nX: a\0\0Content-Length\05\r\n\r\n", .headerLine),
    Shape(
      "a whole line behind NULs", "GET /livez HTTP/1.1\r\nHost: t\r\nX: a\0\0Y\0b\r\n\r\n",
      .headerLine),
    Shape("NUL in a blank", "GET /livez HTTP/1.1\r\nHost: t\r\nX: \0b\r\n\r\n", .headerLine),
    Shape("NUL in a name", "GET /livez HTTP/1.1\r\nHost: t\r\nX\0Y: b\r\n\r\n", .malformed),
    Shape(
      "control byte in a value",
      "GET /livez HTTP/1.1\r\nHost: t\r\nX: a\u{1}\r\n\r\n", .headerLine),
    Shape("bare CR in a value", "GET /livez HTTP/1.1\r\nHost: t\r\nX: a\rb\r\n\r\n", .headerLine),
    Shape("DEL in a value", "GET /livez HTTP/1.1\r\nHost: t\r\nX: a\u{7F}\r\n\r\n", .headerLine),
    Shape("blank before the colon", "GET /livez HTTP/1.1\r\nHost: t\r\nX : a\r\n\r\n", .headerLine),
    Shape(
      "length with a blank before the colon",
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length : 5\r\n\r\nhello", .headerLine),
    Shape("no name", "GET /livez HTTP/1.1\r\nHost: t\r\n: a\r\n\r\n", .headerLine),
    Shape("folded line", "GET /livez HTTP/1.1\r\nHost: t\r\nX: a\r\n b\r\n\r\n", .headerLine),
    Shape("folded first line", "GET /livez HTTP/1.1\r\n Host: t\r\nX: a\r\n\r\n", .headerLine),
    Shape("bare line feeds", "GET /livez HTTP/1.1\nHost: t\n\n", .requestLine),
    Shape("one bare line feed", "GET /livez HTTP/1.1\r\nHost: t\nX: a\r\n\r\n", .headerLine),
    Shape("bare line feed at the end", "GET /livez HTTP/1.1\r\nHost: t\r\n\n", .headerLine),
    Shape("no colon", "GET /livez HTTP/1.1\r\nHost: t\r\nNonsense\r\n\r\n", .malformed),
    Shape("NUL in the target", "GET /li\0vez HTTP/1.1\r\nHost: t\r\n\r\n", .requestLine),
    Shape(
      "control byte in the target", "GET /li\u{1}vez HTTP/1.1\r\nHost: t\r\n\r\n", .requestLine),
    Shape("blank in the target", "GET /li vez HTTP/1.1\r\nHost: t\r\n\r\n", .requestLine),
    Shape("two blanks", "GET  /livez HTTP/1.1\r\nHost: t\r\n\r\n", .requestLine),
    Shape("tab for a blank", "GET\t/livez HTTP/1.1\r\nHost: t\r\n\r\n", .malformed),
    Shape("method with forbidden bytes", "G{T /livez HTTP/1.1\r\nHost: t\r\n\r\n", .requestLine),
    Shape("target without a slash", "GET livez HTTP/1.1\r\nHost: t\r\n\r\n", .requestLine),
    Shape("asterisk for GET", "GET * HTTP/1.1\r\nHost: t\r\n\r\n", .requestLine),
    Shape("authority for a target", "CONNECT t:80 HTTP/1.1\r\nHost: t\r\n\r\n", .requestLine),
    Shape("no version", "GET /livez\r\nHost: t\r\n\r\n", .malformed),
    Shape("version in small letters", "GET /livez http/1.1\r\nHost: t\r\n\r\n", .malformed),
  ]

  @Test(arguments: shapes)
  func aShapeThatTwoServersReadDifferentlyIsRefused(shape: Shape) throws {
    let server = try TestServer(Basics.routes)
    let client = try server.client()
    // What follows would be the smuggled request: it must not be answered.
    try client.send(shape.text + "GET /hello/smuggled HTTP/1.1\r\nHost: t\r\n\r\n")
    let received = try client.readToEnd()
    #expect(received.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    #expect(!received.contains("Hello smuggled"))
    #expect(server.server.statistics.refusals == [shape.reason: 1])
    // A request whose first line was unreadable is counted only.
    if shape.reason != .malformed {
      #expect(server.seen.first { $0.status == 400 }?.template == "_refused")
      #expect(server.seen.entries.withLock { $0.count } == 1)
    }
    #expect(try server.request("GET /livez").status == 200)
  }

  @Test func aRefusalCarriesWhatTheServiceAddsToEveryAnswer() throws {
    let server = try TestServer(Basics.routes)
    let client = try server.client()
    try client.send("GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    let answer = try client.answer()
    #expect(answer.headers["x-request-id"] == "made")
    #expect(answer.headers["content-type"] == "application/problem+json")
    #expect(answer.headers["connection"] == "close")
  }

  @Test func aTargetTooLongIs414() throws {
    let server = try TestServer(Basics.routes)
    let length = server.server.configuration.targetBytesMax
    let fits = "/livez?" + String(repeating: "a", count: length - 7)
    #expect(try server.request("GET \(fits)").status == 200)
    #expect(try server.request("GET \(fits)a").status == 414)
    #expect(try server.request("GET /\(String(repeating: "a", count: 100_000))").status == 414)
  }

  @Test func aQueryOfManyPartsIsNoLargeHead() throws {
    let server = try TestServer(Basics.routes)
    let query = String(repeating: "a&", count: 3900)
    #expect(try server.request("GET /query?\(query)").text.hasPrefix("a=|a=|"))
  }

  @Test func aHeadTooLargeIs431() throws {
    let server = try TestServer(Basics.routes)
    let count = server.server.configuration.headersMax - 1
    let lines = (0..<count).map { "X-\($0): a\r\n" }.joined()
    #expect(try server.request("GET /livez", lines).status == 200)
    #expect(try server.request("GET /livez", lines + "Y: a\r\n").status == 431)
    let large = "X: \(String(repeating: "a", count: 10_000))\r\n"
    #expect(try server.request("GET /livez", large).status == 200)
    // The largest head that is allowed leaves room for an answer.
    let share = server.server.configuration.headerBytesMax / count
    let full = (0..<count).map { _ in "X: \(String(repeating: "a", count: share - 7))\r\n" }
    #expect(try server.request("GET /livez", full.joined()).status == 200)
    #expect(try server.request("GET /livez", large + large).status == 431)
    #expect(try server.request("GET /livez", large + large + large + large).status == 431)
  }

  @Test func anExpectationNobodyKnowsIs417() throws {
    let server = try TestServer(Basics.routes)
    #expect(try server.request("POST /echo", "Expect: gold\r\n", body: "x").status == 417)
  }

  @Test(arguments: ["HTTP/2.0", "HTTP/0.9"])
  func anotherVersionIs505(version: String) throws {
    let server = try TestServer(Basics.routes)
    let client = try server.client()
    try client.send("GET /livez \(version)\r\nHost: t\r\n\r\n")
    #expect(try client.answer().status == 505)
    #expect(try client.isClosed())
  }

  @Test func garbageDoesNotHurt() throws {
    let server = try TestServer(Basics.routes)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let client = try server.client()
      let bytes = (0..<Int.random(in: 1...3000)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      // The server may close before everything is sent.
      try? client.send(bytes)
    }
    #expect(try server.request("GET /livez").status == 200)
    #expect(eventually { server.server.statistics.connections <= 1 })
  }

  @Test func halfARequestIsForgottenWhenItsClientLeaves() throws {
    let server = try TestServer(Basics.routes)
    for text in [
      "GET", "GET /livez HTTP/1.1\r\n", "GET /livez HTTP/1.1\r\nHost: t\r\nX:",
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc",
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
    ] {
      do {
        let client = try server.client()
        try client.send(text)
        #expect(eventually { server.server.statistics.connections == 1 })
      }
      #expect(eventually { server.server.statistics.connections == 0 })
    }
    #expect(server.server.statistics.activeRequests == 0)
    #expect(server.seen.first { $0.method == "POST" }?.status == 499)
  }
}
