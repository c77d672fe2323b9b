import Core
import HTTPServer
import POSIX
import Synchronization
import Testing

@Suite struct Workers {
  static func routes(_ gate: Gate) -> [Route] {
    Basics.routes + [
      Route(.get, "/wait", .worker) { _ in
        gate.wait()
        return .text("waited\n")
      },
      Route(.get, "/impatient", .worker, requestTimeout: .milliseconds(100)) { _ in
        gate.wait()
        return .text("waited\n")
      },
      Route(.get, "/problem", .worker) { _ in
        throw Problem(
          status: 409, type: "/problems/taken", title: "Taken", detail: "It is taken.",
          errors: [.init(pointer: "#/name", detail: "is \"taken\"")],
          headers: [.init("Retry-After", "7")])
      },
      Route(.get, "/error", .inline) { _ in throw ServerError.thread(SystemError("x", code: 5)) },
    ]
  }

  @Test func aWaitingHandlerDelaysNoInlineOne() throws {
    let gate = Gate()
    let server = try TestServer(Self.routes(gate)) { $0.workers = 2 }
    let waiting = try (0..<8).map { _ in
      let client = try server.client()
      try client.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
      return client
    }
    #expect(eventually { gate.waiting.load(ordering: .acquiring) == 2 })
    #expect(eventually { server.server.statistics.queued == 6 })
    for _ in 0..<20 { #expect(try server.request("GET /livez").status == 200) }
    gate.open()
    for client in waiting { #expect(try client.answer().text == "waited\n") }
  }

  @Test func aLaneThatIsFullHoldsUpNobodyElse() throws {
    let gate = Gate()
    let lane = Lane("slow", workers: 2, queueMax: 3)
    let routes = [
      Route(.get, "/lane", .lane(lane)) { _ in
        gate.wait()
        return .text("waited\n")
      },
      Route(.get, "/worker", .worker) { _ in .text("worked\n") },
    ]
    let server = try TestServer(routes) { $0.workers = 1 }
    let ask = {
      let client = try server.client()
      try client.send("GET /lane HTTP/1.1\r\nHost: t\r\n\r\n")
      return client
    }
    let busy = try (0..<2).map { _ in try ask() }
    #expect(eventually { server.server.statistics.lanes.first?.busyWorkers == 2 })
    let queued = try (0..<3).map { _ in try ask() }
    #expect(eventually { server.server.statistics.lanes.first?.queued == 3 })
    #expect(try server.request("GET /lane").status == 503)
    #expect(server.server.statistics.lanes.first?.refusals == 1)
    for _ in 0..<20 { #expect(try server.request("GET /worker").status == 200) }
    #expect(server.server.statistics.queued == 0)
    gate.open()
    for client in busy + queued { #expect(try client.answer().text == "waited\n") }
    #expect(server.server.statistics.lanes.map(\.name) == ["slow"])
  }

  @Test func oneMoreThanTheQueueHoldsIsToldToComeBack() throws {
    let gate = Gate()
    let server = try TestServer(Self.routes(gate)) {
      $0.workers = 1
      $0.workerQueueMax = 2
      $0.retryAfter = .seconds(3)
    }
    let first = try server.client()
    try first.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(eventually { server.server.statistics.busyWorkers == 1 })
    let queued = try (0..<2).map { _ in
      let client = try server.client()
      try client.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
      return client
    }
    #expect(eventually { server.server.statistics.queued == 2 })
    let client = try server.client()
    let answer = try client.request("GET /wait")
    #expect(answer.status == 503)
    #expect(answer.headers["retry-after"] == "3")
    #expect(try client.request("GET /livez").status == 200)
    gate.open()
    for client in [first] + queued { #expect(try client.answer().status == 200) }
    #expect(server.server.statistics.refusals == [.queueFull: 1])
  }

  @Test func whoWaitedTooLongForAWorkerIsNotServedAnyMore() throws {
    let gate = Gate()
    let server = try TestServer(Self.routes(gate)) {
      $0.workers = 1
      $0.handlerGrace = .seconds(60)
    }
    let first = try server.client()
    try first.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(eventually { server.server.statistics.busyWorkers == 1 })
    let late = try server.client()
    try late.send("GET /impatient HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(eventually { server.server.statistics.queued == 1 })
    WorkThread.sleep(.milliseconds(150))
    gate.open()
    #expect(try late.answer().status == 503)
    #expect(server.server.statistics.refusals == [.queueTimeout: 1])
    #expect(gate.waiting.load(ordering: .acquiring) == 1)
  }

  @Test func aHandlerThatHangsCostsItsClientNoMoreThanTheDeadline() throws {
    let gate = Gate()
    let server = try TestServer(Self.routes(gate)) { $0.handlerGrace = .milliseconds(100) }
    let client = try server.client()
    let answer = try client.request("GET /impatient")
    #expect(answer.status == 503)
    #expect(server.server.statistics.refusals == [.handlerTimeout: 1])
    // The connection goes on, and the handler's late answer goes nowhere.
    gate.open()
    #expect(eventually { server.server.statistics.busyWorkers == 0 })
    #expect(try client.request("GET /livez").text == "ok\n")
  }

  @Test func aClientMayLeaveWhileItsRequestIsWorkedOn() throws {
    let gate = Gate()
    let server = try TestServer(Self.routes(gate)) { $0.workers = 4 }
    for _ in 0..<4 {
      let client = try server.client()
      try client.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
    }
    #expect(eventually { gate.waiting.load(ordering: .acquiring) == 4 })
    gate.open()
    #expect(eventually { server.server.statistics.connections == 0 })
    #expect(server.server.statistics.activeRequests == 0)
    #expect(try server.request("GET /wait").text == "waited\n")
  }

  @Test func aThrownProblemIsTheAnswer() throws {
    let gate = Gate()
    let server = try TestServer(Self.routes(gate))
    let answer = try server.request("GET /problem?x=1")
    #expect(answer.status == 409)
    #expect(answer.headers["retry-after"] == "7")
    #expect(answer.headers["content-type"] == "application/problem+json")
    #expect(
      answer.text
        == #"{"type":"/problems/taken","title":"Taken","status":409,"detail":"It is taken.","#
        + ##""instance":"/problem","errors":[{"pointer":"#/name","detail":"is \"taken\""}]}"##)
  }

  @Test func anyOtherErrorIsRenderedByTheService() throws {
    let gate = Gate()
    let server = try TestServer(Self.routes(gate)) { _ in
    } adapt: { hooks in
      hooks.render = { _, request in .text("at \(request.path)", status: 500) }
    }
    #expect(try server.request("GET /error").text == "at /error")
    let plain = try TestServer(Self.routes(gate))
    #expect(try plain.request("GET /error").status == 500)
  }
}
