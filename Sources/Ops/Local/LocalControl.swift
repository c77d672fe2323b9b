import Core
import JSON
import POSIX

/// What can be done to a local environment beside a rollout.
extension Rollouts<LocalSite> {
  /// How long replicas and their supervisor may take to leave.
  private static var stopTimeout: Duration { .seconds(60) }
  private static var tick: Duration { .milliseconds(50) }

  /// Ends the replicas and their supervisor; what serves is remembered as a former release.
  func stop() throws -> ExitCode {
    try withLock("stop") { holder in
      let (client, paths, lock) = (site.client, site.paths, site.lock)
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
        var state = try site.load()
        state.forgetCurrent()
        try site.save(state)
      }
      return .done
    }
  }

  /// The target that a rollout would have now, and the state that it would find.
  func prospect(_ request: RolloutRequest) throws -> (target: LocalTarget, state: LocalState) {
    try site.prepare()
    let state = try site.load()
    let source = try site.programPath(request)
    let release = site.release(
      digest: try ReleaseStore.digest(of: source), program: source,
      variables: request.variables, number: state.number + 1)
    let target = try site.localTarget(release, over: state.current, request)
    return (target, state)
  }

  /// Prints what a rollout would do; changes nothing but the folder it looks at.
  func plan(_ request: RolloutRequest) throws -> ExitCode {
    let (target, state) = try prospect(request)
    let release = target.release
    let policy = target.policy
    return try RolloutOutline(
      target: target, readiness: readiness(of: state), number: release.number,
      lock: site.paths.lock,
      backup: "\(policy.backup)", migrate: "\(target.database)",
      apply: "start \(counted(release.replicas, "replica")) of \(release.revision), watch each"
        + " for \(DurationText.format(policy.minReady)), admit, dismiss the old",
      finish: "remember \(release.revision), keep \(LocalState.formerMax) former"
    ).show(on: context.output)
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
