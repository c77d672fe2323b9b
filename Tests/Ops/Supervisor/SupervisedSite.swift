import Core
import Handover
import JSON
import Logging
import POSIX
import Synchronization
import TestSupport

@testable import Ops

/// A local environment of one test, with replicas that stand in for the service.
final class SupervisedSite: Sendable {
  let directory = TemporaryDirectory()
  let paths: LocalPaths
  let program: String
  let log = MemorySink()

  init() throws {
    paths = LocalPaths(root: directory.path)
    try paths.make()
    program = directory.file("replica.py")
    try File.copy(Path.parent(of: #filePath) + "/replica.py", to: program, mode: 0o755)
  }

  /// What a supervisor is told by others while it runs.
  final class Life: Sendable {
    fileprivate let isUp = Atomic(false)
    fileprivate let shouldPause = Atomic(false)
    fileprivate let isPaused = Atomic(false)
    fileprivate let isOver = Atomic(false)
    fileprivate let boundPort = Atomic(0)

    /// The port that the supervisor holds open.
    var port: Int { boundPort.load(ordering: .acquiring) }

    /// Makes the supervisor do nothing any more, as if it had been killed.
    func freeze() throws {
      shouldPause.store(true, ordering: .releasing)
      try Crowd.wait { isPaused.load(ordering: .acquiring) }
    }
  }

  /// Runs a supervisor while `body` talks to it, until it has stopped, or `body` is over.
  ///
  /// Its children end with it at the latest: a test leaves no process behind.
  func supervising(_ body: @escaping @Sendable (Life) throws -> Void) throws {
    let life = Life()
    try Crowd.run(2) { [self] index in
      if index == 0 {
        try supervise(life)
      } else {
        defer {
          life.shouldPause.store(true, ordering: .releasing)
          life.isOver.store(true, ordering: .releasing)
        }
        try Crowd.wait { life.isUp.load(ordering: .acquiring) }
        try body(life)
      }
    }
  }

  private func supervise(_ life: Life) throws {
    defer { life.isUp.store(true, ordering: .releasing) }
    let start = try SupervisorStart(paths: paths, host: "127.0.0.1", port: 0)
    life.boundPort.store(ListeningSocket.port(of: start.listener) ?? 0, ordering: .releasing)
    let supervisor = try Supervisor(
      paths: paths, start: start, signals: SignalReader([]),
      logger: Logger(level: .debug, format: .text, sink: log))
    life.isUp.store(true, ordering: .releasing)
    while !life.shouldPause.load(ordering: .acquiring), !supervisor.isDone {
      try supervisor.step()
    }
    life.isPaused.store(true, ordering: .releasing)
    while !life.isOver.load(ordering: .acquiring) { WorkThread.sleep(.milliseconds(20)) }
    withExtendedLifetime(supervisor) {}
  }

  func set(
    _ revision: String, count: Int = 1, environment: [String: String] = [:],
    leaveTimeout: Duration = .seconds(30), program: String? = nil
  ) -> ReplicaSet {
    ReplicaSet(
      revision: revision, program: program ?? self.program, environment: environment, count: count,
      leaveTimeout: leaveTimeout, stage: .candidate)
  }

  /// Gives the supervisor an order and takes its status; throws `refused` where it refuses.
  @discardableResult
  func order(_ kind: SupervisorRequest.Kind, fence: Int64 = 1) throws -> JSONValue {
    try send(SupervisorRequest(kind, fence: fence).json)
  }

  /// Sends the supervisor any message and takes the result.
  @discardableResult
  func send(_ request: JSONValue) throws -> JSONValue {
    let reply = try ControlClient.ask(
      paths.supervisorSocket, request, deadline: .after(.seconds(30)))
    return reply.value["result"] ?? .null
  }

  /// A replica as the supervisor tells it.
  struct Seen: Sendable, Equatable {
    let name: String
    let state: String
    let process: Int32
    let end: String?
  }

  /// The replicas now.
  func replicas() throws -> [Seen] {
    try (order(.status)["replicas"]?.elements ?? []).map { json in
      Seen(
        name: json["name"]?.text ?? "", state: json["state"]?.text ?? "",
        process: Int32(clamping: json["pid"]?.number ?? 0), end: json["end"]?.text)
    }
  }

  /// Waits until the replicas are in these states, in their order, and gives them.
  @discardableResult
  func wait(for states: [String]) throws -> [Seen] {
    var seen: [Seen] = []
    try Crowd.wait {
      seen = try replicas()
      return seen.map(\.state) == states
    }
    return seen
  }

  /// Starts a set and lets it accept clients.
  @discardableResult
  func serve(_ set: ReplicaSet, fence: Int64 = 1) throws -> [Seen] {
    try order(.start(set), fence: fence)
    try wait(for: Array(repeating: "ready", count: set.count))
    try order(.admit(set.revision), fence: fence)
    return try wait(for: Array(repeating: "accepting", count: set.count))
  }

  /// Ends everything and waits until it is gone.
  func stop(fence: Int64 = 1) throws {
    try order(.stop, fence: fence)
    try wait(for: [])
  }
}
