/// Whether a rollout could begin at all, whatever it brings, and what stands against it otherwise.
struct RolloutReadiness: Sendable, Equatable {
  /// Rows that compare what runs with what is remembered: amid a rollout these differ by nature,
  /// and whoever put that right by hand would take the rollout's work away.
  private static let unsettledSubjects: Set<String> = ["serving", "release"]

  /// Everything that was looked at, the lock first.
  private(set) var checks: [PreflightCheck]
  /// Whether somebody else has the lock.
  private let isHeld: Bool
  /// Whether another rollout is on its way, or stopped on it.
  private let isUnsettled: Bool

  /// What a rollout of `environment` would be refused with, nil for each that is well.
  init(
    of environment: String, lock: (any ReportableError)?, freeze: (any ReportableError)?,
    unfinished: (any ReportableError)?
  ) {
    isHeld = lock?.exitCode == .locked
    isUnsettled = isHeld || unfinished != nil
    let advice = isHeld ? "; ops status --env \(environment) shows how far that is" : ""
    checks = [
      Self.check("lock", lock, advice, well: "nobody holds it"),
      Self.check("freeze", freeze, well: "none"),
      Self.check("last rollout", unfinished, well: isHeld ? "on its way" : "none is unfinished"),
    ]
  }

  /// How whoever only looks ends: as the rollout would, which takes the lock before all else.
  var exitCode: ExitCode {
    if isHeld { return .locked }
    return checks.contains { $0.verdict == .refuse } ? .refused : .done
  }

  /// The same with what the target says, without the secrets of its release.
  func joined(by target: any RolloutTarget) throws -> RolloutReadiness {
    let found = try target.preflight().map(settled)
    var all = self
    all.checks = (checks + found).map(target.redaction.applied)
    return all
  }

  func settled(_ check: PreflightCheck) -> PreflightCheck {
    guard isUnsettled, check.verdict == .refuse, Self.unsettledSubjects.contains(check.subject)
    else { return check }
    return PreflightCheck(
      check.subject, .warn, "not judged before the last rollout has come to its end")
  }

  private static func check(
    _ subject: String, _ refusal: (any ReportableError)?, _ advice: String = "", well: String
  ) -> PreflightCheck {
    guard let refusal else { return PreflightCheck(subject, .ok, well) }
    let words = refusal.findings.map(\.message).joined(separator: "; ")
    return PreflightCheck(subject, .refuse, words + advice)
  }
}

extension Rollouts {
  /// Looks, without the lock, for what `begin` would be refused by whatever it brings; changes
  /// nothing.
  func readiness(of state: RolloutState<Release>) throws -> RolloutReadiness {
    var lock = try refusalOfLock()
    var unfinished = lock == nil ? try refusalOfUnfinished(state) : nil
    if unfinished != nil {
      // One that was begun since the lock was looked at is nobody's to finish.
      lock = try refusalOfLock()
      if lock != nil { unfinished = nil }
    }
    return RolloutReadiness(
      of: site.environment.name, lock: lock, freeze: refusalOfFreeze(state),
      unfinished: unfinished)
  }

  /// The state, where a new rollout may begin.
  func readyState() throws -> RolloutState<Release> {
    let state = try site.load()
    if let refusal = refusalOfFreeze(state) { throw refusal }
    if let refusal = try refusalOfUnfinished(state) { throw refusal }
    return try site.surveyed(state)
  }

  /// What whoever else has the lock is told as; with the phase that it is in, where one can tell.
  func refusal(by holder: LockHolder) -> any ReportableError {
    guard let phase = try? latestPhase() else { return LockFailure.held(holder) }
    return EnvironmentHeld(holder: holder, phase: phase)
  }

  /// Why the lock could not be taken now, nil where it could.
  private func refusalOfLock() throws -> (any ReportableError)? {
    do throws(LockFailure) {
      guard let holder = try site.lock.holder() else { return nil }
      return refusal(by: holder)
    } catch {
      // Who does not answer says nothing of whose it is.
      if error.mayPass { throw error }
      return error
    }
  }

  /// The phase that the last rollout entered last; nil once that is over.
  private func latestPhase() throws -> Phase? {
    let summary = JournalSummary(try site.journal(try site.load().number).entries())
    return summary?.outcome == nil ? summary?.phase : nil
  }

  private func refusalOfFreeze(_ state: RolloutState<Release>) -> RolloutRefusal? {
    guard let reason = state.frozen else { return nil }
    return RolloutRefusal(
      "the environment is frozen: \(reason); ops rollout --env \(site.environment.name)"
        + " --unfreeze ends that")
  }

  /// The refusal of a rollout that was begun and never ended, or that nobody can read; nil where
  /// the last one is over.
  private func refusalOfUnfinished(
    _ state: RolloutState<Release>
  ) throws -> RolloutRefusal? {
    do {
      guard let (release, summary, _) = try unfinished(state, orAfter: nil) else { return nil }
      return RolloutRefusal(
        "rollout \(release.number) was interrupted in \(summary.words); finish it by ops rollout"
          + " --env \(site.environment.name) --resume, or put the old release back by --abort")
    } catch let refusal as RolloutRefusal {
      return refusal
    }
  }
}
