import Core
import Handover
import JSON
import Logging
import POSIX
import Subprocess

/// Keeps the replicas of a local environment running, behind one listening socket.
///
/// It outlives the command that started it, and its own death outlives nobody: replicas go on
/// serving, and the next supervisor takes them and the socket over.
final class Supervisor {
  /// How long a replica may take to answer what it is.
  private static let askTimeout: Duration = .milliseconds(250)
  /// How often it looks while something is under way.
  private static let busyInterval: Duration = .milliseconds(20)
  /// How often it looks otherwise.
  private static let idleInterval: Duration = .seconds(1)

  private let paths: LocalPaths
  private let listener: FileDescriptor
  private let service: ControlService
  private let signals: SignalReader
  private let logger: Logger
  private var logs: ReplicaLogs
  private let begun = ContinuousClock.now

  private var machine: SupervisorMachine
  private var processes: [String: any WatchedProcess]
  private var saved: [UInt8] = []
  private var highestFence: Int64
  private var isStopping = false

  /// A supervisor of what `start` found: new, or taken over.
  init(
    paths: LocalPaths, start: consuming SupervisorStart, signals: consuming SignalReader,
    logger: Logger
  ) throws {
    self.paths = paths
    self.machine = start.machine
    self.processes = start.processes
    self.highestFence = start.fence
    self.listener = start.listener
    self.signals = signals
    self.logger = logger
    self.logs = ReplicaLogs(paths: paths)
    self.service = try ControlService(path: paths.supervisorSocket)
  }

  /// Runs until everything was asked to leave and has left.
  func run() throws {
    logger.info(
      "supervising", ("pid", .integer(Int(ProcessInfo.identifier))),
      ("taken over", .integer(processes.count)))
    save()
    while !isDone { try step() }
    try File.remove(paths.supervisorState)
    try File.remove(paths.supervisorSocket)
    logger.info("stopped")
  }

  /// Whether everything was asked to leave and has left.
  var isDone: Bool { isStopping && machine.sets.isEmpty }

  /// Waits a moment for something to happen, and does what follows from it.
  func step() throws {
    try waitForSomething()
    try service.serveOne(.after(.zero)) { request, _ in
      ControlReply.of(answer(request.value))
    }
    try takeSignals()
    takeEndings()
    perform(.tick)
    logs.rotate()
    save()
  }

  private var now: Duration { begun.duration(to: .now) }

  private func waitForSomething() throws {
    let numbers = [service.rawValue, signals.rawValue] + processes.values.map(\.endDescriptor)
    let interval = machine.isBusy || isStopping ? Self.busyInterval : Self.idleInterval
    _ = try Poll.anyReadable(numbers, .after(interval))
  }

  private func takeSignals() throws {
    while let signal = try signals.next(.after(.zero)) {
      guard signal == .terminate || signal == .interrupt else { continue }
      logger.info("stopping", ("signal", .integer(Int(signal.rawValue))))
      stop()
    }
  }

  private func takeEndings() {
    for (name, process) in processes {
      guard let end = process.end() else { continue }
      processes[name] = nil
      logger.log(
        end.isClean ? .info : .warning, "replica ended",
        [("replica", .string(name)), ("end", .string(end.description))])
      perform(.ended(name: name, end))
    }
  }

  private func stop() {
    isStopping = true
    for set in machine.sets { perform(.dismiss(revision: set.revision)) }
  }

  private func perform(_ event: SupervisorMachine.Event) {
    for action in machine.handle(event, at: now) { perform(action) }
  }

  private func perform(_ action: SupervisorMachine.Action) {
    switch action {
    case .spawn(let name): spawn(name)
    case .ask(let name): ask(name, ["do": "status"])
    case .accept(let name): ask(name, ["do": "accept"])
    case .terminate(let name): processes[name]?.send(.terminate)
    case .kill(let name):
      logger.warning("killing a replica", ("replica", .string(name)))
      processes[name]?.send(.kill)
    }
  }

  private func spawn(_ name: String) {
    guard let replica = machine.replicas.first(where: { $0.name == name }),
      let set = machine.set(replica.revision)
    else { return }
    do {
      try File.remove(paths.control(name))
      let log = try logs.open(name)
      var environment = set.environment
      environment["REVISION"] = set.revision
      environment["LISTEN_FDS"] = "1"
      environment["CONTROL_SOCKET"] = paths.control(name)
      environment["ADMIN_SOCKET"] = paths.entrance(name)
      let process = try ChildProcess(
        Subprocess.Command(
          set.program, ["serve"], variables: .exactly(environment),
          output: .descriptor(log.rawValue), errorOutput: .descriptor(log.rawValue),
          descriptors: [InheritedSockets.firstDescriptor: listener.rawValue]))
      processes[name] = process
      perform(.started(name: name, process: process.identifier))
      logger.info(
        "replica started", ("replica", .string(name)),
        ("pid", .integer(Int(process.identifier))))
    } catch {
      logger.error(
        "replica not started", ("replica", .string(name)), ("cause", .string("\(error)")))
      perform(.ended(name: name, .notStarted("\(error)")))
    }
  }

  /// Talks to a replica; what it says comes back as an event, and silence changes nothing.
  private func ask(_ name: String, _ request: JSONValue) {
    guard
      let reply = try? ControlClient.ask(
        paths.control(name), request, deadline: .after(Self.askTimeout)),
      let state = reply.value["result"]?["state"]?.text.flatMap(Replica.State.init(rawValue:))
    else { return }
    perform(.reported(name: name, state))
  }

  private func answer(_ request: JSONValue) -> Result<JSONValue, SupervisorRefusal> {
    guard let command = SupervisorRequest(request) else {
      return .failure(SupervisorRefusal("not a request that a supervisor knows"))
    }
    if let fence = command.fence {
      guard fence >= highestFence else {
        return .failure(
          SupervisorRefusal("number \(fence) is no longer in charge, number \(highestFence) is"))
      }
      highestFence = fence
    }
    switch command.kind {
    case .status: break
    case .start(let set):
      guard !isStopping else { return .failure(SupervisorRefusal("it is stopping")) }
      if let refusal = refusalOfLeaving(set.revision) { return .failure(refusal) }
      guard machine.set(set.revision) != nil || machine.sets.count < SupervisorMachine.setsMax
      else {
        return .failure(
          SupervisorRefusal("\(SupervisorMachine.setsMax) releases run already; none more fits"))
      }
      perform(.start(set))
    case .admit(let revision):
      guard machine.set(revision) != nil else {
        return .failure(SupervisorRefusal("no release \(revision) runs"))
      }
      if let refusal = refusalOfLeaving(revision) { return .failure(refusal) }
      perform(.admit(revision: revision))
    case .dismiss(let revision): perform(.dismiss(revision: revision))
    case .stop: stop()
    }
    // Before the answer: what was promised must outlive this process.
    save()
    return .success(status)
  }

  /// What leaves has told its clients so and cannot be called back.
  private func refusalOfLeaving(_ revision: String) -> SupervisorRefusal? {
    guard machine.set(revision)?.stage == .leaving else { return nil }
    return SupervisorRefusal("release \(revision) is leaving; start it anew once it has left")
  }

  private var status: JSONValue {
    [
      "pid": .integer(Int64(ProcessInfo.identifier)), "fence": .integer(highestFence),
      "sets": .array(
        machine.sets.map { set in
          [
            "revision": .string(set.revision), "stage": .string(set.stage.rawValue),
            "count": .integer(Int64(set.count)),
          ]
        }),
      "replicas": .array(machine.replicas.map(\.json)),
    ]
  }

  /// Keeps on the disk what a later supervisor needs to take over, whenever it has changed.
  private func save() {
    let state = SupervisorState(
      fence: highestFence, sets: machine.sets,
      replicas: machine.replicas.map { replica in
        let tick = processes[replica.name].flatMap { ProcessHandle.startTick(of: $0.identifier) }
        return SupervisorState.Entry(replica: replica, startTick: tick ?? 0)
      })
    let bytes = state.json.bytes(pretty: true)
    guard bytes != saved else { return }
    do {
      try File.write(bytes, to: paths.supervisorState, mode: File.ownerOnly)
      saved = bytes
    } catch {
      // A full disk must not take down what serves; the next change tries again.
      logger.error("state not kept", ("cause", .string("\(error)")))
    }
  }
}

/// Why the supervisor did not do what it was asked.
struct SupervisorRefusal: Error, Sendable, Equatable {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

extension ControlReply {
  static func of(_ answer: Result<JSONValue, SupervisorRefusal>) -> ControlReply {
    switch answer {
    case .success(let value): ControlReply(["result": value])
    case .failure(let refusal): .refusal(refusal.reason)
    }
  }
}
