import Core

/// Decides whether a service that may be down is asked at all.
///
/// Closed, it lets every call through. After `failuresMax` failures in a row it opens: nothing is
/// sent for a while. Then it is half open: one call may try. If that is answered it closes, if not
/// it opens for twice as long. A service that says when to come again is left alone until then.
struct CircuitBreaker: Sendable {
  enum State: String, Sendable, CaseIterable {
    case closed, open
    case halfOpen = "half_open"
  }

  enum Event: Sendable, Equatable {
    /// Somebody wants to call.
    case wish
    /// A call was answered, whatever the answer.
    case answered(Permit)
    /// A call failed in a way that says the service is down.
    case failed(Permit)
    /// The service asked to be left alone; without a time, for `pauseMin`.
    case sentAway(Permit, Duration?)
  }

  enum Action: Sendable, Equatable {
    case nothing
    /// The call may be made; what comes of it is told with the permit.
    case call(Permit)
    /// No call; worth another wish after that time.
    case refuse(retryAfter: Duration)
  }

  /// Names the state in which a call began, so that late news changes no later state.
  struct Permit: Sendable, Equatable {
    fileprivate let epoch: Int
  }

  /// Failures in a row that open it.
  static let failuresMax = 5
  /// How long it is open the first time.
  static let pauseMin: Duration = .seconds(2)
  /// How long it is open at most on its own account.
  static let pauseMax: Duration = .seconds(60)
  /// What is told to those who wish while the one call of the half-open state is out.
  static let probeWait: Duration = .seconds(1)

  private(set) var state = State.closed
  /// How often each state was entered.
  private(set) var transitions: [State: Int] = [:]
  private var failures = 0
  private var epoch = 0
  private var pause = pauseMin
  private var opensAgainAt: ContinuousClock.Instant?

  mutating func handle(_ event: Event, at now: ContinuousClock.Instant) -> Action {
    switch event {
    case .wish: return wish(now)
    case .answered(let permit):
      guard permit.epoch == epoch else { return .nothing }
      failures = 0
      pause = Self.pauseMin
      if state == .halfOpen { enter(.closed) }
    case .failed(let permit):
      guard permit.epoch == epoch else { return .nothing }
      failures += 1
      if state == .halfOpen || failures >= Self.failuresMax {
        open(for: pause, now)
        pause = min(pause * 2, Self.pauseMax)
      }
    case .sentAway(let permit, let time):
      guard permit.epoch == epoch else { return .nothing }
      open(for: max(time ?? Self.pauseMin, Self.pauseMin), now)
    }
    return .nothing
  }

  /// How long it will refuse; nil where a wish would be granted.
  func refusal(at now: ContinuousClock.Instant) -> Duration? {
    switch state {
    case .closed: return nil
    case .halfOpen: return Self.probeWait
    case .open:
      guard let opensAgainAt, now < opensAgainAt else { return nil }
      return now.duration(to: opensAgainAt)
    }
  }

  private mutating func wish(_ now: ContinuousClock.Instant) -> Action {
    if let refusal = refusal(at: now) { return .refuse(retryAfter: refusal) }
    if state == .open { enter(.halfOpen) }
    return .call(Permit(epoch: epoch))
  }

  private mutating func open(for time: Duration, _ now: ContinuousClock.Instant) {
    opensAgainAt = now + time
    enter(.open)
  }

  private mutating func enter(_ next: State) {
    state = next
    epoch += 1
    failures = 0
    transitions[next, default: 0] += 1
  }
}
