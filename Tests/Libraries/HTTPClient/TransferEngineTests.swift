import Core
import HTTPClient
import TestSupport
import Testing

@Suite struct TransferEngineTests {
  /// Runs `engine` until `count` exchanges are over.
  private func collect(
    _ engine: inout TransferEngine, _ count: Int
  ) -> [UInt64: Result<HTTPResponse, HTTPClientError>] {
    var results: [UInt64: Result<HTTPResponse, HTTPClientError>] = [:]
    let deadline = Deadline.after(.seconds(60))
    while results.count < count, !deadline.hasPassed {
      for completion in engine.run(deadline) { results[completion.token] = completion.result }
    }
    return results
  }

  private func kind(_ result: Result<HTTPResponse, HTTPClientError>?) -> HTTPClientError.Kind? {
    if case .failure(let error) = result { error.kind } else { nil }
  }

  @Test func manyExchangesRunAtOnceOnOneThread() throws {
    let server = try RawServer {
      .delayed(.milliseconds(300), RawServer.text(200, String($0.head.prefix(12))))
    }
    var engine = try TransferEngine()
    for number in 0..<50 {
      try engine.start(HTTPRequest(server.url + "/\(100 + number)"), token: UInt64(number))
    }
    #expect(engine.inFlight == 50)
    let results = collect(&engine, 50)
    #expect(results.count == 50)
    #expect(server.connections == 50)
    for (token, result) in results {
      #expect(try result.get().text == "GET /\(100 + token) HTTP".prefix(12).description)
    }
    #expect(engine.inFlight == 0)
  }

  @Test func aSlowExchangeDelaysNoOther() throws {
    let server = try RawServer { $0.head.hasPrefix("GET /hang") ? .hang : .response() }
    var engine = try TransferEngine()
    try engine.start(
      HTTPRequest(server.url + "/hang", deadline: .after(.milliseconds(500))), token: 1)
    try engine.start(HTTPRequest(server.url + "/fast"), token: 2)
    let first = engine.run(.after(.seconds(30)))
    #expect(first.map(\.token) == [2])
    #expect(kind(collect(&engine, 1)[1]) == .timeout)
  }

  @Test func aWaitWithoutExchangesEndsAtItsDeadline() throws {
    var engine = try TransferEngine()
    #expect(engine.run(.after(.milliseconds(10))).isEmpty)
  }

  @Test func lanesKeepConnectionsOfTheirOwn() throws {
    let server = try RawServer { _ in .response() }
    var engine = try TransferEngine(lanes: 3)
    for number in 0..<12 {
      try engine.start(HTTPRequest(server.url), token: UInt64(number), lane: number % 3)
      _ = collect(&engine, 1)
    }
    #expect(server.connections == 3)
    #expect(server.requests == 12)
  }

  @Test func ofConnectionsThatAreUsedAtOnceALaneKeepsOne() throws {
    let server = try RawServer { _ in .delayed(.milliseconds(200), RawServer.text(200, "ok")) }
    var engine = try TransferEngine()
    for number in 0..<3 { try engine.start(HTTPRequest(server.url), token: UInt64(number)) }
    #expect(collect(&engine, 3).count == 3)
    #expect(server.connections == 3)
    // One after another from now on: what is used is what was kept, whatever else was opened.
    for number in 3..<9 {
      try engine.start(HTTPRequest(server.url), token: UInt64(number))
      #expect(try collect(&engine, 1)[UInt64(number)]?.get().isSuccess == true)
    }
    for number in 9..<11 { try engine.start(HTTPRequest(server.url), token: UInt64(number)) }
    #expect(collect(&engine, 2).count == 2)
    // Had the two others been kept as well, none would have been opened for these.
    #expect(server.connections == 4)
  }

  @Test func aKeptConnectionThatDiesUnderARequestIsALossWhereResendingIsOff() throws {
    let server = try RawServer { $0.number == 0 ? .response() : .close("") }
    var engine = try TransferEngine()
    var request = HTTPRequest(server.url)
    request.resendsOnDeadConnection = false
    try engine.start(request, token: 1)
    _ = collect(&engine, 1)
    try engine.start(request, token: 2)
    #expect(kind(collect(&engine, 1)[2]) == .cut)
    #expect(server.requests == 2)
  }

  @Test func anEngineThatGoesAwayLeavesItsExchanges() throws {
    let server = try RawServer { _ in .hang }
    do {
      var engine = try TransferEngine()
      try engine.start(HTTPRequest(server.url), token: 1)
      _ = engine.run(.after(.milliseconds(50)))
      #expect(engine.inFlight == 1)
    }
    let another = try RawServer { _ in .response() }
    #expect(try HTTPClient().send(HTTPRequest(another.url)).isSuccess)
  }
}
