import Core

/// What the platform says of the new release.
enum PlatformObservation: Sendable, Equatable {
  /// It is on its way.
  case progressing
  /// It runs, all of it.
  case complete
  /// It will not run; the cause in one line.
  case failed(String)
  /// It is not heard right now, and may be again in a moment.
  case unheard
  /// The platform can not be asked; the reason in one line.
  case unknown(String)

  /// Whether anybody tells how it stands.
  var isHeard: Bool {
    switch self {
    case .progressing, .complete, .failed: true
    case .unheard, .unknown: false
    }
  }
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
/// Settling: until enough good answers in a row come from the wanted revision, and the platform
/// agrees. Soaking: all must stay so for a while. An answer of the old revision during the soak is
/// a connection that drains, and begins the settling again. Failed probes count in both, and the
/// soak ends with as many good answers in a row as it began with, once all that was asked in it is
/// answered.
struct GateMachine: Gate, Equatable {
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
  var intake: GateIntake

  let policy: GatePolicy
  private let baseline: Baseline?
  private let beganAt: Duration
  private var latency = LatencyHistogram()
  private var soakSamples = 0
  private var lastFailure: ProbeSample?
  private var isHeld = false

  /// A gate that judges what is sampled from `beganAt` on.
  init(_ policy: GatePolicy, baseline: Baseline? = nil, beganAt: Duration = .zero) {
    self.policy = policy
    self.baseline = baseline
    self.beganAt = beganAt
    intake = GateIntake(beganAt: beganAt)
  }

  var verdict: GateVerdict? { if case .finished(let verdict) = phase { verdict } else { nil } }
  var silenceMax: Duration { policy.silenceMax }

  /// Lets no soak end until `goOn`: something may be taken away first that had its part so far.
  mutating func hold() { isHeld = true }

  /// Goes on; where something was taken away, with as many good answers in a row as at the
  /// beginning, and then the whole soak.
  mutating func goOn(anew: Bool) {
    isHeld = false
    guard anew else { return }
    if case .soaking = phase { phase = .settling }
    inARow = 0
  }

  func isForeign(_ revision: String) -> Bool { policy.revisions.isForeign(revision) }

  mutating func takeAnswer(_ sample: ProbeSample) -> GateAction {
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

  mutating func leaveOut(_ gap: Range<Duration>) {
    if case .soaking(let start) = phase { phase = .soaking(since: start.leavingOut(gap)) }
  }

  mutating func takeFailure(_ sample: ProbeSample) -> GateAction {
    if policy.isForgiven(sample, beganAt: beganAt) {
      inARow = 0
      return .wait
    }
    failed += 1
    lastFailure = sample
    inARow = 0
    guard failed > policy.failedMax else { return .wait }
    if let doubt = intake.bottleneck, failed - intake.unsoundFailures <= policy.failedMax {
      return finish(.inconclusive(.proberWasTheBottleneck(doubt)))
    }
    return finish(.failed(tooManyFailed(policy.failedMax, sample)))
  }

  private func tooManyFailed(_ allowed: Int, _ last: ProbeSample) -> GateFailure {
    .tooManyFailed(
      failed: failed, allowed: allowed, last: last.outcome, probeClass: last.probeClass,
      words: last.words)
  }

  mutating func takePlatform(isComplete: Bool) -> GateAction {
    if !isComplete, policy.needsPlatform, case .soaking(let since) = phase {
      intake.restart(after: intake.now - since)
      phase = .settling
    }
    return settle(at: intake.lastSampleAt)
  }

  /// Begins the soak where both witnesses are satisfied.
  private mutating func settle(at moment: Duration) -> GateAction {
    guard phase == .settling, !isHeld, inARow >= policy.consecutive else { return .wait }
    guard !policy.needsPlatform || intake.platform == .complete else { return .wait }
    phase = .soaking(since: moment)
    intake.begin(keepingRestarts: true)
    soakSamples = 0
    return .soak
  }

  mutating func judge(at now: Duration) -> GateAction {
    switch phase {
    case .finished(let verdict): return .finish(verdict)
    case .settling: return hasRun(policy.timeout, at: now) ? finish(unsettled) : .wait
    case .soaking(let since):
      if policy.needsPlatform,
        let reason = intake.blindness(
          after: policy.unknownMax, isOver: hasRun(policy.timeout + policy.soak, at: now))
      {
        return finish(.inconclusive(.platform(reason)))
      }
      if intake.held > policy.timeout, hasRun(policy.timeout + policy.soak, at: now) {
        return finish(.inconclusive(.gaps(intake.held)))
      }
      guard !isHeld, !intake.isInGap, now - since >= policy.soak,
        intake.isAnswered(before: since + policy.soak)
      else { return .wait }
      // Failures may be forgiven, but a service that fails right now has not passed.
      guard inARow >= policy.consecutive else {
        return hasRun(policy.timeout + policy.soak, at: now) ? finish(unsettled) : .wait
      }
      if policy.judgesProber, let doubt = intake.doubt {
        return now - since > policy.soak + policy.doubtMax ? finish(.inconclusive(doubt)) : .wait
      }
      return finish(soaked(now - since))
    }
  }

  private func hasRun(_ time: Duration, at now: Duration) -> Bool {
    now - beganAt - min(intake.held, policy.timeout) > time
  }

  /// The verdict where the time for settling is over.
  private var unsettled: GateVerdict {
    if let doubt = intake.bottleneck { return .inconclusive(.proberWasTheBottleneck(doubt)) }
    if policy.needsPlatform, inARow >= policy.consecutive {
      if case .unknown(let reason) = intake.platform { return .inconclusive(.platform(reason)) }
      let time = DurationText.format(policy.timeout)
      return .inconclusive(.platform("clients are served, the platform is not done after \(time)"))
    }
    if intake.held > policy.timeout { return .inconclusive(.gaps(intake.held)) }
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

  mutating func finish(_ verdict: GateVerdict) -> GateAction {
    phase = .finished(verdict)
    return .finish(verdict)
  }
}
