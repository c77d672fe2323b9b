import Core
import HTTPServer
import Handover
import POSIX
import Synchronization
import Testing

@Suite struct Drains {
  /// Runs a drain on a thread of its own.
  final class Drain: Sendable {
    private let result = Guarded<Server.DrainOutcome?>(nil)

    init(_ server: Server, timeout: Duration = .seconds(30)) throws {
      try WorkThread.detach("drain") { [self] in
        let outcome = server.drain(timeout: timeout)
        result.withLock { $0 = outcome }
      }
    }

    var outcome: Server.DrainOutcome? { result.withLock { $0 } }

    func wait() -> Server.DrainOutcome? {
      _ = eventually { outcome != nil }
      return outcome
    }
  }

  @Test func aDrainingServerClosesAfterEachAnswerAndStillAccepts() throws {
    let server = try TestServer(Basics.routes) { $0.drainDelay = .seconds(3) }
    let kept = try server.client()
    #expect(try kept.request("GET /livez").headers["connection"] == nil)
    let drain = try Drain(server.server)
    #expect(
      try eventually { try server.request("GET /livez").headers["connection"] == "close" })
    // The other event thread may notice a moment later.
    #expect(try eventually { try kept.request("GET /livez").headers["connection"] == "close" })
    #expect(try kept.isClosed())
    #expect(drain.wait() == .complete)
  }

  @Test func whatIsUnderWayIsFinished() throws {
    let gate = Gate()
    let server = try TestServer(Workers.routes(gate)) { $0.drainDelay = .milliseconds(50) }
    let waiting = try (0..<8).map { _ in
      let client = try server.client()
      try client.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
      return client
    }
    let half = try server.client()
    try half.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhe")
    #expect(eventually { gate.waiting.load(ordering: .acquiring) == 8 })
    let drain = try Drain(server.server)
    WorkThread.sleep(.milliseconds(300))
    #expect(drain.outcome == nil)
    gate.open()
    try half.send("llo")
    #expect(try half.answer().text == "hello")
    for client in waiting { #expect(try client.answer().text == "waited\n") }
    #expect(drain.wait() == .complete)
  }

  @Test func noRequestIsLostWhileAnotherTakesOver() throws {
    let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let port = ListeningSocket.port(of: socket) ?? 0
    let stop = Atomic<Bool>(false)
    let answered = Atomic<Int>(0)
    let failures = Guarded<[String]>([])
    var old = try Self.replica(socket)
    let load = try (0..<8).map { number in
      JoinedThread(
        try WorkThread.start("load-\(number)") {
          Self.load(port, number, stop, answered, failures)
        })
    }
    for _ in 0..<6 {
      let next = try Self.replica(socket)
      #expect(old.drain(delay: .milliseconds(150), timeout: .seconds(30)) == .complete)
      old = next
    }
    stop.store(true, ordering: .releasing)
    for thread in load { thread.join() }
    old.stop()
    #expect(failures.withLock { $0 } == [])
    #expect(answered.load(ordering: .acquiring) > 100)
  }

  @Test func connectionsThatStayAreCutInTheEnd() throws {
    let gate = Gate()
    let server = try TestServer(Workers.routes(gate)) { $0.drainDelay = .zero }
    let idle = try server.client()
    #expect(try idle.request("GET /livez").status == 200)
    let stuck = try server.client()
    try stuck.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(eventually { gate.waiting.load(ordering: .acquiring) == 1 })
    #expect(server.server.drain(timeout: .milliseconds(200)) == .cut(connections: 2))
    #expect(try idle.isClosed())
    _ = try stuck.readToEnd()
    gate.open()
  }

  @Test func aStopCutsADrainShort() throws {
    let server = try TestServer(Basics.routes) { $0.drainDelay = .seconds(600) }
    let drain = try Drain(server.server)
    server.server.stop()
    #expect(drain.wait() != nil)
  }

  @Test func operatorsAreServedUntilTheEnd() throws {
    let gate = Gate()
    let configuration = ServerConfiguration()
    let server = Server(configuration)
    let serving = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let admin = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let ports = [ListeningSocket.port(of: serving) ?? 0, ListeningSocket.port(of: admin) ?? 0]
    try server.start(listeners: [
      Listener("http", socket: serving, router: Router(Workers.routes(gate))),
      Listener("admin", socket: admin, router: Router(Basics.routes), role: .admin),
    ])
    try server.accept()
    let client = try RawClient(port: ports[0])
    try client.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(eventually { gate.waiting.load(ordering: .acquiring) == 1 })
    let drain = try Drain(server)
    let watcher = try RawClient(port: ports[1])
    for _ in 0..<20 {
      #expect(try watcher.request("GET /livez").headers["connection"] == nil)
      WorkThread.sleep(.milliseconds(60))
    }
    #expect(drain.outcome == nil)
    gate.open()
    #expect(try client.answer().text == "waited\n")
    #expect(drain.wait() == .complete)
    #expect(try watcher.isClosed())
  }

  @Test func aServerThatHasNotAcceptedYetLetsClientsWait() throws {
    let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let port = ListeningSocket.port(of: socket) ?? 0
    let server = Server()
    try server.start(listeners: [
      Listener("http", socket: socket, router: Router(Basics.routes))
    ])
    let client = try RawClient(port: port)
    try client.send("GET /livez HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(server.statistics.accepted == 0)
    try server.accept()
    #expect(try client.answer().text == "ok\n")
    server.stop()
  }

  @Test func aServerThatNeverAcceptedGivesItsSocketBack() throws {
    let server = Server()
    var port = 0
    do {
      let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
      port = ListeningSocket.port(of: socket) ?? 0
      try server.start(listeners: [
        Listener("http", socket: socket, router: Router(Basics.routes))
      ])
    }
    server.stop()
    server.stop()
    #expect(server.statistics.connections == 0)
    #expect(port > 0)
  }

  @Test func aUnixSocketIsServedToo() throws {
    let path = "/tmp/slipway-\(ProcessInfo.identifier).sock"
    let socket = try ListeningSocket.unix(path: path)
    let server = Server()
    let address = Route(.get, "/address", .inline) { .text($0.remoteAddress) }
    try server.start(listeners: [
      Listener("control", socket: socket, router: Router([address]), role: .admin)
    ])
    try server.accept()
    let client = RawClient(try UnixSocket.connect(path: path, kind: .stream))
    #expect(try client.request("GET /address").text == "unix")
    server.stop()
    try File.remove(path)
  }

  private static func replica(_ socket: borrowing FileDescriptor) throws -> Server {
    let server = Server()
    let shared = try socket.duplicate()
    try server.start(listeners: [
      Listener("http", socket: shared, router: Router(Basics.routes))
    ])
    try server.accept()
    return server
  }

  /// Odd clients keep their connection as long as they may, even ones take a new one each time.
  private static func load(
    _ port: Int, _ number: Int, _ stop: borrowing Atomic<Bool>, _ answered: borrowing Atomic<Int>,
    _ failures: borrowing Guarded<[String]>
  ) {
    var client: RawClient?
    while !stop.load(ordering: .acquiring) {
      do {
        let current = try client ?? RawClient(port: port)
        let path = number < 4 ? "/livez" : "/slow"
        let answer = try current.request("GET \(path)")
        if answer.status != 200 { failures.withLock { $0.append("status \(answer.status)") } }
        answered.add(1, ordering: .relaxed)
        let mustClose = answer.headers["connection"] == "close" || number % 2 == 0
        client = mustClose ? nil : current
      } catch {
        failures.withLock { $0.append("\(error)") }
        client = nil
      }
    }
  }
}

/// A thread of a test, joined once.
final class JoinedThread: Sendable {
  private let handle: Guarded<WorkThread.Handle?>

  init(_ handle: consuming sending WorkThread.Handle) { self.handle = Guarded(consume handle) }

  func join() {
    if let handle = handle.withLock({ $0.take() }) { handle.join() }
  }
}
