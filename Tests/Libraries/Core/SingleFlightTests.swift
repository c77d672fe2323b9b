import TestSupport
import Testing

@testable import Core

@Suite struct SingleFlightTests {
  private let flights = SingleFlight<String, Int>()

  @Test func whoeverComesWhileTheWorkIsDoneSharesIt() throws {
    let flights = flights
    let works = Counter()
    let led = Counter()
    let joined = Counter()
    let go = WakeUp()
    try Crowd.run(17) { number in
      if number == 16 {
        try Crowd.wait { flights.waiters("a") == 15 }
        go.set()
        return
      }
      let outcome = flights.run("a", deadline: .after(.seconds(60))) {
        _ = go.wait(until: .after(.seconds(60)))
        return works.add()
      }
      switch outcome {
      case .led(let value):
        #expect(value == 1)
        led.add()
      case .joined(let value):
        #expect(value == 1)
        joined.add()
      case .gaveUp: Issue.record("gave up")
      }
    }
    #expect(works.value == 1 && led.value == 1 && joined.value == 15)
    #expect(flights.count == 0)
  }

  @Test func afterTheWorkTheNextOneBeginsAnew() {
    for number in 1...3 {
      guard case .led(number) = flights.run("a", deadline: .distant, { number }) else {
        Issue.record("not led")
        return
      }
    }
  }

  @Test func differentKeysDoNotWaitForEachOther() {
    let outcome = flights.run("a", deadline: .distant) {
      guard case .led(let inner) = flights.run("b", deadline: .distant, { 2 }) else { return 0 }
      return inner
    }
    guard case .led(2) = outcome else {
      Issue.record("waited")
      return
    }
  }

  @Test func aWaiterLeavesAtItsDeadline() throws {
    let flights = flights
    let begun = WakeUp()
    let go = WakeUp()
    try Crowd.run(2) { number in
      if number == 0 {
        _ = flights.run("a", deadline: .distant) {
          begun.set()
          _ = go.wait(until: .after(.seconds(60)))
          return 1
        }
        return
      }
      _ = begun.wait(until: .after(.seconds(60)))
      guard case .gaveUp = flights.run("a", deadline: .after(.milliseconds(20)), { 2 }) else {
        Issue.record("did not give up")
        go.set()
        return
      }
      #expect(flights.waiters("a") == 0)
      go.set()
    }
  }

  @Test func noMoreThanAllowedWaitForWorkThatIsSlow() throws {
    let flights = SingleFlight<String, Int>(waitersMax: 2)
    let go = WakeUp()
    let turnedAway = Counter()
    try Crowd.run(8) { _ in
      let outcome = flights.run("a", deadline: .after(.seconds(60))) {
        _ = go.wait(until: .after(.seconds(60)))
        return 1
      }
      // The last one of them lets the work end.
      if case .gaveUp = outcome, turnedAway.add() == 5 { go.set() }
    }
    #expect(turnedAway.value == 5)
  }

  @Test func aCrowdWaitsForWorkThatIsQuick() throws {
    let flights = SingleFlight<String, Int>(waitersMax: 2, crowdWaitMax: .seconds(60))
    let go = WakeUp()
    let joined = Counter()
    try Crowd.run(9) { number in
      if number == 8 {
        try Crowd.wait { flights.waiters("a") == 7 }
        go.set()
        return
      }
      let outcome = flights.run("a", deadline: .after(.seconds(60))) {
        _ = go.wait(until: .after(.seconds(60)))
        return 1
      }
      if case .joined(1) = outcome { _ = joined.add() }
    }
    #expect(joined.value == 7)
  }

  @Test func aCrowdLeavesWhenTheOldestWorkIsSlow() throws {
    let flights = SingleFlight<String, Int>(waitersMax: 0, crowdWaitMax: .milliseconds(50))
    let begun = WakeUp()
    let go = WakeUp()
    try Crowd.run(2) { number in
      if number == 0 {
        _ = flights.run("a", deadline: .distant) {
          begun.set()
          _ = go.wait(until: .after(.seconds(60)))
          return 1
        }
        return
      }
      _ = begun.wait(until: .after(.seconds(60)))
      guard case .gaveUp = flights.run("a", deadline: .distant, { 2 }) else {
        Issue.record("waited")
        go.set()
        return
      }
      go.set()
    }
  }
}
