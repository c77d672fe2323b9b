import Testing

@testable import App

@Suite struct CircuitBreakerTests {
  private var breaker = CircuitBreaker()
  private var now = ContinuousClock.now

  private mutating func permit() throws -> CircuitBreaker.Permit {
    guard case .call(let permit) = breaker.handle(.wish, at: now) else {
      throw Refused()
    }
    return permit
  }

  private struct Refused: Error {}

  private mutating func fail(_ count: Int) throws {
    for _ in 0..<count { _ = breaker.handle(.failed(try permit()), at: now) }
  }

  @Test mutating func itOpensAfterFailuresInARow() throws {
    try fail(CircuitBreaker.failuresMax - 1)
    #expect(breaker.state == .closed)
    try fail(1)
    #expect(breaker.state == .open)
    #expect(breaker.handle(.wish, at: now) == .refuse(retryAfter: CircuitBreaker.pauseMin))
  }

  @Test mutating func anAnswerInBetweenBeginsTheCountAnew() throws {
    try fail(CircuitBreaker.failuresMax - 1)
    _ = breaker.handle(.answered(try permit()), at: now)
    try fail(CircuitBreaker.failuresMax - 1)
    #expect(breaker.state == .closed)
  }

  @Test mutating func oneCallTriesWhenThePauseIsOver() throws {
    try fail(CircuitBreaker.failuresMax)
    now += CircuitBreaker.pauseMin
    let probe = try permit()
    #expect(breaker.state == .halfOpen)
    #expect(breaker.handle(.wish, at: now) == .refuse(retryAfter: CircuitBreaker.probeWait))
    _ = breaker.handle(.answered(probe), at: now)
    #expect(breaker.state == .closed)
    _ = try permit()
    #expect(breaker.transitions == [.open: 1, .halfOpen: 1, .closed: 1])
  }

  @Test mutating func aFailedTrialOpensItForTwiceAsLong() throws {
    try fail(CircuitBreaker.failuresMax)
    var pause = CircuitBreaker.pauseMin
    for _ in 0..<8 {
      now += pause
      _ = breaker.handle(.failed(try permit()), at: now)
      pause = min(pause * 2, CircuitBreaker.pauseMax)
      #expect(breaker.refusal(at: now) == pause)
    }
    now += pause
    _ = breaker.handle(.answered(try permit()), at: now)
    try fail(CircuitBreaker.failuresMax)
    #expect(breaker.refusal(at: now) == CircuitBreaker.pauseMin)
  }

  @Test mutating func whoeverIsSentAwayStaysAwayAsLongAsItWasTold() throws {
    _ = breaker.handle(.sentAway(try permit(), .seconds(30)), at: now)
    #expect(breaker.refusal(at: now + .seconds(10)) == .seconds(20))
    #expect(breaker.refusal(at: now + .seconds(30)) == nil)
  }

  @Test mutating func lateNewsChangesNoLaterState() throws {
    let early = try permit()
    try fail(CircuitBreaker.failuresMax)
    _ = breaker.handle(.answered(early), at: now)
    #expect(breaker.state == .open)
    now += CircuitBreaker.pauseMin
    _ = try permit()
    _ = breaker.handle(.answered(early), at: now)
    _ = breaker.handle(.failed(early), at: now)
    _ = breaker.handle(.sentAway(early, nil), at: now)
    #expect(breaker.state == .halfOpen)
  }
}
