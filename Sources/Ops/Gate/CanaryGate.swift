import Core

/// What a canary must show in one step.
struct CanaryPolicy: Sendable, Equatable {
  /// The revision that serves, and the one that is tried beside it.
  let old: String
  let new: String
  /// How long the canary must be good, once the platform says that all of it runs.
  var time: Duration
  /// Good answers of the canary without which nobody knows; of the old release as many, or it is
  /// compared with what was before.
  var answersMin = 50
  /// Failed probes that are forgiven over all steps.
  var failedMax = 0
  /// Of those the canary's own: its share of the requests is its share of what is forgiven.
  var canaryFailedMax = 0
  /// How much higher than the old release's the canary's 99th percentile may be.
  var latencyFactor = 3.0
  /// A 99th percentile up to this is never too high.
  var latencyFloor: Duration = .milliseconds(50)
  /// Most time without any sample.
  var silenceMax: Duration = .seconds(10)
  /// How much longer than `time` is waited for enough answers, and for an end of doubt.
  var answersTimeout: Duration = Self.answersTimeoutDefault
  /// How long the platform may not be asked until nobody knows.
  var unknownMax = GatePolicy().unknownMax

  static let answersTimeoutDefault: Duration = .seconds(60)
}

extension CanaryPolicy {
  /// The policy of a rollout for one of its steps.
  init(
    _ step: RolloutStep, over outgoing: ReleaseName, to incoming: ReleaseName,
    _ policy: RolloutPolicy
  ) {
    self.init(old: outgoing.revision, new: incoming.revision, time: step.time)
    answersMin = policy.consecutive
    failedMax = policy.failedMax
    canaryFailedMax = (policy.failedMax * step.weight + 99) / 100
    latencyFactor = policy.latencyFactor
  }
}

/// Decides whether a canary may have a greater share, from what two witnesses saw.
///
/// The old release answers beside the canary, so each is judged by its own answers, and the
/// canary's latency is compared with the old one's of the same time: what is slow for both is not
/// the new release's fault.
struct CanaryGate: Gate, Equatable {
  /// What one side answered since the canary was whole.
  struct Side: Sendable, Equatable {
    fileprivate(set) var latency = LatencyHistogram()
    var good: Int { latency.count }
  }

  private(set) var canary = Side()
  private(set) var stable = Side()
  /// Failed probes that the canary answered, over all steps.
  private(set) var canaryFailed = 0
  /// Failed probes of the old release, and those that nobody answered, over all steps.
  private(set) var otherFailed: Int
  private(set) var policy: CanaryPolicy
  private(set) var verdict: GateVerdict?
  var intake: GateIntake

  private let baseline: Baseline?
  private var wholeSince: Duration?

  /// A gate that judges what is sampled from `beganAt` on; `failed` probes are spent already.
  init(_ policy: CanaryPolicy, baseline: Baseline?, failed: Int = 0, beganAt: Duration = .zero) {
    self.policy = policy
    self.baseline = baseline
    otherFailed = failed
    intake = GateIntake(beganAt: beganAt)
  }

  var silenceMax: Duration { policy.silenceMax }

  /// What both sides answered, in one line.
  var words: String {
    let (now, before) = (canary.latency.text(0.99), stable.latency.text(0.99))
    return "\(counted(canary.good, "answer")) of the canary, p99 \(now), "
      + "\(counted(stable.good, "answer")) beside it, p99 \(before)"
  }

  /// Failed probes in all.
  var failed: Int { canaryFailed + otherFailed }

  /// Begins the next step: what failed stays counted, what was answered is of another share.
  mutating func goOn(_ policy: CanaryPolicy, at now: Duration) {
    self.policy = policy
    (canary, stable) = (Side(), Side())
    (verdict, wholeSince) = (nil, nil)
    intake.beginAnew(at: now)
  }

  func isForeign(_ revision: String) -> Bool { revision != policy.old && revision != policy.new }

  mutating func takeAnswer(_ sample: ProbeSample) -> GateAction {
    guard wholeSince != nil else { return .wait }
    if sample.revision == policy.new {
      canary.latency.add(sample.total)
    } else {
      stable.latency.add(sample.total)
    }
    return .wait
  }

  mutating func leaveOut(_ gap: Range<Duration>) {
    wholeSince = wholeSince.map { $0.leavingOut(gap) }
  }

  mutating func takeFailure(_ sample: ProbeSample) -> GateAction {
    let isCanary = sample.revision == policy.new
    if isCanary { canaryFailed += 1 } else { otherFailed += 1 }
    let isCanarySpent = canaryFailed > policy.canaryFailedMax
    guard isCanarySpent || failed > policy.failedMax else { return .wait }
    if !isCanarySpent, let doubt = intake.bottleneck,
      failed - intake.unsoundFailures <= policy.failedMax
    {
      return finish(.inconclusive(.proberWasTheBottleneck(doubt)))
    }
    return finish(
      .failed(
        .sideFailed(
          isCanary: isCanarySpent, failed: isCanarySpent ? canaryFailed : failed,
          allowed: isCanarySpent ? policy.canaryFailedMax : policy.failedMax,
          last: sample.outcome)))
  }

  mutating func takePlatform(isComplete: Bool) -> GateAction {
    if isComplete, wholeSince == nil {
      wholeSince = intake.now
      intake.begin(keepingRestarts: true)
    }
    guard !isComplete, let since = wholeSince else { return .wait }
    // A pod that went and comes again: what was seen before it says nothing of the share.
    wholeSince = nil
    (canary, stable) = (Side(), Side())
    intake.restart(after: intake.now - since)
    return intake.restarts > GateIntake.restartsMax
      ? finish(.inconclusive(.restless(intake.restarts))) : .wait
  }

  mutating func judge(at now: Duration) -> GateAction {
    // A step has no bound of its own: that of the whole ends it.
    if let reason = intake.blindness(after: policy.unknownMax, isOver: false) {
      return finish(.inconclusive(.platform(reason)))
    }
    guard let wholeSince, !intake.isInGap, now - wholeSince >= policy.time,
      intake.isAnswered(before: wholeSince + policy.time)
    else { return .wait }
    if let doubt = intake.doubt ?? fewAnswers {
      return now - wholeSince > policy.time + policy.answersTimeout
        ? finish(.inconclusive(doubt)) : .wait
    }
    return finish(verdictOfLatency)
  }

  private var fewAnswers: GateDoubt? {
    canary.good >= policy.answersMin
      ? nil : .fewAnswers(canary.good, wanted: policy.answersMin, revision: policy.new)
  }

  /// The verdict by latency, the last that is looked at: by half of the answers, which a busy
  /// moment hardly moves, and by nearly all of them.
  private var verdictOfLatency: GateVerdict {
    for share in [0.5, GateMachine.judgedShare(of: canary.good)] {
      guard let before = before(share), let now = canary.latency.percentile(share) else { continue }
      let allowed = max(policy.latencyFloor, before * policy.latencyFactor)
      if now > allowed {
        return .failed(
          .canarySlow(share: share, latency: now, beside: before, allowed: allowed))
      }
    }
    return .passed
  }

  private func before(_ share: Double) -> Duration? {
    if stable.good >= policy.answersMin { return stable.latency.percentile(share) }
    return share > 0.5 ? baseline?.p99 : baseline?.p50
  }

  mutating func finish(_ verdict: GateVerdict) -> GateAction {
    self.verdict = verdict
    return .finish(verdict)
  }
}
