import Core
import Handover
import JSON
import POSIX
import Subprocess

/// What a supervisor says of itself and of what it runs.
struct SupervisorStatus: Sendable, Equatable {
  struct ReplicaStatus: Sendable, Equatable {
    let name: String
    let revision: String
    let state: Replica.State
    let process: Int32
    let restarts: Int
    let end: String?
  }

  struct SetStatus: Sendable, Equatable {
    let revision: String
    let stage: ReplicaSet.Stage
    let count: Int
  }

  let process: Int32
  let sets: [SetStatus]
  let replicas: [ReplicaStatus]

  func set(_ revision: String) -> SetStatus? { sets.first { $0.revision == revision } }
  func replicas(of revision: String) -> [ReplicaStatus] {
    replicas.filter { $0.revision == revision }
  }

  init?(_ json: JSONValue) {
    guard let process = json["pid"]?.number, let sets = json["sets"]?.elements,
      let replicas = json["replicas"]?.elements
    else { return nil }
    self.process = Int32(clamping: process)
    self.sets = sets.compactMap { set in
      guard let revision = set["revision"]?.text, let count = set["count"]?.number,
        let stage = set["stage"]?.text.flatMap(ReplicaSet.Stage.init(rawValue:))
      else { return nil }
      return SetStatus(revision: revision, stage: stage, count: Int(clamping: count))
    }
    self.replicas = replicas.compactMap { replica in
      guard let name = replica["name"]?.text, let revision = replica["revision"]?.text,
        let state = replica["state"]?.text.flatMap(Replica.State.init(rawValue:)),
        let process = replica["pid"]?.number, let restarts = replica["restarts"]?.number
      else { return nil }
      return ReplicaStatus(
        name: name, revision: revision, state: state, process: Int32(clamping: process),
        restarts: Int(clamping: restarts), end: replica["end"]?.text)
    }
  }
}

/// Speaks to the supervisor of a local environment, and starts one where none runs.
struct SupervisorClient: Sendable {
  /// How long a new supervisor may take to answer.
  static let startTimeout: Duration = .seconds(10)
  private static let pause: Duration = .milliseconds(20)

  let paths: LocalPaths
  let host: String
  let port: Int

  /// What the supervisor says, nil where none answers.
  func status() -> SupervisorStatus? {
    try? ask(SupervisorRequest(.status))
  }

  /// Sends a request; what it changes is in the answer already.
  @discardableResult
  func ask(_ request: SupervisorRequest) throws -> SupervisorStatus {
    let reply = try ControlClient.ask(paths.supervisorSocket, request.json)
    guard let status = reply.value["result"].flatMap(SupervisorStatus.init) else {
      throw ControlError.malformed(path: paths.supervisorSocket, detail: "not a status")
    }
    return status
  }

  /// The status of the supervisor that runs, or of one that is started now.
  ///
  /// A new one takes over the replicas and the socket of one that died.
  func ensureRunning() throws -> SupervisorStatus {
    if let status = status() { return status }
    let log = try File.open(paths.supervisorLog, .append, mode: File.ownerOnly)
    let process = try Subprocess.Command(
      ProcessInfo.executablePath,
      ["supervise", "--root", paths.root, "--host", host, "--port", String(port)],
      output: .descriptor(log.rawValue), errorOutput: .descriptor(log.rawValue), group: .session
    ).spawnDetached()
    let deadline = Deadline.after(Self.startTimeout)
    while !deadline.hasPassed {
      if let status = status() { return status }
      if Self.hasEnded(process) { break }
      WorkThread.sleep(Self.pause)
    }
    if let status = status() { return status }
    let words = ReplicaLogs.tail(paths.supervisorLog, lines: 1).first ?? "it said nothing"
    throw PhaseFailure("the supervisor did not start: \(words)")
  }

  private static func hasEnded(_ process: Int32) -> Bool {
    guard let handle = try? ProcessHandle(process) else { return true }
    return handle.hasEnded
  }
}
