import Core
import Handover
import JSON
import POSIX

/// Answers on a replica's control socket.
///
/// The requests are `{"do": "status"}`, `{"do": "accept"}` and `{"do": "listener"}`; the answers
/// are `{"result": ...}` or `{"error": reason}`.
struct ReplicaControl: Sendable {
  /// How often the thread looks whether the service has ended.
  static let tick: Duration = .milliseconds(200)

  let revision: String
  let state: ServiceState
  /// The listening socket to pass along.
  let listener: Int32
  /// Begins to accept clients; throws the reason where that fails.
  let accept: @Sendable () throws -> Void

  func answer(_ request: JSONValue) -> ControlReply {
    switch request["do"]?.text {
    case "status": return ControlReply(["result": status])
    case "accept":
      if state.stage == .starting {
        return .refusal("not ready: \(state.problem ?? "starting")")
      }
      if state.stage == .leaving { return .refusal("it is leaving") }
      do {
        try accept()
        return ControlReply(["result": status])
      } catch {
        return .refusal("\(error)")
      }
    case "listener": return ControlReply(["result": [:]], descriptor: listener)
    default: return .refusal("not a request that a replica knows: status, accept, listener")
    }
  }

  private var status: JSONValue {
    [
      "state": .string(state.stage.rawValue),
      "pid": .integer(Int64(ProcessInfo.identifier)),
      "revision": .string(revision),
      "version": .string(Version.current),
      "problem": state.problem.map { .string($0) } ?? .null,
    ]
  }
}
