import Core
import JSON
import POSIX

/// Carries out a rollout: asks the machine what comes next, writes it down, does it.
final class RolloutRun {
  /// How often the witnesses are looked at.
  static let tick: Duration = .milliseconds(100)
  /// How often the replicas are counted for the report.
  private static let replicaInterval: Duration = .milliseconds(200)
  /// What a baseline needs at the rate of the policy, and a little more.
  private static let baselineTimeout: Duration = .seconds(30)
  /// How often what serves is measured where that came to nothing.
  private static let baselineAttemptsMax = 3

  let setting: Setting
  private(set) var machine: RolloutMachine
  private(set) var record: RolloutRecord
  /// How long a cluster that does not answer is asked again on the way back.
  private static let patienceOfWayBack: Duration = .seconds(60)
  /// What is left of the time for the whole when it is given up on the way forwards.
  private static let patienceMargin: Duration = .seconds(1)

  private(set) var witness: ClientWitness?
  private(set) var baseline: Baseline?
  private var isRollingBack = false
  private var replicasCounted: Duration?
  /// Changes of this phase so far.
  private var changes = 0
  private let startedAt: Duration

  init(_ setting: Setting, machine: RolloutMachine, baseline: Baseline? = nil) {
    self.setting = setting
    self.machine = machine
    self.baseline = baseline
    self.startedAt = setting.interruption.clock.elapsed()
    self.record = RolloutRecord(
      number: setting.number, environment: setting.target.environment,
      incoming: setting.target.incoming, outgoing: setting.target.outgoing, began: .now())
  }

  /// Runs from the machine's phase to an outcome; the record is whole afterwards.
  func run() -> Outcome {
    var action = RolloutMachine.Action.enter(machine.phase)
    while true {
      switch action {
      case .enter(let phase): action = machine.handle(perform(phase))
      case .end(let outcome): return end(outcome)
      }
    }
  }

  private func perform(_ phase: Phase) -> RolloutMachine.Event {
    let began = Timestamp.now()
    setting.view.begin(phase, weight: weight(of: phase))
    countReplicas(always: true)
    do {
      try write(phase)
      changes = 0
      if let rest = setting.restIn, rest.phase == phase, rest.change == nil {
        try setting.interruption.wait(RestPoint.phaseTime)
      }
      let note = try carryOut(phase).map(redacted)
      close(phase, began, .succeeded, note)
      return .succeeded
    } catch let failure as PhaseFailure {
      let cause = redacted(failure.cause)
      // What fails on the way back comes behind what made the release fail.
      if !phase.isWayBack { record.advice = failure.advice.map(setting.target.redaction.applied) }
      close(phase, began, .failed, cause)
      if failure.isRefusal { return .refused(cause) }
      return failure.isInconclusive ? .inconclusive(cause) : .failed(cause)
    } catch let failure as any PassingFailure where failure.mayPass {
      let cause = redacted(ErrorReport(failure).findings.first?.message ?? "\(failure)")
      if let reason = setting.interruption.reason {
        // Whoever is to stop is patient with nobody.
        close(phase, began, .interrupted, cause)
        return .interrupted(reason)
      }
      if phase == .finish {
        // The release was judged: what is left is to write it down, which a resumed run does.
        close(phase, began, .interrupted, cause)
        setting.interruption.raise(cause)
        return .interrupted(cause)
      }
      close(phase, began, .failed, cause)
      // Who can not be asked says nothing of the release.
      return phase.isWayBack ? .failed(cause) : .inconclusive(cause)
    } catch let interrupted as Interrupted {
      close(phase, began, .interrupted, interrupted.reason)
      return .interrupted(interrupted.reason)
    } catch {
      let cause = redacted(ErrorReport(error).findings.first?.message ?? "\(error)")
      close(phase, began, .failed, cause)
      return .failed(cause)
    }
  }

  /// Everything that platforms and releases said passes here before it is kept or told.
  private func redacted(_ text: String) -> String { setting.target.redaction.applied(to: text) }

  /// Writes the phase down before it begins.
  ///
  /// On the way back a journal that can not be written, on a full disk for one, must not keep the
  /// old release away; a lost lock must.
  private func write(_ phase: Phase) throws {
    do {
      try changePatiently {
        try setting.journal.append(
          "phase",
          [
            "phase": .string(phase.rawValue),
            "cause": machine.cause.map { .string($0) } ?? .null,
            "step": phase == .step ? .integer(Int64(machine.step)) : .null,
            "verdict": phase.isWayBack ? .string(machine.verdict.rawValue) : .null,
          ])
      }
    } catch let error where phase.isWayBack && !(error is Interrupted) {
      setting.view.note("the journal could not be written: \(error)")
    }
  }

  private func close(
    _ phase: Phase, _ began: Timestamp, _ result: RolloutRecord.Result, _ note: String?
  ) {
    record.phases.append(
      RolloutRecord.PhaseRecord(
        phase: phase, weight: weight(of: phase), began: began,
        duration: Timestamp.now().since(began), result: result, note: note))
    setting.view.end(phase, weight: weight(of: phase), result, note)
  }

  var steps: [RolloutStep] { setting.target.canary?.steps ?? [] }

  private func weight(of phase: Phase) -> Int? {
    phase == .step && machine.step < steps.count ? steps[machine.step].weight : nil
  }

  private func carryOut(_ phase: Phase) throws -> String? {
    let target = setting.target
    switch phase {
    case .lock: return "number \(setting.number), held by process \(setting.holder.process)"
    case .preflight: return try preflight()
    case .baseline: return try measureBaseline()
    case .backup: return try target.backup(self) ?? "skipped, as the policy says"
    case .migrate:
      try startWitness()
      return try target.migrate(self)
    case .step: return try takeStep(steps[machine.step])
    case .apply:
      try startWitness()
      try target.apply(self)
      return nil
    case .gate: return try gate()
    case .soak: return try soak()
    case .finish:
      try target.finish(self)
      return nil
    case .diagnose: return try diagnose()
    case .rollBack:
      isRollingBack = true
      try target.rollBack(self)
      return target.outgoing.map { "\($0.revision) is back" } ?? "nothing to go back to"
    case .gateOld: return try gateOld()
    }
  }

  private func preflight() throws -> String? {
    let checks = try setting.target.preflight().map(setting.target.redaction.applied)
    record.checks = checks
    for check in checks { setting.view.show(check) }
    let refusals = checks.filter { $0.verdict == .refuse }
    guard refusals.isEmpty else {
      throw PhaseFailure(refusals.map { "\($0.subject): \($0.detail)" }.joined(separator: "; "))
    }
    return "\(counted(checks.count, "check"))"
  }

  /// Polls what serves now until there is enough to compare with.
  private func measureBaseline() throws -> String? {
    guard let outgoing = setting.target.outgoing else { return "nothing serves yet" }
    var reading = try readBaseline()
    for _ in 1..<Self.baselineAttemptsMax {
      guard case .noData = reading else { break }
      // A machine that slept, or a way that was away for a while, says nothing of what serves.
      self.witness = nil
      reading = try readBaseline()
    }
    switch reading {
    case .healthy(let reading):
      baseline = reading
      try change { _ in try setting.journal.append("baseline", reading.json) }
      return "\(outgoing.revision) answers, p99 \(witness?.report.latency.text(0.99) ?? "")"
    case .broken(let cause), .noData(let cause):
      self.witness = nil
      guard setting.fromBroken else {
        let found = if case .broken = reading { "is not well" } else { "could not be measured" }
        throw PhaseFailure(
          "what serves now \(found): \(cause); --from-broken replaces it all the same")
      }
      return "accepted as broken: \(cause)"
    }
  }

  private func readBaseline() throws -> BaselineReading {
    let witness = try makeWitness()
    let end = setting.interruption.clock.elapsed() + Self.baselineTimeout
    let failedMax = setting.target.policy.failedMax
    var reading: BaselineReading
    repeat {
      try wait(Self.tick)
      witness.look()
      setting.view.show(witness)
      reading = Baseline.read(witness.report, failedMax: failedMax)
    } while reading.isOpen(witness.report) && setting.interruption.clock.elapsed() < end
    return reading
  }

  /// Makes the machine judge everything from before the first change.
  private func startWitness() throws {
    guard witness?.phase == nil, setting.target.outgoing != nil,
      baseline != nil || !setting.fromBroken
    else { return }
    try makeWitness().judge(by: gatePolicy, baseline: baseline)
  }

  @discardableResult
  func makeWitness() throws -> ClientWitness {
    if let witness { return witness }
    let source =
      try setting.probes?() ?? setting.target.poll(rate: setting.target.policy.probeRate)
    let made = ClientWitness(source)
    witness = made
    return made
  }

  private func diagnose() throws -> String? {
    if machine.givesUpUnchanged { try setting.target.endBackup(self) }
    keep(setting.target.evidence())
    return record.evidence.isEmpty ? nil : counted(record.evidence.count, "piece") + " of evidence"
  }

  /// Counts the replicas, now and then.
  func countReplicas(always: Bool = false) {
    let now = setting.interruption.clock.elapsed()
    if !always, let replicasCounted, now - replicasCounted < Self.replicaInterval { return }
    replicasCounted = now
    guard let counts = setting.target.replicas() else { return }
    record.replicas.add(counts, at: .now())
    setting.view.show(counts)
  }

  private func end(_ decided: Outcome) -> Outcome {
    // Whoever is to stop waits for no poll.
    witness?.stop(waits: decided != .interrupted)
    countReplicas(always: true)
    var outcome = decided
    do {
      try change { _ in
        try setting.journal.append(
          "end",
          [
            "outcome": .string(outcome.rawValue),
            "cause": machine.cause.map { .string($0) } ?? .null,
          ])
      }
    } catch {
      // Whoever was asked in vain for this long is not asked again by the report.
      if (error as? LockFailure)?.mayPass == true { setting.interruption.raise("\(error)") }
      // Another one may make something else of it, or has; that the way back failed stays so.
      let isOvertaken = (error as? Interrupted)?.isOvertaken ?? false
      let mayBeOthers =
        isOvertaken || (outcome != .rollbackFailed && setting.lock.mayBeTaken(setting.holder))
      if outcome.isOfWholeRun, mayBeOthers {
        outcome = .interrupted
      } else {
        setting.view.note("the end could not be written down: \(error)")
      }
    }
    record.outcome = outcome
    record.cause = machine.cause
    record.ended = .now()
    record.probes = witness?.report
    record.samples = witness?.samples ?? []
    record.probesBegan = witness?.startedAt
    return outcome
  }
}

extension RolloutRun: RolloutContext {
  func check() throws {
    try setting.interruption.check()
    if remaining <= .zero, !isRollingBack {
      let words = "not done within \(DurationText.format(timeout)) (--timeout)"
      let held = witness?.held ?? .zero
      let doubt = held > timeout ? GateDoubt.gaps(held) : witness?.doubt
      throw PhaseFailure(
        doubt.map { "\(words): \($0)" } ?? words, isInconclusive: doubt != nil)
    }
    countReplicas()
    guard let witness, !isRollingBack else { return }
    witness.look()
    setting.view.show(witness)
    try throwAgainst(witness.verdict)
  }

  func wait(_ duration: Duration) throws {
    try setting.interruption.wait(duration)
    try check()
  }

  func change<Result>(_ body: (Int64) throws -> Result) throws -> Result {
    try change(endsRun: true, body)
  }

  /// Whoever keeps the lock and does not answer is asked again on the way forwards, as everybody
  /// else is; a lock that went ends the run, and so does one that nobody can tell of on the way
  /// back, where `endsRun`.
  private func change<Result>(
    endsRun: Bool, _ body: (Int64) throws -> Result
  ) throws -> Result {
    let outcome: Swift.Result<Result, any Error>
    do throws(LockFailure) {
      // What the body throws is carried through as a value, apart from what the lock throws.
      outcome = try setting.lock.whileHeld(setting.holder) {
        () throws(LockFailure) in
        restBeforeChange()
        return Swift.Result { try body(setting.holder.fence) }
      }
    } catch {
      if error.mayPass, !endsRun || !machine.phase.isWayBack { throw error }
      setting.interruption.raise("\(error)")
      throw Interrupted(reason: "\(error)", isOvertaken: error.isOvertaken)
    }
    return try outcome.get()
  }

  private func restBeforeChange() {
    changes += 1
    guard let rest = setting.restIn, rest.phase == machine.phase, rest.change == changes else {
      return
    }
    setting.view.note("rests before change \(changes) of \(rest.phase.rawValue)")
    setting.interruption.clock.pause(RestPoint.changeTime)
  }

  var heldCheck: @Sendable () throws -> Void {
    let (lock, holder, interruption) = (setting.lock, setting.holder, setting.interruption)
    return {
      do throws(LockFailure) {
        try lock.whileHeld(holder) { () throws(LockFailure) in }
      } catch {
        interruption.raise("\(error)")
        throw Interrupted(reason: "\(error)")
      }
    }
  }

  func cancelling<Result>(
    with cancel: @escaping @Sendable () -> Void, _ body: () throws -> Result
  ) throws -> Result {
    try setting.interruption.cancelling(with: cancel, body)
  }

  func note(_ text: String) {
    let text = redacted(text)
    setting.view.note(text)
    try? change(endsRun: false) { _ in
      try setting.journal.append("note", ["text": .string(text)])
    }
  }

  func keep(_ evidence: [RolloutEvidence]) {
    let evidence = evidence.map(setting.target.redaction.applied)
    for item in evidence { setting.view.show(item) }
    record.evidence += evidence
  }

  var clock: RolloutClock { setting.interruption.clock }

  var isWatchedByClients: Bool { witness?.phase != nil }

  var remaining: Duration {
    // What is left out of the bound has one too: the time that was asked for, once more.
    let held = min(timeout, witness?.held ?? .zero)
    return max(.zero, timeout + held - (setting.interruption.clock.elapsed() - startedAt))
  }

  /// As long as there is time; the old release is not kept waiting for what may be left out.
  var patience: Duration {
    isRollingBack || machine.phase.isWayBack
      ? Self.patienceOfWayBack : max(.zero, remaining - Self.patienceMargin)
  }

  /// The bound of the whole: what was asked for, and the time that the steps take by their plan.
  var timeout: Duration { steps.reduce(setting.timeout) { $0 + $1.time } }
}
