import Core

/// What the platform says of the new release.
enum PlatformObservation: Sendable, Equatable {
  /// It is on its way.
  case progressing
  /// It runs, all of it.
  case complete
  /// It will not run; the cause in one line.
  case failed(String)
  /// The platform can not be asked; the reason in one line.
  case unknown(String)
}

/// What happens to the gate.
///
/// Times are those of the prober's clock.
enum GateEvent: Sendable, Equatable {
  /// A probe is over.
  case sample(ProbeSample)
  /// The platform was asked.
  case platform(PlatformObservation)
  /// Time has passed, and this is how the prober kept up; sent a few times a second.
  case tick(Duration, ProberHealth)
}

/// What the gate wants next.
enum GateAction: Sendable, Equatable {
  /// More events.
  case wait
  /// More events; the wanted answers came, the soak has begun.
  case soak
  /// No more events.
  case finish(GateVerdict)
}

/// Decides whether a release is good, from what two witnesses saw.
///
/// Does no I/O, so that a recorded rollout can be decided again.
///
/// Settling: until enough good answers in a row come from the wanted revision, and the platform
/// agrees. Soaking: all must stay so for a while. An answer of the old revision during the soak is
/// a connection that drains, and begins the settling again. Failed probes count in both, and the
/// soak ends with as many good answers in a row as it began with.
struct GateMachine: Sendable, Equatable {
  /// Where the gate stands.
  enum Phase: Sendable, Equatable {
    /// Waiting for good answers in a row.
    case settling
    /// Waiting for `soak` to pass, since this moment.
    case soaking(since: Duration)
    /// Over.
    case finished(GateVerdict)
  }

  /// So many slow answers prove nothing, however few there were in all.
  static let slowAnswersForgiven = 3

  private(set) var phase = Phase.settling
  /// Good answers of the wanted revision without another between them.
  private(set) var inARow = 0
  /// Probes that failed.
  private(set) var failed = 0

  let policy: GatePolicy
  private let baseline: Baseline?
  private let beganAt: Duration
  private var lastSampleAt: Duration
  private var platform = PlatformObservation.progressing
  private var health = ProberHealth()
  private var latency = LatencyHistogram()
  private var soakSamples = 0
  private var lastFailure: ProbeSample?
  /// Since when no probe comes to the service; nil while they do.
  private var unheardSince: Duration?
  private var unsoundFailures = 0
  private var isHeld = false

  /// A gate that judges what is sampled from `beganAt` on.
  init(_ policy: GatePolicy, baseline: Baseline? = nil, beganAt: Duration = .zero) {
    self.policy = policy
    self.baseline = baseline
    self.beganAt = beganAt
    self.lastSampleAt = beganAt
  }

  /// Lets no soak begin until `goOn`: something is taken away first that had its part so far.
  mutating func hold() {
    isHeld = true
    if case .soaking = phase { phase = .settling }
  }

  /// Wants as many good answers in a row as at the beginning, and then the whole soak.
  mutating func goOn() {
    isHeld = false
    inARow = 0
  }

  /// Takes in one event.
  mutating func handle(_ event: GateEvent) -> GateAction {
    if case .finished(let verdict) = phase { return .finish(verdict) }
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
    if let revision = sample.revision, policy.revisions.isForeign(revision) {
      return finish(.failed(.foreignRevision(revision)))
    }
    guard sample.outcome.isGood else { return takeFailure(sample) }
    guard policy.revisions.wanted == nil || sample.revision == policy.revisions.wanted else {
      inARow = 0
      phase = .settling
      return .wait
    }
    inARow += 1
    latency.add(sample.total)
    if case .soaking = phase { soakSamples += 1 }
    return settle(at: sample.endedAt)
  }

  /// Goes on after a time in which nobody could be asked; none of it is soak.
  private mutating func hear(at moment: Duration) {
    guard let since = unheardSince else { return }
    unheardSince = nil
    if case .soaking(let start) = phase {
      phase = .soaking(since: start + max(.zero, moment - max(since, start)))
    }
  }

  private mutating func takeFailure(_ sample: ProbeSample) -> GateAction {
    failed += 1
    lastFailure = sample
    inARow = 0
    if sample.outcome.mayBeTheProbersFault { unsoundFailures += 1 }
    guard failed > policy.failedMax else { return .wait }
    if let doubt = health.bottleneck, failed - unsoundFailures <= policy.failedMax {
      return finish(.inconclusive(.proberWasTheBottleneck(doubt)))
    }
    return finish(.failed(tooManyFailed(policy.failedMax, sample)))
  }

  private func tooManyFailed(_ allowed: Int, _ last: ProbeSample) -> GateFailure {
    .tooManyFailed(
      failed: failed, allowed: allowed, last: last.outcome, probeClass: last.probeClass,
      words: last.words)
  }

  private mutating func take(_ observation: PlatformObservation) -> GateAction {
    platform = observation
    if case .failed(let cause) = observation { return finish(.failed(.platform(cause))) }
    if observation != .complete, case .soaking = phase, policy.needsPlatform { phase = .settling }
    return settle(at: lastSampleAt)
  }

  /// Begins the soak where both witnesses are satisfied.
  private mutating func settle(at moment: Duration) -> GateAction {
    guard phase == .settling, !isHeld, inARow >= policy.consecutive else { return .wait }
    guard !policy.needsPlatform || platform == .complete else { return .wait }
    phase = .soaking(since: moment)
    soakSamples = 0
    return .soak
  }

  private mutating func judge(at now: Duration) -> GateAction {
    let silence = now - max(lastSampleAt, beganAt)
    if silence > policy.silenceMax { return finish(.inconclusive(.noData(silence))) }
    switch phase {
    case .finished(let verdict): return .finish(verdict)
    case .settling: return now - beganAt > policy.timeout ? finish(unsettled) : .wait
    case .soaking(let since):
      guard now - since >= policy.soak, unheardSince == nil else { return .wait }
      // Failures may be forgiven, but a service that fails right now has not passed.
      if inARow >= policy.consecutive { return finish(soaked(now - since)) }
      return now - beganAt > policy.timeout + policy.soak ? finish(unsettled) : .wait
    }
  }

  /// The verdict where the time for settling is over.
  private var unsettled: GateVerdict {
    if let doubt = health.bottleneck { return .inconclusive(.proberWasTheBottleneck(doubt)) }
    if policy.needsPlatform, inARow >= policy.consecutive {
      if case .unknown(let reason) = platform { return .inconclusive(.platform(reason)) }
      let time = DurationText.format(policy.timeout)
      return .inconclusive(.platform("clients are served, the platform is not done after \(time)"))
    }
    return .failed(
      .notSettled(
        inARow: inARow, wanted: policy.consecutive, revision: policy.revisions.wanted,
        timeout: policy.timeout))
  }

  /// The share of answers that must not be too slow: 99 %, and fewer where that would let one or
  /// two answers of a busy moment speak for the whole.
  static func judgedShare(of count: Int) -> Double {
    min(0.99, 1 - Double(slowAnswersForgiven) / Double(max(1, count)))
  }

  /// The verdict where the soak is over.
  private func soaked(_ time: Duration) -> GateVerdict {
    if policy.judgesProber, let doubt = health.bottleneck {
      return .inconclusive(.proberWasTheBottleneck(doubt))
    }
    if soakSamples == 0, policy.soak > .zero { return .inconclusive(.noData(time)) }
    let forgiven = policy.failedShareMax.map { Int($0 * Double(failed + latency.count)) }
    if let forgiven, let lastFailure, failed > forgiven {
      return .failed(tooManyFailed(forgiven, lastFailure))
    }
    guard let p99 = latency.percentile(Self.judgedShare(of: latency.count)) else { return .passed }
    let compared = baseline.map { max(policy.latencyFloor, $0.p99 * policy.latencyFactor) }
    if let allowed = [compared, policy.latencyMax].compactMap(\.self).min(), p99 > allowed {
      return .failed(.tooSlow(p99: p99, allowed: allowed))
    }
    return .passed
  }

  private mutating func finish(_ verdict: GateVerdict) -> GateAction {
    phase = .finished(verdict)
    return .finish(verdict)
  }
}
