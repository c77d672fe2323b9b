import Core
import HTTPServer
import POSIX
import Testing

@Suite struct Patience {
  @Test func aBodySentByDropsIsCutByTheDeadline() throws {
    let server = try TestServer(Basics.routes) { $0.requestTimeout = .milliseconds(300) }
    let client = try server.client()
    try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n")
    try drip("x", to: client, until: { server.server.statistics.refusals != [:] })
    let answer = try client.answer()
    #expect(answer.status == 408)
    #expect(answer.headers["connection"] == "close")
    #expect(answer.headers["x-request-id"] == "made")
    #expect(server.server.statistics.refusals == [.requestTimeout: 1])
    #expect(server.seen.first { $0.status == 408 }?.template == "/echo")
  }

  @Test func aHeadSentByDropsIsCutByTheDeadline() throws {
    let server = try TestServer(Basics.routes) { $0.requestTimeout = .milliseconds(300) }
    let client = try server.client()
    try client.send("GET /livez HTTP/1.1\r\nHost: t\r\nX: ")
    try drip("x", to: client, until: { server.server.statistics.refusals != [:] })
    #expect(try client.answer().status == 408)
    #expect(server.seen.first { $0.status == 408 }?.template == "_refused")
  }

  @Test func aFirstLineSentByDropsIsCutToo() throws {
    let server = try TestServer(Basics.routes) {
      $0.requestTimeout = .milliseconds(300)
      $0.inactivityTimeout = .seconds(1)
    }
    let client = try server.client()
    try client.send("GET /")
    try drip("x", to: client, until: { server.server.statistics.refusals != [:] })
    #expect(try client.answer().status == 408)
    #expect(server.server.statistics.activeRequests == 0)
  }

  @Test func aSilentConnectionIsClosed() throws {
    let server = try TestServer(Basics.routes) { $0.inactivityTimeout = .seconds(1) }
    let client = try server.client()
    #expect(try client.request("GET /livez").status == 200)
    #expect(try client.isClosed())
  }

  @Test func whoDoesNotReadIsCutOff() throws {
    let large = [UInt8](repeating: 0x61, count: 50_000_000)
    let routes = [Route(.get, "/huge", .inline) { _ in .bytes(large, contentType: "image/x") }]
    let server = try TestServer(routes) {
      $0.requestTimeout = .milliseconds(200)
      $0.responseTimeout = .milliseconds(200)
    }
    let client = try server.client()
    try client.send("GET /huge HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(server.seen.first { $0.template == "/huge" }?.isWhole == false)
    #expect(eventually { server.server.statistics.connections == 0 })
    _ = client
  }

  @Test func idleConnectionsByTheThousandDisturbNobody() throws {
    let wanted = 5000
    // Both ends of each connection are in this process.
    let possible = (ProcessInfo.raiseOpenFilesLimit() - 500) / 2
    let count = min(wanted, possible)
    if count < wanted {
      Issue.record("only \(count) of \(wanted) connections: the limit of open files is too low")
    }
    let server = try TestServer(Basics.routes)
    let idle = try (0..<count).map { _ in try server.client() }
    #expect(eventually { server.server.statistics.connections == count })
    for _ in 0..<50 { #expect(try server.request("GET /slow").status == 200) }
    #expect(try idle[count - 1].request("GET /livez").text == "ok\n")
    #expect(try idle[0].request("GET /slow").text == "from a worker\n")
  }

  @Test func atTheLimitOfConnectionsOthersWaitInTheQueue() throws {
    let server = try TestServer(Basics.routes) {
      $0.connectionsMax = 4
      $0.eventThreads = 1
    }
    var open = try (0..<4).map { _ in try server.client() }
    for client in open { #expect(try client.request("GET /livez").status == 200) }
    let waiting = try server.client()
    try waiting.send("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(try open[0].request("GET /livez").status == 200)
    #expect(server.server.statistics.accepted == 4)
    open.removeLast()
    #expect(try waiting.answer().status == 200)
  }

  /// Sends a byte now and then until something is so, or the server has closed.
  private func drip(_ byte: String, to client: RawClient, until isSo: () -> Bool) throws {
    _ = eventually {
      try? client.send(byte)
      WorkThread.sleep(.milliseconds(20))
      return isSo()
    }
  }
}
