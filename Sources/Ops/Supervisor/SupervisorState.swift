import Core
import Handover
import JSON
import POSIX

/// A request to the supervisor, as its socket carries it.
struct SupervisorRequest: Sendable {
  enum Kind: Sendable {
    case status
    case start(ReplicaSet)
    case admit(String)
    case dismiss(String)
    case stop
  }

  let kind: Kind
  /// The number of the rollout that asks; nil for what changes nothing.
  let fence: Int64?

  init(_ kind: Kind, fence: Int64? = nil) {
    self.kind = kind
    self.fence = fence
  }

  /// Reads a request; what changes something must carry a number.
  init?(_ json: JSONValue) {
    let revision = json["revision"]?.text
    switch (json["do"]?.text, revision) {
    case ("status", _): self.init(.status)
    case ("start", _):
      guard let set = json["set"].flatMap(ReplicaSet.init), let fence = json["fence"]?.number
      else { return nil }
      self.init(.start(set), fence: fence)
    case ("admit", let revision?):
      guard let fence = json["fence"]?.number else { return nil }
      self.init(.admit(revision), fence: fence)
    case ("dismiss", let revision?):
      guard let fence = json["fence"]?.number else { return nil }
      self.init(.dismiss(revision), fence: fence)
    case ("stop", _):
      guard let fence = json["fence"]?.number else { return nil }
      self.init(.stop, fence: fence)
    default: return nil
    }
  }

  var json: JSONValue {
    var members: [JSONMember] =
      switch kind {
      case .status: [JSONMember("do", "status")]
      case .start(let set): [JSONMember("do", "start"), JSONMember("set", set.json)]
      case .admit(let revision):
        [JSONMember("do", "admit"), JSONMember("revision", .string(revision))]
      case .dismiss(let revision):
        [JSONMember("do", "dismiss"), JSONMember("revision", .string(revision))]
      case .stop: [JSONMember("do", "stop")]
      }
    if let fence { members.append(JSONMember("fence", .integer(fence))) }
    return .object(members)
  }
}

/// What a supervisor leaves on the disk for the one after it.
struct SupervisorState: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    let replica: Replica
    /// When its process started, in ticks since the boot: a number may come to mean another one.
    let startTick: UInt64
  }

  let fence: Int64
  let sets: [ReplicaSet]
  let replicas: [Entry]

  var json: JSONValue {
    [
      "fence": .integer(fence), "sets": .array(sets.map(\.json)),
      "replicas": .array(
        replicas.map { entry in
          [
            "revision": .string(entry.replica.revision),
            "index": .integer(Int64(entry.replica.index)),
            "pid": .integer(Int64(entry.replica.process)),
            "startTick": .integer(Int64(clamping: entry.startTick)),
            "state": .string(entry.replica.state.rawValue),
          ]
        }),
    ]
  }

  init(fence: Int64, sets: [ReplicaSet], replicas: [Entry]) {
    self.fence = fence
    self.sets = sets
    self.replicas = replicas
  }

  init?(_ json: JSONValue) {
    guard let fence = json["fence"]?.number, let sets = json["sets"]?.elements,
      let replicas = json["replicas"]?.elements
    else { return nil }
    self.init(
      fence: fence, sets: sets.compactMap(ReplicaSet.init),
      replicas: replicas.compactMap { entry in
        guard let revision = entry["revision"]?.text, let index = entry["index"]?.number,
          let process = entry["pid"]?.number, let tick = entry["startTick"]?.number,
          let state = entry["state"]?.text.flatMap(Replica.State.init(rawValue:))
        else { return nil }
        var replica = Replica(revision: revision, index: Int(clamping: index), at: .zero)
        replica.process = Int32(clamping: process)
        replica.state = state
        return Entry(replica: replica, startTick: UInt64(clamping: tick))
      })
  }
}

extension SupervisorState {
  /// What the last supervisor left, nil where that is nothing.
  static func load(_ paths: LocalPaths) -> SupervisorState? {
    (try? File.read(paths.supervisorState)).flatMap { try? JSONReader.read($0) }
      .flatMap(SupervisorState.init)
  }
}

/// What a supervisor begins with.
struct SupervisorStart: ~Copyable {
  let listener: FileDescriptor
  let machine: SupervisorMachine
  let processes: [String: any WatchedProcess]
  /// The highest number that gave orders; it outlives the supervisor that heard it.
  let fence: Int64

  /// How long a replica may take to hand over the listening socket.
  private static let handoverTimeout: Duration = .seconds(1)

  /// Takes up what a former supervisor left running, or begins anew on `host:port`.
  ///
  /// The socket comes from a replica that has it, so that no client is ever refused.
  init(paths: LocalPaths, host: String, port: Int) throws(SystemError) {
    let former = SupervisorState.load(paths)
    var processes: [String: any WatchedProcess] = [:]
    var replicas: [Replica] = []
    var listener: FileDescriptor?
    for entry in former?.replicas ?? [] {
      var replica = entry.replica
      if let process = AdoptedProcess(replica.process, startedAtTick: entry.startTick) {
        processes[replica.name] = process
        if replica.state == .leaving || replica.state == .killed {
          // It was asked already, and a second request would cut what it is finishing.
          (replica.state, replica.leftAt) = (.leaving, .zero)
        } else {
          // It says itself what it is by now; until then it counts as starting.
          replica.state = .starting
        }
        if listener == nil { listener = Self.askForListener(paths.control(replica.name)) }
      } else {
        (replica.state, replica.process, replica.end) = (.ended, 0, .unknown)
      }
      replicas.append(replica)
    }
    if let handed = listener.take() {
      self.listener = handed
    } else {
      self.listener = try ListeningSocket.tcp(host: host, port: port)
    }
    self.machine = SupervisorMachine(sets: former?.sets ?? [], replicas: replicas)
    self.processes = processes
    self.fence = former?.fence ?? 0
  }

  private static func askForListener(_ path: String) -> FileDescriptor? {
    guard
      var reply = try? ControlClient.ask(
        path, ["do": "listener"], deadline: .after(handoverTimeout))
    else { return nil }
    return reply.takeDescriptor()
  }
}
