import Core

/// The phases in which both witnesses judge, and by what.
extension RolloutRun {
  /// How long the old release has to show itself again after a rollback.
  private static let oldReleaseTimeout: Duration = .seconds(60)

  var gatePolicy: GatePolicy {
    var policy = GatePolicy()
    let wanted = setting.target.policy
    policy.consecutive = wanted.consecutive
    // What failed in the steps is of the same budget.
    policy.failedMax = max(0, wanted.failedMax - (witness?.canary?.failed ?? 0))
    policy.soak = wanted.soak
    policy.latencyFactor = wanted.latencyFactor
    policy.timeout = timeout
    policy.needsPlatform = true
    policy.silenceMax = setting.target.entrance.silenceMax
    policy.latencyFloor = setting.target.entrance.latencyFloor
    policy.revisions = .replacing(
      old: setting.target.outgoing?.revision, new: setting.target.incoming.revision)
    return policy
  }

  func clientsMayCome() throws {
    guard !isWatchedByClients else { return }
    try makeWitness().judge(by: gatePolicy, baseline: nil)
  }

  /// Gives the canary the share of a step, and lets both witnesses judge it.
  func takeStep(_ step: RolloutStep) throws -> String? {
    guard let canary = setting.target.canary, let outgoing = setting.target.outgoing else {
      return nil
    }
    let witness = try makeWitness()
    var policy = CanaryPolicy(
      step, over: outgoing, to: setting.target.incoming, setting.target.policy)
    policy.silenceMax = setting.target.entrance.silenceMax
    policy.latencyFloor = setting.target.entrance.latencyFloor
    witness.judge(canary: policy, baseline: baseline)
    let words = try canary.bring(step, self)
    while true {
      countReplicas()
      let verdict = witness.look(canary.observe())
      setting.view.show(witness)
      if verdict == .passed { break }
      try throwAgainst(verdict, canary.advice)
      try wait(Self.tick)
    }
    return "\(words); \(witness.canary?.words ?? "")"
  }

  func gate() throws -> String? {
    let witness = try judgingWitness()
    while true {
      if case .soaking? = witness.phase { break }
      try lookOrThrow()
      if witness.verdict == .passed { break }
      try wait(Self.tick)
    }
    return "\(witness.inARow) good answers in a row from \(setting.target.incoming.revision)"
  }

  func soak() throws -> String? {
    let witness = try judgingWitness()
    // One that another run may have left as well.
    if let canary = setting.target.canary { try witness.holding { try canary.end(self) } }
    while witness.verdict == nil {
      try wait(Self.tick)
      try lookOrThrow()
    }
    return witness.report.summary
  }

  private func judgingWitness() throws -> ClientWitness {
    let witness = try makeWitness()
    if witness.phase == nil { witness.judge(by: gatePolicy, baseline: baseline) }
    return witness
  }

  /// Asks both witnesses; throws what they found against the release.
  private func lookOrThrow() throws {
    guard let witness else { return }
    let verdict = witness.look(setting.target.observe(setting.target.incoming))
    setting.view.show(witness)
    try throwAgainst(verdict, setting.target.advice(on: setting.target.incoming))
  }

  /// `advice` is what ends a failure that the platform has found.
  func throwAgainst(
    _ verdict: GateVerdict?, _ advice: @autoclosure () -> CauseAdvice? = nil
  ) throws {
    switch verdict {
    case .failed(.platform(let cause)): throw PhaseFailure(cause, advice: advice())
    case .failed(let failure): throw PhaseFailure("\(failure)")
    case .inconclusive(let doubt): throw PhaseFailure("\(doubt)", isInconclusive: true)
    case .passed, nil: break
    }
  }

  func gateOld() throws -> String? {
    guard let outgoing = setting.target.outgoing else { return "nothing to go back to" }
    let witness = try makeWitness()
    var policy = gatePolicy
    policy.revisions = .becoming(outgoing.revision)
    policy.failedMax = setting.target.policy.failedMax
    policy.soak = .zero
    policy.timeout = Self.oldReleaseTimeout
    // What the release that goes did, or was asked before it went, is not this one's.
    let incoming = setting.target.incoming.revision
    policy.leaving = incoming == outgoing.revision ? nil : incoming
    policy.countsEarlier = false
    // All that is asked is whether it serves: a busy machine makes no failed way back.
    policy.judgesProber = false
    // A service that was accepted as broken need not be better than it was.
    if setting.fromBroken, baseline == nil { policy.failedMax = Int.max }
    witness.judge(by: policy, baseline: nil)
    while true {
      countReplicas()
      let verdict = witness.look(setting.target.observe(outgoing))
      setting.view.show(witness)
      if verdict == .passed { return "\(outgoing.revision) serves" }
      // It was there again when the way back was gone; clients are who it is for.
      if case .inconclusive(.platform(let words)) = verdict {
        return "\(outgoing.revision) serves, as clients say; the platform: \(words)"
      }
      try throwAgainst(verdict)
      try setting.interruption.wait(Self.tick)
    }
  }
}
