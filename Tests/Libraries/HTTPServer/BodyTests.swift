import Core
import HTTPServer
import Synchronization
import Testing

@Suite struct Bodies {
  static let routes =
    Basics.routes + [
      Route(.post, "/large", .worker, bodyBytesMax: 4_000_000) { .text(String($0.body.count)) }
    ]

  @Test func aBodyUpToTheLimitIsRead() throws {
    let server = try TestServer(Self.routes) { $0.bodyBytesMax = 100_000 }
    let body = String(repeating: "x", count: 100_000)
    #expect(try server.request("POST /echo", body: body).text == body)
    #expect(try server.request("POST /large", body: body + body).text == "200000")
  }

  @Test func aLengthOverTheLimitIsRefusedBeforeTheBody() throws {
    let server = try TestServer(Self.routes) { $0.bodyBytesMax = 1000 }
    let client = try server.client()
    try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n")
    let answer = try client.answer()
    #expect(answer.status == 413)
    #expect(answer.headers["x-request-id"] == "made")
    #expect(try client.isClosed())
    #expect(server.seen.first { $0.status == 413 }?.template == "/echo")
  }

  @Test(arguments: ["18446744073709551615", "9223372036854775808", "9223372036854775807"])
  func aLengthBeyondCountingIsTooLarge(length: String) throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: \(length)\r\n\r\n")
    #expect(try client.answer().status == 413)
  }

  @Test func aClientThatSendsOnStillReadsTheRefusal() throws {
    let server = try TestServer(Self.routes) { $0.bodyBytesMax = 1000 }
    let client = try server.client()
    let body = String(repeating: "x", count: 300_000)
    try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 300000\r\n\r\n\(body)")
    #expect(try client.answer().status == 413)
  }

  @Test func aChunkedBodyOverTheLimitIsRefusedWhereItCrossesIt() throws {
    let server = try TestServer(Self.routes) { $0.bodyBytesMax = 1000 }
    let client = try server.client()
    try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in 0..<11 { try client.send("64\r\n\(String(repeating: "x", count: 100))\r\n") }
    #expect(try client.answer().status == 413)
    #expect(try client.isClosed())
    #expect(server.server.statistics.refusals == [.bodyBytes: 1])
  }

  @Test func aChunkThatIsNoneIsRefused() throws {
    let server = try TestServer(Self.routes)
    for chunk in ["xyz\r\n", "-1\r\n", "5\r\nhelloX", "fffffffffffffffff\r\n"] {
      let client = try server.client()
      try client.send(
        "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)\r\n")
      #expect([400, 413].contains(try client.answer().status))
      #expect(try client.isClosed())
    }
  }

  @Test func aClientThatWaitsIsToldToContinue() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    try client.send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    #expect(try client.readHead().status == 100)
    try client.send("hello")
    #expect(try client.answer().text == "hello")
    #expect(try client.request("GET /livez").status == 200)
  }

  @Test func aClientThatWaitsWithTooMuchIsToldNotTo() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    try client.send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n")
    #expect(try client.readHead().status == 413)
  }

  private static func guarded(_ handled: Guarded<Int> = Guarded(0)) -> Route {
    Route(
      .post, "/guarded", .worker, bodyBytesMax: 64_000_000,
      precheck: { request in
        if request.headers["X-Pass"] == nil { throw Problem(status: 401) }
        return nil
      }
    ) { request in
      handled.withLock { $0 += 1 }
      return .text(String(request.body.count))
    }
  }

  @Test func aBodyThatIsNotWantedIsRefusedBeforeItComes() throws {
    let handled = Guarded(0)
    let server = try TestServer([Self.guarded(handled)])
    let clients = try (0..<3).map { _ in try server.client() }
    for client in clients {
      try client.send("POST /guarded HTTP/1.1\r\nHost: t\r\nContent-Length: 60000000\r\n\r\n")
      let answer = try client.answer()
      #expect(answer.status == 401)
      #expect(answer.headers["x-request-id"] == "made")
      #expect(try client.isClosed())
    }
    let chunked = try server.client()
    try chunked.send("POST /guarded HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
    #expect(try chunked.answer().status == 401)
    let waiting = try server.client()
    try waiting.send(
      "POST /guarded HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    #expect(try waiting.readHead().status == 401)
    #expect(handled.withLock { $0 } == 0)
    #expect(server.seen.first { $0.status == 401 }?.template == "/guarded")
  }

  @Test func aBodyThatIsWantedIsTakenAndASmallOneIsLeftToTheHandler() throws {
    let server = try TestServer([Self.guarded()])
    let body = String(repeating: "x", count: 200_000)
    #expect(try server.request("POST /guarded", "X-Pass: yes\r\n", body: body).text == "200000")
    #expect(try server.request("POST /guarded", body: "hello").text == "5")
  }

  @Test func largeBodiesTogetherHaveALimit() throws {
    let gate = Gate()
    let route = Route(.post, "/held", .worker, bodyBytesMax: 4_000_000) { request in
      gate.wait()
      return .text(String(request.body.count))
    }
    let server = try TestServer([route]) { $0.largeBodiesBytesMax = 4 << 20 }
    let body = String(repeating: "x", count: 3_000_000)
    let first = try server.client()
    try first.send("POST /held HTTP/1.1\r\nHost: t\r\nContent-Length: 3000000\r\n\r\n\(body)")
    #expect(eventually { gate.waiting.load(ordering: .acquiring) == 1 })
    #expect(server.server.statistics.largeBodyBytes == 3 << 20)
    let announced = try server.client()
    try announced.send("POST /held HTTP/1.1\r\nHost: t\r\nContent-Length: 3000000\r\n\r\n")
    let refusal = try announced.answer()
    #expect(refusal.status == 503)
    #expect(refusal.headers["retry-after"] == "1")
    let chunked = try server.client()
    try chunked.send("POST /held HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
    try? chunked.send("2DC6C0\r\n\(body)\r\n0\r\n\r\n")
    #expect(try chunked.answer().status == 503)
    #expect(server.server.statistics.refusals == [.bodyRoom: 2])
    gate.open()
    #expect(try first.answer().text == "3000000")
    #expect(eventually { server.server.statistics.largeBodyBytes == 0 })
    #expect(try server.request("POST /held", body: body).text == "3000000")
  }

  @Test func aBodyForNobodyKeepsTheConnection() throws {
    let server = try TestServer(Self.routes)
    let client = try server.client()
    #expect(try client.request("POST /nowhere", body: "hello").status == 404)
    #expect(try client.request("GET /livez", body: "ignored").status == 200)
    #expect(try client.request("GET /livez").status == 200)
  }
}
