import Core

/// What every gate takes in alike: who was heard and who was not, and how the prober kept up.
///
/// Time in which nobody is heard is left out: it is no part of a step or a soak, and the first of
/// it not of their bounds either. Who polls into it is counted all the same: where too much of what
/// was asked lately came to nobody, little is known.
struct GateIntake: Sendable, Equatable {
  /// So long nothing comes back where nothing was sent: this machine stood still.
  static let stallMin: Duration = .seconds(2)
  /// What of each time in which nobody is heard is left out of the bounds as well: a watch that is
  /// cut, or a server that starts anew, is heard again within it.
  static let heldMax: Duration = .seconds(15)
  /// The most time between two events that is believed to have been without any sample: a process
  /// that was suspended did not listen.
  static let strideMax: Duration = .seconds(1)
  /// The share of probes that may come to nobody while others come to the service.
  static let unheardShareMax = 0.1
  /// So many of them are no reason for doubt, however few were sent.
  static let unheardCountMax = 5
  /// How often what was whole may be so no more until that is not made up for.
  static let restartsMax = 3

  /// The last moment that is known of.
  private(set) var now: Duration
  /// When a probe was over last that came to the service.
  private(set) var lastSampleAt: Duration
  /// How long no probe has come to the service.
  private(set) var silence: Duration = .zero
  private(set) var platform = PlatformObservation.progressing
  /// How the prober kept up, from its start.
  private(set) var health = ProberHealth()
  /// Failures that the prober may have caused itself.
  var unsoundFailures = 0
  /// How often what was whole was so no more, in this step or soak.
  private(set) var restarts = 0

  /// Time in which nobody was heard, or that was for nothing, without the gap that is open.
  private var heldBefore: Duration = .zero
  /// Since when no probe comes to the service; nil while they do.
  private var unheardSince: Duration?
  /// When a probe failed last.
  private var lastFailedAt: Duration?
  /// Since when the platform can not be asked.
  private var unseenSince: Duration?
  /// Since when one of the two holds.
  private var gapSince: Duration?
  /// What the prober's health is counted from.
  private var healthBefore = ProberHealth()
  /// As it was when a probe came to the service last.
  private var healthHeard = ProberHealth()
  private var hasHeard = false
  private var hasStalled = false
  /// Probes since the step or the soak began, the last of them.
  private var lately = RecentProbes()

  init(beganAt: Duration) { (now, lastSampleAt) = (beganAt, beganAt) }

  /// Counts from now on what a step or a soak is judged by.
  mutating func begin(keepingRestarts: Bool = false) {
    lately = RecentProbes()
    if !keepingRestarts { restarts = 0 }
    healthBefore = health
  }

  /// Begins with what is asked next.
  mutating func beginAnew(at moment: Duration) {
    closeGap(at: moment)
    (unheardSince, unseenSince) = (nil, nil)
    (now, lastSampleAt, silence) = (max(now, moment), moment, .zero)
    platform = .progressing
    begin()
  }

  /// Whether nobody is heard right now: time in which nothing is judged.
  ///
  /// Whether this machine stood still, the next probe will tell.
  var isInGap: Bool { gapSince != nil || now - lastSampleAt > Self.stallMin }

  /// Whether every probe that was due before `moment` is over: what is still on its way may fail.
  func isAnswered(before moment: Duration) -> Bool {
    health.unanswered.map { $0 >= moment } ?? true
  }

  /// Time that is not of the bounds.
  var held: Duration {
    heldBefore + (gapSince.map { min(Self.heldMax, max(.zero, now - $0)) } ?? .zero)
  }

  /// Why the platform can not be asked, once that takes longer than `time`.
  ///
  /// While clients are heard and answered well nothing speaks against the release, and the
  /// platform is waited for until all time is over, `isOver`: a control plane may take minutes.
  func blindness(after time: Duration, isOver: Bool) -> String? {
    guard case .unknown(let reason) = platform, let unseenSince, now - unseenSince > time else {
      return nil
    }
    let isServed = now - lastSampleAt <= Self.stallMin && (lastFailedAt ?? .zero) < unseenSince
    return isServed && !isOver ? nil : reason
  }

  /// Why what was seen since the step or the soak began proves little.
  var doubt: GateDoubt? {
    if let reason = health.since(healthBefore).bottleneck {
      return .proberWasTheBottleneck(reason)
    }
    return Self.doubt(unheard: lately.unheard, heard: lately.heard)
  }

  /// The doubt where too many probes came to nobody while others came to the service: what a part
  /// of its clients meets is not known.
  static func doubt(unheard: Int, heard: Int) -> GateDoubt? {
    let sent = heard + unheard
    let forgiven = max(Double(unheardCountMax), unheardShareMax * Double(sent))
    return Double(unheard) > forgiven ? .unheard(unheard, of: sent) : nil
  }

  /// Why failures may be the prober's own, whenever it did not keep up.
  var bottleneck: String? { health.bottleneck ?? health.since(healthBefore).bottleneck }
}

extension GateIntake {
  /// Takes in a probe; the time that it ends in which nobody was heard.
  mutating func take(_ sample: ProbeSample) -> Range<Duration>? {
    pass(to: sample.endedAt)
    guard sample.outcome != .noData else {
      takeUnheard(sample)
      return nil
    }
    let stalledSince = lastSampleAt
    let isStall = sample.dueAt + sample.lateness - lastSampleAt > Self.stallMin
    (silence, hasHeard) = (.zero, true)
    lastSampleAt = max(lastSampleAt, sample.endedAt)
    if sample.outcome.isFailed { lastFailedAt = sample.endedAt }
    lately.add(isHeard: true, at: now)
    if unheardSince == nil, isStall {
      hasStalled = true
      (unheardSince, gapSince) = (stalledSince, min(gapSince ?? stalledSince, stalledSince))
    }
    guard unheardSince != nil else { return nil }
    unheardSince = nil
    return endGap(at: sample.endedAt)
  }

  private mutating func takeUnheard(_ sample: ProbeSample) {
    lately.add(isHeard: false, at: now)
    // Others were heard meanwhile.
    if unheardSince == nil, sample.dueAt < lastSampleAt { return }
    let since = min(unheardSince ?? sample.dueAt, sample.dueAt)
    unheardSince = since
    gapSince = min(gapSince ?? since, since)
  }

  /// Takes in what the platform says; the time that it ends in which nobody was heard.
  mutating func take(_ observation: PlatformObservation) -> Range<Duration>? {
    platform = observation
    switch observation {
    case .unheard, .unknown:
      let since = unseenSince ?? now
      unseenSince = since
      gapSince = min(gapSince ?? since, since)
      return nil
    case .progressing, .complete, .failed:
      unseenSince = nil
      return endGap(at: now)
    }
  }

  /// Lets time pass, in which the prober kept up like that.
  mutating func take(_ moment: Duration, _ health: ProberHealth) {
    pass(to: moment)
    if hasStalled { healthBefore.add(health.since(healthHeard)) }
    self.health = health
    // What came before this machine stood still may be fetched after it.
    if hasHeard, now - lastSampleAt < Self.stallMin { healthHeard = health }
    (hasHeard, hasStalled) = (false, false)
  }

  /// What was whole is so no more: `time` was for nothing.
  mutating func restart(after time: Duration) {
    restarts += 1
    if restarts <= Self.restartsMax { heldBefore += max(.zero, time) }
  }

  private mutating func pass(to moment: Duration) {
    guard moment > now else { return }
    silence += min(moment - now, Self.strideMax)
    now = moment
  }

  private mutating func endGap(at moment: Duration) -> Range<Duration>? {
    guard unheardSince == nil, unseenSince == nil, let since = gapSince else { return nil }
    closeGap(at: moment)
    return since < moment ? since..<moment : nil
  }

  private mutating func closeGap(at moment: Duration) {
    guard let since = gapSince else { return }
    heldBefore += min(Self.heldMax, max(.zero, moment - since))
    gapSince = nil
  }
}
