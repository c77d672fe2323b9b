import Core
import JSON

/// How a process ended.
enum ProcessEnd: Sendable, Equatable, CustomStringConvertible {
  /// It exited with a code.
  case exit(Int32)
  /// A signal ended it.
  case signal(Int32)
  /// It is gone; it was no child of this process, so nobody knows how.
  case unknown
  /// It could not be started.
  case notStarted(String)

  var description: String {
    switch self {
    case .exit(let code): "exit \(code)"
    case .signal(let number): "signal \(number)"
    case .unknown: "gone"
    case .notStarted(let reason): "not started: \(reason)"
    }
  }

  /// Whether it ended as one that was asked to.
  var isClean: Bool { self == .exit(0) }
}

/// One process of a replica set.
struct Replica: Sendable, Equatable {
  /// What the replica was seen to be.
  enum State: String, Sendable {
    /// Started; it has not said that it is ready.
    case starting
    /// Ready, and accepts no client.
    case ready
    /// Accepts clients.
    case accepting
    /// Asked to end.
    case leaving
    /// Killed, because it did not end by itself.
    case killed
    /// Ended.
    case ended
  }

  /// Names its sockets and its log: `REVISION-INDEX`.
  let name: String
  /// The set it belongs to.
  let revision: String
  /// Its place in the set, from 0.
  let index: Int
  /// What it was seen to be.
  var state: State
  /// Its process, 0 where none runs.
  var process: Int32
  /// When it was started, on the supervisor's clock.
  var startedAt: Duration
  /// When it was asked to leave, on the supervisor's clock.
  var leftAt: Duration?
  /// How often it was started again in a row without staying up.
  var restarts: Int
  /// How it ended last.
  var end: ProcessEnd?

  /// A replica before its start.
  init(revision: String, index: Int, at now: Duration) {
    self.name = "\(revision)-\(index)"
    self.revision = revision
    self.index = index
    self.state = .starting
    self.process = 0
    self.startedAt = now
    self.restarts = 0
  }
}

extension Replica {
  /// The replica as the supervisor's state file and its socket carry it.
  var json: JSONValue {
    [
      "name": .string(name),
      "revision": .string(revision),
      "index": .integer(Int64(index)),
      "state": .string(state.rawValue),
      "pid": .integer(Int64(process)),
      "restarts": .integer(Int64(restarts)),
      "end": end.map { .string($0.description) } ?? .null,
    ]
  }
}
