import Core
import HTTPServer
import Handover
import POSIX
import Synchronization
import Testing

/// A server on a free port of the loopback interface, and what its hooks saw.
final class TestServer {
  let server: Server
  let port: Int
  let seen: Seen

  /// What the hooks recorded.
  final class Seen: Sendable {
    struct Entry: Sendable, Equatable {
      let method: String
      let target: String
      let template: String
      let status: Int
      let bodyBytes: Int
      let isWhole: Bool
    }

    let entries = Guarded<[Entry]>([])

    /// Waits for an entry that fits.
    func first(_ fits: (Entry) -> Bool) -> Entry? {
      let deadline = Deadline.after(RawClient.patience)
      while !deadline.hasPassed {
        if let entry = entries.withLock({ $0.first(where: fits) }) { return entry }
        WorkThread.sleep(.milliseconds(2))
      }
      return nil
    }
  }

  init(
    _ routes: [Route], configure: (inout ServerConfiguration) -> Void = { _ in },
    adapt: (inout Hooks) -> Void = { _ in }
  ) throws {
    var configuration = ServerConfiguration()
    configuration.drainDelay = .milliseconds(200)
    configure(&configuration)
    let seen = Seen()
    self.seen = seen
    var hooks = Hooks()
    hooks.prepare = { $0.context.requestID = $0.headers["X-Request-Id"] ?? "made" }
    hooks.finish = { $1.headers.append("X-Request-Id", $0.context.requestID) }
    hooks.completed = { request, completion in
      let entry = Seen.Entry(
        method: request.method.rawValue, target: request.rawTarget,
        template: request.route.template, status: completion.status,
        bodyBytes: completion.bodyBytes, isWhole: completion.isWhole)
      seen.entries.withLock { $0.append(entry) }
    }
    adapt(&hooks)
    let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let bound = ListeningSocket.port(of: socket)
    port = try #require(bound)
    server = Server(configuration, hooks: hooks)
    try server.start(listeners: [Listener("http", socket: socket, router: Router(routes))])
    try server.accept()
  }

  deinit { server.stop() }

  func client() throws -> RawClient { try RawClient(port: port) }

  /// One request on a connection of its own.
  func request(_ line: String, _ headers: String = "", body: String = "") throws -> RawClient.Answer
  {
    try client().request(line, headers, body: body)
  }
}

/// Waits until something is so; false when it did not become so in time.
func eventually(_ isSo: () throws -> Bool) rethrows -> Bool {
  let deadline = Deadline.after(RawClient.patience)
  while !deadline.hasPassed {
    if try isSo() { return true }
    WorkThread.sleep(.milliseconds(2))
  }
  return false
}

/// A door that handlers wait at.
final class Gate: Sendable {
  private let isOpen = Atomic<Bool>(false)
  let waiting = Atomic<Int>(0)

  func open() { isOpen.store(true, ordering: .releasing) }

  func wait() {
    waiting.add(1, ordering: .acquiringAndReleasing)
    _ = eventually { isOpen.load(ordering: .acquiring) }
  }
}
