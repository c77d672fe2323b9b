import Core
import JSON
import POSIX

/// What can be done to a local environment beside a rollout.
extension LocalRollout {
  /// How long replicas and their supervisor may take to leave.
  private static let stopTimeout: Duration = .seconds(60)
  private static let tick: Duration = .milliseconds(50)

  /// Ends the replicas and their supervisor; what serves is remembered as a former release.
  func stop() throws -> ExitCode {
    try withLock("stop") { holder in
      let client = SupervisorClient(
        paths: paths, host: settings.host ?? Environment.localHost, port: settings.port)
      if client.status() == nil, !LocalReplicas.anyAlive(paths) {
        context.output.line("nothing runs")
      } else {
        try lock.whileStillHeld(holder) {
          // Replicas of a dead supervisor are ended by a new one.
          _ = try client.ensureRunning()
          try client.ask(SupervisorRequest(.stop, fence: holder.fence))
        }
        let deadline = Deadline.after(Self.stopTimeout)
        while client.status() != nil {
          guard !deadline.hasPassed else {
            throw PhaseFailure(
              "replicas still run after \(DurationText.format(Self.stopTimeout))")
          }
          try interruption.wait(Self.tick)
        }
        context.output.line("stopped")
      }
      try lock.whileStillHeld(holder) {
        var state = try LocalState.load(paths.state)
        state.forgetCurrent()
        try state.save(paths.state)
      }
      return .done
    }
  }

  /// Keeps rollouts away, or lets them come again.
  func freeze(_ reason: String?) throws -> ExitCode {
    try withLock("freeze") { holder in
      try lock.whileStillHeld(holder) {
        var state = try LocalState.load(paths.state)
        state.frozen = reason
        try state.save(paths.state)
      }
      context.output.line(reason.map { "frozen: \($0)" } ?? "no longer frozen")
      return .done
    }
  }

  /// The target that a rollout would have now, and the state that it would find.
  func prospect(_ request: LocalRequest) throws -> (target: LocalTarget, state: LocalState) {
    try paths.make()
    let state = try LocalState.load(paths.state)
    let source = try programPath(request)
    let release = release(
      digest: try ReleaseStore.digest(of: source), program: source,
      variables: request.variables, number: state.number + 1)
    let target = try LocalTarget(
      settings: settings, paths: paths, release: release, former: state.current,
      forwardOnly: request.forwardOnly)
    return (target, state)
  }

  /// Prints what a rollout would do; changes nothing but the folder it looks at.
  func plan(_ request: LocalRequest) throws -> ExitCode {
    let (target, state) = try prospect(request)
    let release = target.release
    let checks = try target.preflight()
    let output = context.output
    output.line("rollout \(release.number) of \(settings.name) would do this:")
    output.line("  lock        \(paths.lock)")
    output.line("  preflight   \(counted(checks.count, "check")):")
    for check in checks {
      output.line("                \(check.verdict.rawValue)  \(check.subject): \(check.detail)")
    }
    let baseline = state.current.map { "poll \(target.entrance), served by \($0.revision)" }
    output.line("  baseline    \(baseline ?? "none, nothing serves")")
    output.line("  backup      \(settings.rollout.backup)")
    output.line("  migrate     \(target.database)")
    output.line(
      "  apply       start \(counted(release.replicas, "replica")) of \(release.revision), watch"
        + " each for \(DurationText.format(settings.rollout.minReady)), admit, dismiss the old")
    output.line(
      "  gate        \(settings.rollout.consecutive) good answers in a row at"
        + " \(settings.rollout.probeRate)/s, \(settings.rollout.failedMax) failed allowed")
    output.line("  soak        \(DurationText.format(settings.rollout.soak))")
    output.line("  finish      remember \(release.revision), keep \(LocalState.formerMax) former")
    return checks.contains { $0.verdict == .refuse } ? .refused : .done
  }
}

extension LocalState {
  /// Makes what serves a former release, because nothing serves any more.
  mutating func forgetCurrent() {
    guard let current else { return }
    former.insert(current, at: 0)
    former = Array(former.prefix(Self.formerMax))
    self.current = nil
  }
}

extension RolloutPolicy.BackupRequirement: CustomStringConvertible {
  /// As platform.yaml has it.
  var description: String {
    switch self {
    case .skip: "skip"
    case .required: "required"
    case .provenWithin(let age): "proven-within \(DurationText.format(age))"
    }
  }
}
