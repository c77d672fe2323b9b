import Core
import JSON

/// What can be done to an environment of a cluster beside a rollout.
extension Rollouts<ClusterSite> {
  /// The target that a rollout would have now, and the state that it would find.
  func prospect(
    _ request: RolloutRequest
  ) throws -> (target: ClusterTarget, state: RolloutState<ClusterRelease>) {
    let state = try site.surveyed(site.load())
    let made = try site.rendered(request, number: state.number + 1, isPlan: true)
    let target = try ClusterTarget(
      site: site, release: made.release, former: state.current, objects: made.objects, request)
    return (target, state)
  }

  /// Prints what a rollout would do; changes nothing.
  func plan(_ request: RolloutRequest) throws -> ExitCode {
    let (target, state) = try prospect(request)
    let release = target.release
    let job = target.migration?.job
    let canary = target.clusterCanary.steps
    return try RolloutOutline(
      target: target, readiness: readiness(of: state), number: release.number,
      lock: "Lease \(site.names.lease) in namespace \(target.namespace)",
      migrate: job.map { "Job \($0.name)" } ?? "in the pod",
      steps: canary.map { step in
        "\(step.weight) % to a canary for \(DurationText.format(step.time)), judged beside"
          + " \(target.outgoing?.revision ?? "")"
      },
      apply: "\(counted(target.objects.count, "object")) for \(release.revision)"
        + " (\(release.image)), by \(target.delivery.shown)",
      soak: canary.isEmpty ? "" : "without the canary, ",
      finish: "remember \(release.revision)"
    ).show(on: context.output)
  }
}
