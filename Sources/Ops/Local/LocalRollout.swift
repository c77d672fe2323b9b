import Core
import JSON
import Migrations
import POSIX
import Subprocess

/// What somebody wants of a local environment.
struct LocalRequest: Sendable {
  /// The program to bring; nil is the `app` beside this program.
  var binary: String?
  /// Changes of this release's environment.
  var variables: [String: String] = [:]
  var timeout: Duration = .seconds(600)
  var fromBroken = false
  var forwardOnly = false
  var reportDirectory: String?
  /// Where the metrics are written for node_exporter.
  var metricsFile: String?
  /// Whether a former release is brought back on purpose.
  var isUndo = false

  /// The request with what the interrupted run was told, as its journal's first line has it.
  func continuing(_ begun: JSONValue) -> LocalRequest {
    var request = self
    request.fromBroken = fromBroken || begun["fromBroken"]?.truth ?? false
    request.forwardOnly = forwardOnly || begun["forwardOnly"]?.truth ?? false
    request.isUndo = begun["undo"]?.truth ?? false
    return request
  }
}

extension LocalRelease {
  /// The first line of a journal: the release, and how it is to be brought.
  fileprivate func json(_ request: LocalRequest) -> JSONValue {
    .object(
      (json.members ?? []) + [
        JSONMember("fromBroken", .boolean(request.fromBroken)),
        JSONMember("forwardOnly", .boolean(request.forwardOnly)),
        JSONMember("undo", .boolean(request.isUndo)),
      ])
  }
}

/// The rollouts of one local environment: new ones, interrupted ones, and the way back.
struct LocalRollout {
  /// How long a program may take to say its version.
  private static let versionTimeout: Duration = .seconds(5)
  /// How long a release that is brought back may take; the baseline says whether it served.
  private static let reviveTimeout: Duration = .seconds(10)

  let settings: Environment
  let paths: LocalPaths
  let context: CommandContext
  let interruption: Interruption

  /// Brings a new release in.
  func begin(_ request: LocalRequest) throws -> ExitCode {
    try withLock("rollout") { holder in
      var state = try readyState()
      let source = try programPath(request)
      let (digest, program) = try ReleaseStore(paths: paths).keep(source)
      try revive(state)
      state.number = nextNumber(state)
      let release = self.release(
        digest: digest, program: program, variables: request.variables, number: state.number)
      try lock.whileStillHeld(holder) { try state.save(paths.state) }
      return try run(release, state, request, holder, machine: RolloutMachine())
    }
  }

  /// Brings a former release back on purpose.
  func undo(to revision: String?, _ request: LocalRequest) throws -> ExitCode {
    try withLock("undo") { holder in
      var state = try readyState()
      let wanted = revision.map { name in state.former.first { $0.revision.hasPrefix(name) } }
      guard let former = wanted ?? (revision == nil ? state.former.first : nil) else {
        let known = state.former.map(\.revision).joined(separator: ", ")
        throw LocalRefusal(
          "no former release \(revision ?? "") to go back to; "
            + "known: \(known.isEmpty ? "none" : known)")
      }
      try revive(state)
      state.number = nextNumber(state)
      let release = LocalRelease(
        number: state.number,
        revision: LocalRelease.revision(
          digest: former.digest, environment: former.environment, number: state.number),
        digest: former.digest, program: former.program, environment: former.environment,
        replicas: settings.replicas, version: former.version, time: .now())
      try lock.whileStillHeld(holder) { try state.save(paths.state) }
      var request = request
      request.isUndo = true
      return try run(release, state, request, holder, machine: RolloutMachine())
    }
  }

  /// Finishes an interrupted rollout, forwards.
  func resume(_ request: LocalRequest) throws -> ExitCode {
    try withLock("resume") { holder in
      let state = try LocalState.load(paths.state)
      let (release, summary, baseline) = try unfinished(state)
      let phase = Self.resumed(summary.phase ?? .lock)
      context.output.line("resuming rollout \(release.number), which stopped in \(summary.words)")
      return try run(
        release, state, request.continuing(summary.request), holder,
        machine: RolloutMachine(from: phase, cause: summary.cause), baseline: baseline)
    }
  }

  /// Ends an interrupted rollout, backwards.
  func abort(_ request: LocalRequest) throws -> ExitCode {
    try withLock("abort") { holder in
      let state = try LocalState.load(paths.state)
      let (release, summary, baseline) = try unfinished(state)
      context.output.line("aborting rollout \(release.number), which stopped in \(summary.words)")
      let machine = RolloutMachine(
        abortingAt: summary.phase ?? .lock, cause: summary.cause ?? "aborted on request")
      return try run(
        release, state, request.continuing(summary.request), holder, machine: machine,
        baseline: baseline)
    }
  }

  private func run(
    _ release: LocalRelease, _ state: LocalState, _ request: LocalRequest,
    _ holder: RolloutLock.Holder, machine: RolloutMachine, baseline: Baseline? = nil
  ) throws -> ExitCode {
    let former = state.current?.revision == release.revision ? state.former.first : state.current
    let target = try LocalTarget(
      settings: settings, paths: paths, release: release, former: former,
      forwardOnly: request.forwardOnly, isUndo: request.isUndo)
    let journal = Journal(path: paths.journal(release.number))
    try lock.whileStillHeld(holder) {
      if !File.exists(journal.path) { try journal.append("begin", release.json(request)) }
    }
    let view = RolloutView(context)
    let run = RolloutRun(
      .init(
        target: target, journal: journal, lock: lock, holder: holder, interruption: interruption,
        view: view, number: release.number, fromBroken: request.fromBroken,
        deadline: .after(request.timeout), timeout: request.timeout,
        restIn: context.environment["OPS_REST_IN_PHASE"].flatMap(Phase.init(rawValue:))),
      machine: machine, baseline: baseline)
    let publisher = RolloutPublisher(
      context: context, policy: settings.rollout, metricsFile: request.metricsFile,
      reportDirectories: [paths.report(release.number)]
        + (request.reportDirectory.map { [$0] } ?? []))
    view.announce(run.record, entrance: target.entrance)
    publisher.began(run.record)
    let outcome = run.run()
    let report = RolloutReport(record: run.record, entrance: target.entrance)
    let kept = publisher.keep(report) { write in try lock.whileStillHeld(holder) { try write() } }
    view.conclude(run.record, report: kept)
    publisher.ended(run.record)
    return outcome.exitCode
  }
}

extension LocalRollout {
  var lock: RolloutLock { RolloutLock(path: paths.lock) }

  /// Holds the environment's lock, renewed by a thread, while `body` runs.
  func withLock(_ purpose: String, _ body: (RolloutLock.Holder) throws -> ExitCode) throws
    -> ExitCode
  {
    try paths.make()
    let holder = try lock.acquire(purpose: purpose)
    let renewal = LockRenewal(lock: lock, holder: holder, interruption: interruption)
    try renewal.start()
    defer {
      renewal.stop()
      lock.release(holder)
    }
    return try body(holder)
  }

  /// The state, where a new rollout may begin.
  private func readyState() throws -> LocalState {
    let state = try LocalState.load(paths.state)
    if let reason = state.frozen {
      throw LocalRefusal("the environment is frozen: \(reason); --unfreeze ends that")
    }
    if let (release, summary, _) = try? unfinished(state) {
      throw LocalRefusal(
        "rollout \(release.number) was interrupted in \(summary.words);"
          + " finish it with --resume, or put the old release back with --abort")
    }
    return state
  }

  /// The last rollout, where it was begun and never ended.
  private func unfinished(
    _ state: LocalState
  ) throws -> (LocalRelease, JournalSummary, Baseline?) {
    let entries = try Journal(path: paths.journal(state.number)).entries()
    guard let summary = JournalSummary(entries), summary.outcome == nil,
      let release = LocalRelease(summary.request)
    else { throw LocalRefusal("no rollout of \(settings.name) was interrupted") }
    let baseline = entries.last { $0.kind == "baseline" }.flatMap { Baseline($0.fields) }
    return (release, summary, baseline)
  }

  /// Where an interrupted rollout goes on: what judges must see it all, and going on is harmless.
  private static func resumed(_ phase: Phase) -> Phase {
    switch phase {
    case .lock, .preflight, .baseline, .backup: .preflight
    case .migrate: .migrate
    case .apply, .gate, .soak: .apply
    case .finish: .finish
    case .diagnose, .rollBack, .gateOld: .rollBack
    }
  }

  /// The program that a request means.
  func programPath(_ request: LocalRequest) throws -> String {
    let path =
      request.binary.map(context.absolute)
      ?? Path.parent(of: ProcessInfo.executablePath) + "/app"
    guard File.isExecutable(path) else {
      throw LocalRefusal(
        "\(path) is not a program that may be run; build it, or name one with --binary")
    }
    return path
  }

  /// The release that a rollout would bring.
  func release(
    digest: String, program: String, variables: [String: String], number: Int
  ) -> LocalRelease {
    let environment = LocalVariables(settings: settings, paths: paths)
      .all(changedBy: variables, context.environment)
    return LocalRelease(
      number: number,
      revision: LocalRelease.revision(
        digest: digest, environment: environment, number: number),
      digest: digest, program: program, environment: environment, replicas: settings.replicas,
      version: programVersion(program), time: .now())
  }

  /// What the program says that it is; nil where it does not say so in time.
  private func programVersion(_ program: String) -> String? {
    let command = Subprocess.Command(program, ["version"], group: .own)
    guard let result = try? command.run(deadline: .after(Self.versionTimeout)), result.isSuccess
    else { return nil }
    let words = result.outputText.split { $0.isWhitespace }
    return words.first { Release($0) != nil }.map(String.init)
  }

  /// The number after the last one that the state or a journal knows.
  private func nextNumber(_ state: LocalState) -> Int {
    let names = (try? File.list(paths.journals)) ?? []
    let numbers = names.compactMap { name in Int(name.prefix { $0 != "." }) }
    return max(state.number, numbers.max() ?? 0) + 1
  }

  /// Brings back what should serve where nothing runs any more, after a reboot for one.
  private func revive(_ state: LocalState) throws {
    let client = SupervisorClient(
      paths: paths, host: settings.host ?? Environment.localHost, port: settings.port)
    guard let current = state.current, client.status() == nil,
      File.exists(paths.supervisorState)
    else { return }
    context.output.line("no supervisor ran; one is started, and \(current.revision) with it")
    var status = try client.ensureRunning()
    let deadline = Deadline.after(Self.reviveTimeout)
    while !deadline.hasPassed {
      let accepting = status.replicas(of: current.revision).filter { $0.state == .accepting }
      if accepting.count >= current.replicas { return }
      try interruption.wait(.milliseconds(50))
      status = client.status() ?? status
    }
  }
}

/// A local rollout that does not begin.
struct LocalRefusal: ReportableError, Equatable {
  let reason: String

  init(_ reason: String) { self.reason = reason }

  var exitCode: ExitCode { .refused }
  var findings: [Finding] { [Finding(message: reason)] }
}

extension JournalSummary {
  /// Where it stopped, and when.
  var words: String { "phase \(phase?.rawValue ?? "none") at \(lastChange)" }
}

extension Outcome {
  var exitCode: ExitCode {
    switch self {
    case .done, .aborted: .done
    case .refused: .refused
    case .locked: .locked
    case .rolledBack: .rolledBack
    case .rollbackFailed: .rollbackFailed
    case .inconclusive: .inconclusive
    case .interrupted: .interrupted
    }
  }
}
