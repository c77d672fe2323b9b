import Core
import JSON
import POSIX

/// The rollouts of one environment: new ones, interrupted ones, and the way back.
struct Rollouts<Site: RolloutSite> {
  typealias Release = Site.Release

  let site: Site
  let context: CommandContext
  let interruption: Interruption

  /// Brings a new release in.
  func begin(_ request: RolloutRequest) throws -> ExitCode {
    try changing("rollout") { holder in
      var state = try readyState()
      state.number = try nextNumber(state)
      let release = try site.release(for: request, number: state.number) { keep in
        try site.lock.whileStillHeld(holder, keep)
      }
      try site.revive(state)
      try site.lock.whileStillHeld(holder) { try site.save(state) }
      return try run(release, over: state.current, request, holder, machine: RolloutMachine())
    }
  }

  /// Brings a former release back on purpose.
  func undo(to revision: String?, _ request: RolloutRequest) throws -> ExitCode {
    try changing("undo") { holder in
      var state = try readyState()
      let wanted = revision.map { name in state.former.first { $0.revision.hasPrefix(name) } }
      guard let former = wanted ?? (revision == nil ? state.former.first : nil) else {
        let known = state.former.map(\.revision).joined(separator: ", ")
        throw RolloutRefusal(
          "no former release \(revision ?? "") to go back to; "
            + "known: \(known.isEmpty ? "none" : known)")
      }
      state.number = try nextNumber(state)
      let release = try site.release(again: former, number: state.number) { keep in
        try site.lock.whileStillHeld(holder, keep)
      }
      try site.revive(state)
      try site.lock.whileStillHeld(holder) { try site.save(state) }
      var request = request
      request.isUndo = true
      return try run(release, over: state.current, request, holder, machine: RolloutMachine())
    }
  }

  /// Finishes an interrupted rollout, forwards.
  func resume(_ request: RolloutRequest) throws -> ExitCode {
    try changing("resume") { holder in
      let state = try site.load()
      let (release, summary, baseline) = try takeOver("resume", state, holder)
      context.output.line("resuming rollout \(release.number), which stopped in \(summary.words)")
      return try run(
        release, over: former(of: release, summary, state), request.continuing(summary.request),
        holder, machine: RolloutMachine(resuming: summary),
        baseline: baseline)
    }
  }

  /// Ends an interrupted rollout, backwards.
  func abort(_ request: RolloutRequest) throws -> ExitCode {
    try changing("abort") { holder in
      let state = try site.load()
      let (release, summary, baseline) = try takeOver(
        "abort", state, holder, orAfter: .rollbackFailed)
      context.output.line("aborting rollout \(release.number), which stopped in \(summary.words)")
      return try run(
        release, over: former(of: release, summary, state), request.continuing(summary.request),
        holder, machine: RolloutMachine(aborting: summary), baseline: baseline)
    }
  }

  /// Goes on with an interrupted rollout in the place of the run that began it.
  ///
  /// How far that came is read once it can come no further.
  func takeOver(
    _ kind: String, _ state: RolloutState<Release>, _ holder: LockHolder,
    orAfter outcome: Outcome? = nil
  ) throws -> (Release, JournalSummary, Baseline?) {
    _ = try interrupted(state, orAfter: outcome)
    try site.lock.whileStillHeld(holder) {
      try site.takeOver(state)
      try site.journal(state.number).append(kind, [:])
    }
    return try interrupted(state)
  }

  /// What an interrupted rollout came in place of, as it was written down at its beginning.
  ///
  /// The state alone does not tell once the rollout has made its release the current one: one of
  /// the same revision as before is no former release.
  func former(
    of release: Release, _ summary: JournalSummary, _ state: RolloutState<Release>
  ) -> Release? {
    if let over = summary.request["over"] { return Release(over) }
    return state.current?.number == release.number ? state.former.first : state.current
  }

  private func run(
    _ release: Release, over former: Release?, _ request: RolloutRequest,
    _ holder: LockHolder, machine: RolloutMachine, baseline: Baseline? = nil
  ) throws -> ExitCode {
    let target = try site.target(release, over: former, request)
    var machine = machine
    machine.take(steps: target.canary?.steps.count ?? 0)
    let journal = site.journal(release.number)
    try site.lock.whileStillHeld(holder) {
      if try journal.entries().isEmpty {
        try journal.append("begin", request.json(bringing: release, over: former))
      }
    }
    let view = RolloutView(context)
    let run = RolloutRun(
      .init(
        target: target, journal: journal, lock: site.lock, holder: holder,
        interruption: interruption,
        view: view, number: release.number, fromBroken: request.fromBroken,
        timeout: request.timeout,
        restIn: context.environment["OPS_REST_IN_PHASE"].flatMap { RestPoint($0) }),
      machine: machine, baseline: baseline)
    let publisher = RolloutPublisher(
      context: context, policy: site.environment.rollout, metricsFile: request.metricsFile,
      reportDirectories: [site.report(release.number)]
        + (request.reportDirectory.map { [$0] } ?? []))
    view.announce(run.record, entrance: target.entrance.shown)
    publisher.began(run.record)
    let outcome = run.run()
    let report = RolloutReport(record: run.record, entrance: target.entrance.shown)
    let kept = publisher.keep(report) { write in
      try site.lock.whileStillHeld(holder) { try write() }
    }
    view.conclude(run.record, report: kept)
    publisher.ended(run.record)
    return outcome.exitCode
  }
}

extension Rollouts {
  /// Holds the lock for what brings a release or takes one away.
  private func changing(
    _ purpose: String, _ body: (LockHolder) throws -> ExitCode
  ) throws -> ExitCode {
    try site.checkPrograms()
    return try withLock(purpose, body)
  }

  /// Holds the environment's lock, renewed by a thread, while `body` runs.
  func withLock(_ purpose: String, _ body: (LockHolder) throws -> ExitCode) throws -> ExitCode {
    try site.prepare()
    let holder = try acquire(purpose)
    let renewal = LockRenewal(lock: site.lock, holder: holder, interruption: interruption)
    try renewal.start()
    defer {
      renewal.stop()
      site.lock.release(holder)
    }
    return try body(holder)
  }

  /// Changes something of the environment beside a rollout, where one could begin; `body` gets the
  /// state that one would find.
  func beside(
    _ purpose: String, _ body: (LockHolder, RolloutState<Release>) throws -> ExitCode
  ) throws -> ExitCode {
    try withLock(purpose) { holder in
      let state = try readyState()
      return try body(holder, state)
    }
  }

  /// Takes the lock; whoever else has it is named with the phase that it is in.
  private func acquire(_ purpose: String) throws -> LockHolder {
    let outcome = Result { () throws(LockFailure) in try site.lock.acquire(purpose: purpose) }
    guard case .failure(.held(let holder)) = outcome else { return try outcome.get() }
    throw refusal(by: holder) as any Error
  }

  /// Keeps rollouts away, or lets them come again.
  func freeze(_ reason: String?) throws -> ExitCode {
    try withLock("freeze") { holder in
      try site.lock.whileStillHeld(holder) {
        var state = try site.load()
        state.frozen = reason
        try site.save(state)
      }
      context.output.line(reason.map { "frozen: \($0)" } ?? "no longer frozen")
      return .done
    }
  }

  /// The last rollout, where somebody may go on with it; a refusal where nobody can.
  private func interrupted(
    _ state: RolloutState<Release>, orAfter outcome: Outcome? = nil
  ) throws -> (Release, JournalSummary, Baseline?) {
    guard let found = try unfinished(state, orAfter: outcome) else {
      throw RolloutRefusal("no rollout of \(site.environment.name) was interrupted")
    }
    return found
  }

  /// The last rollout, where it was begun and never ended, or ended in one way that is no end.
  ///
  /// Throws where nobody can tell: what could not be read may be what is under way.
  func unfinished(
    _ state: RolloutState<Release>, orAfter outcome: Outcome?
  ) throws -> (Release, JournalSummary, Baseline?)? {
    let entries = try site.journal(state.number).entries()
    guard let summary = JournalSummary(entries),
      summary.outcome == nil || summary.outcome == outcome
    else { return nil }
    guard let release = Release(summary.request) else {
      throw RolloutRefusal(
        "rollout \(state.number) was interrupted in \(summary.words), and what it began with can"
          + " not be read: go on with the ops that began it")
    }
    let baseline = entries.last { $0.kind == "baseline" }.flatMap { Baseline($0.fields) }
    return (release, summary, baseline)
  }

  /// The number after the last one that the state or a journal knows.
  func nextNumber(_ state: RolloutState<Release>) throws -> Int {
    max(state.number, try site.journalNumbers().max() ?? 0) + 1
  }
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
