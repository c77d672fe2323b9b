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
  /// How much longer than `time` is waited for enough answers.
  var answersTimeout: Duration = .seconds(60)
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
/// Does no I/O. The old release answers beside the canary, so each is judged by its own answers,
/// and the canary's latency is compared with the old one's of the same time: what is slow for both
/// is not the new release's fault.
struct CanaryGate: Sendable, Equatable {
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

  private let baseline: Baseline?
  private var verdict: GateVerdict?
  private var wholeSince: Duration?
  private var lastSampleAt: Duration
  private var platform = PlatformObservation.progressing
  private var health = ProberHealth()
  private var unsoundFailures = 0
  /// Since when no probe comes to the service; nil while they do.
  private var unheardSince: Duration?

  /// A gate that judges what is sampled from `beganAt` on; `failed` probes are spent already.
  init(_ policy: CanaryPolicy, baseline: Baseline?, failed: Int = 0, beganAt: Duration = .zero) {
    self.policy = policy
    self.baseline = baseline
    otherFailed = failed
    lastSampleAt = beganAt
  }

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
    (verdict, wholeSince, platform) = (nil, nil, .progressing)
    unheardSince = nil
    lastSampleAt = now
  }

  /// Takes in one event.
  mutating func handle(_ event: GateEvent) -> GateAction {
    if let verdict { return .finish(verdict) }
    switch event {
    case .sample(let sample): return take(sample)
    case .platform(let observation): return take(observation)
    case .tick(let now, let health):
      self.health = health
      return judge(at: now)
    }
  }

  private mutating func take(_ sample: ProbeSample) -> GateAction {
    if sample.outcome == .noData {
      unheardSince = min(unheardSince ?? sample.dueAt, sample.dueAt)
      return .wait
    }
    hear(at: sample.endedAt)
    lastSampleAt = max(lastSampleAt, sample.endedAt)
    if let revision = sample.revision, revision != policy.old, revision != policy.new {
      return finish(.failed(.foreignRevision(revision)))
    }
    guard sample.outcome.isGood else { return takeFailure(sample) }
    guard wholeSince != nil else { return .wait }
    if sample.revision == policy.new {
      canary.latency.add(sample.total)
    } else {
      stable.latency.add(sample.total)
    }
    return .wait
  }

  /// Goes on after a time in which nobody could be asked; none of it is of the step.
  private mutating func hear(at moment: Duration) {
    guard let since = unheardSince else { return }
    unheardSince = nil
    wholeSince = wholeSince.map { $0 + max(.zero, moment - max(since, $0)) }
  }

  private mutating func takeFailure(_ sample: ProbeSample) -> GateAction {
    let isCanary = sample.revision == policy.new
    if isCanary { canaryFailed += 1 } else { otherFailed += 1 }
    if sample.outcome.mayBeTheProbersFault { unsoundFailures += 1 }
    let isCanarySpent = canaryFailed > policy.canaryFailedMax
    guard isCanarySpent || failed > policy.failedMax else { return .wait }
    if !isCanarySpent, let doubt = health.bottleneck, failed - unsoundFailures <= policy.failedMax {
      return finish(.inconclusive(.proberWasTheBottleneck(doubt)))
    }
    return finish(
      .failed(
        .sideFailed(
          isCanary: isCanarySpent, failed: isCanarySpent ? canaryFailed : failed,
          allowed: isCanarySpent ? policy.canaryFailedMax : policy.failedMax,
          last: sample.outcome)))
  }

  private mutating func take(_ observation: PlatformObservation) -> GateAction {
    platform = observation
    switch observation {
    case .failed(let cause): return finish(.failed(.platform(cause)))
    case .complete:
      if wholeSince == nil { wholeSince = lastSampleAt }
    case .progressing:
      // A pod that went and comes again: what was seen before it says nothing of the share.
      wholeSince = nil
      (canary, stable) = (Side(), Side())
    case .unknown: break
    }
    return .wait
  }

  private mutating func judge(at now: Duration) -> GateAction {
    let silence = now - lastSampleAt
    if silence > policy.silenceMax { return finish(.inconclusive(.noData(silence))) }
    guard let wholeSince, now - wholeSince >= policy.time, unheardSince == nil else {
      return .wait
    }
    if case .unknown(let reason) = platform {
      return hasWaited(since: wholeSince, now)
        ? finish(.inconclusive(.platform(reason))) : .wait
    }
    if let doubt = health.bottleneck {
      return finish(.inconclusive(.proberWasTheBottleneck(doubt)))
    }
    guard canary.good >= policy.answersMin else {
      return hasWaited(since: wholeSince, now)
        ? finish(
          .inconclusive(
            .fewAnswers(canary.good, wanted: policy.answersMin, revision: policy.new))) : .wait
    }
    return finish(verdictOfLatency)
  }

  private func hasWaited(since moment: Duration, _ now: Duration) -> Bool {
    now - moment > policy.time + policy.answersTimeout
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

  private mutating func finish(_ verdict: GateVerdict) -> GateAction {
    self.verdict = verdict
    return .finish(verdict)
  }
}
