import Core
import JSON

/// What can be done to an environment of a cluster beside a rollout.
extension Rollouts<ClusterSite> {
  /// The target that a rollout would have now, and the state that it would find.
  func prospect(
    _ request: RolloutRequest
  ) throws -> (target: ClusterTarget, state: RolloutState<ClusterRelease>) {
    let state = try site.surveyed(site.load())
    let made = try site.rendered(request, number: state.number + 1)
    let target = try ClusterTarget(
      site: site, release: made.release, former: state.current, objects: made.objects, request)
    return (target, state)
  }

  /// Prints what a rollout would do; changes nothing.
  func plan(_ request: RolloutRequest) throws -> ExitCode {
    let (target, state) = try prospect(request)
    let release = target.release
    let checks = try target.preflight().map(target.redaction.applied)
    let policy = target.policy
    let output = context.output
    output.line("rollout \(release.number) of \(target.environment) would do this:")
    output.line("  lock        Lease \(site.names.lease) in namespace \(target.namespace)")
    output.line("  preflight   \(counted(checks.count, "check")):")
    for check in checks {
      output.line("                \(check.verdict.rawValue)  \(check.subject): \(check.detail)")
    }
    let baseline = state.current.map { "poll \(target.entrance.shown), served by \($0.revision)" }
    output.line("  baseline    \(baseline ?? "none, nothing serves")")
    let job = target.migration?.job
    output.line("  migrate     \(job.map { "Job \($0.name)" } ?? "in the pod")")
    for (index, step) in target.clusterCanary.steps.enumerated() {
      output.line(
        "  step \(index + 1)      \(step.weight) % to a canary for"
          + " \(DurationText.format(step.time)), judged beside \(state.current?.revision ?? "")")
    }
    output.line(
      "  apply       \(counted(target.objects.count, "object")) for \(release.revision)"
        + " (\(release.image)), by \(target.delivery.shown)")
    output.line(
      "  gate        \(policy.consecutive) good answers in a row at"
        + " \(policy.probeRate)/s, \(policy.failedMax) failed allowed")
    let canary = target.clusterCanary.steps.isEmpty ? "" : "without the canary, "
    output.line("  soak        \(canary)\(DurationText.format(policy.soak))")
    output.line("  finish      remember \(release.revision)")
    return checks.contains { $0.verdict == .refuse } ? .refused : .done
  }
}
