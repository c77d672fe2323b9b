import Core

/// The clients' witness of a rollout: polls from before the first change to the end of the soak.
///
/// The prober never stops in between; the machine that judges is set anew for each question.
final class ClientWitness {
  /// Most probes kept one by one for the report.
  static let samplesMax = 100_000
  /// Most failed probes kept beyond those.
  static let failedSamplesMax = 10_000
  private static let recentMax = 200

  private let prober: any ProbeSource
  private var machine: GateMachine?
  /// What judges a canary, in the place of the other.
  private(set) var canary: CanaryGate?
  private(set) var report = ProbeReport()
  private(set) var samples: [ProbeSample] = []
  /// The last probes, for the live view.
  private(set) var recent: [ProbeSample] = []
  private(set) var verdict: GateVerdict?
  /// Time in which nobody was heard while former gates judged.
  private var heldBefore: Duration = .zero
  /// When polling began.
  var startedAt: Timestamp { prober.startedAt }

  /// Judges by what a source has polled and goes on polling.
  init(_ source: any ProbeSource) { prober = source }

  deinit { prober.cancel() }

  /// Where the judging stands.
  var phase: GateMachine.Phase? { machine?.phase }
  /// Good answers in a row.
  var inARow: Int { machine?.inARow ?? 0 }
  /// Since polling began.
  var elapsed: Duration { prober.elapsed }

  /// Begins to judge by `policy` what is polled from now on.
  func judge(by policy: GatePolicy, baseline: Baseline?) {
    takeSamples()
    verdict = nil
    heldBefore = held
    machine = GateMachine(policy, baseline: baseline, beganAt: prober.elapsed)
    canary = nil
  }

  /// Lets no soak end while `body` runs, and the whole soak come after it where that says that it
  /// took something away.
  func holding(_ body: () throws -> Bool) rethrows {
    machine?.hold()
    let anew = try body()
    machine?.goOn(anew: anew)
  }

  private var gate: (any Gate)? { canary ?? machine }

  /// Time in which nobody was heard, or that was for nothing: no part of any bound.
  var held: Duration { heldBefore + (gate?.intake.held ?? .zero) }

  /// Why nobody can tell right now, nil where nothing but the release keeps the gate waiting.
  var doubt: GateDoubt? { gate?.doubt }

  /// Probes that failed since judging began.
  var failed: Int { canary?.failed ?? machine?.failed ?? 0 }

  /// Begins to judge a canary by what is polled from now on; what failed before stays counted.
  func judge(canary policy: CanaryPolicy, baseline: Baseline?) {
    takeSamples()
    verdict = nil
    if canary != nil {
      canary?.goOn(policy, at: prober.elapsed)
    } else {
      heldBefore = held
      canary = CanaryGate(policy, baseline: baseline, failed: failed, beganAt: prober.elapsed)
    }
    machine = nil
  }

  /// Takes in what was polled, and what the platform says; the verdict where there is one.
  @discardableResult
  func look(_ platform: PlatformObservation? = nil) -> GateVerdict? {
    let health = takeSamples()
    if let platform { tell(.platform(platform)) }
    tell(.tick(prober.elapsed, health))
    return verdict
  }

  /// Ends polling; where it `waits`, what is on its way counts as well.
  func stop(waits: Bool = true) {
    if !waits { prober.cancel() }
    let (last, health) = waits ? prober.stop() : prober.fetch()
    take(last, health)
    report.close(at: prober.elapsed)
  }

  private func tell(_ event: GateEvent) {
    guard verdict == nil else { return }
    if case .finish(let verdict)? = canary?.handle(event) ?? machine?.handle(event) {
      self.verdict = verdict
    }
  }

  @discardableResult
  private func takeSamples() -> ProberHealth {
    let (fresh, health) = prober.fetch()
    take(fresh, health)
    return health
  }

  private func take(_ fresh: [ProbeSample], _ health: ProberHealth) {
    report.prober = health
    for sample in fresh {
      report.add(sample)
      tell(.sample(sample))
    }
    recent = (recent + fresh).suffix(Self.recentMax)
    let kept = fresh.prefix(max(0, Self.samplesMax - samples.count))
    samples += kept
    // A failure is what somebody looks for, however late it comes.
    let limit = Self.samplesMax + Self.failedSamplesMax
    samples += fresh.dropFirst(kept.count).filter { $0.outcome.isFailed }
      .prefix(max(0, limit - samples.count))
  }
}
