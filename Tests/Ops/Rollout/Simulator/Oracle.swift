import Core

@testable import Ops

/// Knows what was true, and says which property does not hold.
struct Oracle {
  /// A cluster that is away for so long may be blamed for an end.
  private static let awayMax: Duration = .seconds(60)
  /// How long the cluster has to come to rest.
  private static let restMax: Duration = .seconds(180)

  private let scenario: Scenario
  private let faults: SimulatedFaults
  private let cluster: SimulatedCluster
  /// Whether something was made by a call that came too late: a canary without pods, which the
  /// next rollout takes away, or a first release.
  var hasMadeLate = false

  /// What is known of `scenario`, which ended amid `faults`.
  init(_ scenario: Scenario, _ faults: SimulatedFaults, _ cluster: SimulatedCluster) {
    (self.scenario, self.faults, self.cluster) = (scenario, faults, cluster)
  }

  func violations<Subject>(
    _ target: SimulatedTarget<Subject>, _ time: SimulatedTime, _ outcome: Outcome
  ) -> [String] {
    let failures = time.clients?.failures.filter { $0 >= target.judgedFrom ?? .zero } ?? []
    return passed(outcome, failed: failures.count) + judged(target) + leaves(outcome)
  }

  /// What must not come of a rollout that nothing stood in the way of: `failed` requests were lost
  /// by anybody at any time, and the API was `away` for so long in all.
  func unreasonable(
    _ outcome: Outcome, failed: Int, away: Duration, _ cause: String?
  ) -> [String] {
    guard away < Self.awayMax else { return [] }
    let words = "\(outcome.rawValue): \(cause ?? "no cause")"
    if outcome == .rollbackFailed { return ["the way back failed without a reason, \(words)"] }
    guard scenario.incoming.conduct.isGood, failed == 0, ![.done, .aborted].contains(outcome)
    else { return [] }
    // Nothing is begun where the API is away, and a machine that sleeps again and again measures
    // nothing.
    let isHindered = away > .zero || !scenario.suspended.isEmpty
    let hindrances = ["no answer in time", "could not be measured"]
    if outcome == .refused, isHindered, hindrances.contains(where: { cause?.contains($0) ?? false })
    {
      return []
    }
    // Who asks for little time may get none.
    if scenario.timeout < .seconds(600), cause?.contains("(--timeout)") ?? false { return [] }
    return ["a good release was taken back, \(words)"]
  }

  /// The same of a rollout by processes; `remembered` is the revision that is kept as the current.
  func violations(
    _ target: WatchedTarget?, _ clients: SimulatedClients?, _ outcome: Outcome,
    remembered: String?
  ) -> [String] {
    let failures = clients?.failures.filter { $0 >= target?.judgedFrom ?? .zero } ?? []
    var violations = passed(outcome, failed: failures.count)
    for (revision, cause) in target?.failures ?? []
    where cause.contains("pod slipway-") && !cause.contains("pod slipway-\(revision)-") {
      violations.append("judged another release than \(revision): \(cause)")
    }
    violations += leaves(outcome)
    let old = scenario.outgoing?.revision
    switch outcome {
    case .done where remembered != scenario.incoming.revision,
      .rolledBack where remembered != old, .aborted where remembered != old,
      .inconclusive where remembered != old, .refused where remembered != old:
      violations.append("\(remembered ?? "nothing") is remembered after \(outcome.rawValue)")
    default: break
    }
    if old == nil, [.rolledBack, .aborted, .inconclusive].contains(outcome),
      cluster.deployment != nil, !hasMadeLate
    {
      violations.append("a first release is left after \(outcome.rawValue)")
    }
    return violations
  }

  /// What must be true of a release that has passed.
  private func passed(_ outcome: Outcome, failed: Int) -> [String] {
    guard outcome == .done else { return [] }
    var violations: [String] = []
    if cluster.lostReplicas { violations.append("what served was scaled to one pod") }
    if failed > scenario.failedMax {
      violations.append("passed with \(failed) failed requests")
    }
    let complete = cluster.completeAt
    if complete?.revision != scenario.incoming.revision
      || cluster.now - (complete?.at ?? .zero) > faults.stalenessMax
    {
      violations.append("passed while the platform was not complete")
    }
    let isBad =
      !scenario.incoming.conduct.isGood
      // Without a release before it nobody knows what slow is.
      && !(scenario.outgoing == nil && scenario.incoming.conduct == .answersSlowly)
    if isBad { violations.append("a bad release passed: \(scenario.incoming.conduct)") }
    return violations
  }

  /// What the platform's witness may say.
  private func judged<Subject>(_ target: SimulatedTarget<Subject>) -> [String] {
    target.findings.compactMap { release, finding in
      guard case .failed(let cause) = finding else { return nil }
      if let pod = cause.place?.pod, !pod.hasPrefix("slipway-\(release)-") {
        return "judged pod \(pod) of another release"
      }
      let conduct =
        release == scenario.incoming.revision
        ? scenario.incoming.conduct : scenario.outgoing?.conduct
      guard conduct?.isCompleteOnPlatform == true else { return nil }
      return "a good release (\(conduct?.rawValue ?? "")) was failed: \(CauseText(cause).line)"
    }
  }

  /// What must serve in the end, once the cluster has come to rest.
  private func leaves(_ outcome: Outcome) -> [String] {
    guard scenario.outgoing != nil else { return [] }
    let isLeft = cluster.canary.map { $0.replicas > 0 || !hasMadeLate } ?? false
    if isLeft, outcome != .interrupted, outcome != .rollbackFailed {
      return ["a canary is left after \(outcome.rawValue)"]
    }
    let end = cluster.now + Self.restMax
    // All that was planned has happened by then, and the rest follows from it.
    while cluster.now < end, !(cluster.isComplete && cluster.hasNoPlans) { cluster.advance() }
    let serving = Set(cluster.endpoints.map(\.release.revision))
    if serving.isEmpty,
      scenario.incoming.conduct != .crashingOnceReady || outcome != .rollbackFailed
    {
      return ["nothing serves after \(outcome.rawValue)"]
    }
    switch outcome {
    case .done where serving != ["new"]: return ["the new release does not serve after done"]
    case .rolledBack, .aborted, .inconclusive, .refused:
      return serving == ["old"] ? [] : ["the old release does not serve after \(outcome.rawValue)"]
    case .done, .rollbackFailed, .interrupted, .locked: return []
    }
  }
}
