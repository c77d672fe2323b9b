import Core
import Testing

@testable import Ops

/// What a gate makes of those whom nobody hears for a while.
extension GateMachineTests {
  /// Probes every 50 ms; of those that `isUnheard` says no answer is had, 1.5 s later.
  func probes(
    until end: Int, _ isUnheard: (Int) -> Bool
  ) -> [(at: Int, event: GateEvent)] {
    var events: [(at: Int, event: GateEvent)] = []
    for number in 0..<end / 50 {
      let due = number * 50
      let isLost = isUnheard(number)
      let total = isLost ? 1500 : 1
      let outcome: ProbeOutcome = isLost ? .noData : .status(200)
      events.append(
        (due + total, sample(due, outcome, total: .milliseconds(total))))
      events.append((due + 25, tick(due + 25)))
    }
    return events.sorted { $0.at < $1.at }
  }

  @Test func whatOneNodeKeepsToItselfDoesNotHoldTheSoak() {
    var machine = GateMachine(policy())
    let events = probes(until: 4000) { $0 % 15 == 7 }
    let end = events.first { machine.handle($0.event) == .finish(.passed) }
    #expect(end?.at ?? .max < 2500)
  }

  @Test func tooManyProbesThatComeToNobodyAreInconclusive() {
    var machine = GateMachine(policy { ($0.soak, $0.doubtMax) = (.seconds(6), .seconds(3)) })
    let events = probes(until: 10_000) { $0 % 3 == 2 }
    let action = last(&machine, events.map(\.event))
    guard case .finish(.inconclusive(.unheard)) = action else {
      Issue.record("\(String(describing: action))")
      return
    }
  }

  @Test func aPlatformThatIsNotHeardForAMomentHoldsTheSoak() {
    var machine = GateMachine(policy { $0.needsPlatform = true })
    _ = actions(&machine, [.platform(.complete), sample(0), sample(50), sample(100)])
    let blip: [GateEvent] = [
      sample(1000), tick(1100), .platform(.unheard), sample(2000), tick(2600),
      .platform(.complete), sample(2700), tick(3500),
    ]
    #expect(last(&machine, blip) == .wait)
    #expect(machine.handle(tick(3700)) == .finish(.passed))
    #expect(machine.intake.held == .milliseconds(1500))
  }

  @Test func aPodThatIsReplacedBeginsTheSoakAgainAndTheBoundsAreThatMuchLonger() {
    var machine = GateMachine(policy { $0.needsPlatform = true })
    _ = actions(&machine, [.platform(.complete), sample(0), sample(50), sample(100)])
    _ = actions(&machine, [sample(1500), tick(1601), .platform(.progressing)])
    #expect(machine.phase == .settling)
    #expect(machine.intake.held == .milliseconds(1500))
    #expect(actions(&machine, [.platform(.complete), tick(3500)]) == [.soak, .wait])
  }

  @Test func aPlatformThatStaysAwayInTheSoakIsInconclusive() {
    var machine = GateMachine(policy { ($0.needsPlatform, $0.unknownMax) = (true, .seconds(3)) })
    _ = actions(&machine, [.platform(.complete), sample(0), sample(50), sample(100)])
    let away: [GateEvent] = [.platform(.unknown("no route")), sample(1500), sample(3000)]
    #expect(last(&machine, away + [tick(3000)]) == .wait)
    // Clients are not heard either.
    #expect(machine.handle(tick(5200)) == .finish(.inconclusive(.platform("no route"))))
  }

  @Test func aPlatformIsWaitedForAsLongAsThereIsTimeWhileClientsAreAnsweredWell() {
    var machine = GateMachine(policy { ($0.needsPlatform, $0.unknownMax) = (true, .seconds(3)) })
    _ = actions(&machine, [.platform(.complete), sample(0), sample(50), sample(100)])
    let served =
      [.platform(.unknown("no route"))]
      + (1...70).flatMap { second in
        [sample(second * 1000), tick(second * 1000 + 1)]
      }
    #expect(actions(&machine, served).allSatisfy { $0 == .wait })
    var back = machine
    #expect(
      actions(&back, [.platform(.complete), sample(71_000), tick(73_000)]).last
        == .finish(.passed))
    // The bound, the soak, and the first of that time, which is held.
    #expect(
      last(&machine, [sample(77_000), tick(77_200)])
        == .finish(.inconclusive(.platform("no route"))))
  }

  @Test func aPlatformThatIsAwayWhileClientsFailIsNotWaitedFor() {
    var machine = GateMachine(
      policy { ($0.needsPlatform, $0.unknownMax, $0.failedMax) = (true, .seconds(3), 9) })
    _ = actions(&machine, [.platform(.complete), sample(0), sample(50), sample(100)])
    let away = [.platform(.unknown("no route")), sample(1000, .status(500)), sample(3500)]
    #expect(
      last(&machine, away + [tick(3600)]) == .finish(.inconclusive(.platform("no route"))))
  }

  @Test func gapsHoldTheBoundsNoLongerThanTheyAre() {
    var machine = GateMachine(policy { ($0.soak, $0.silenceMax) = (.seconds(30), .seconds(100)) })
    // One second of every 15 is heard.
    let end = (0..<600 * 4).first { quarter in
      let at = quarter * 250
      _ = machine.handle(sample(at, at % 15_000 < 1000 ? .status(200) : .noData))
      if case .finish(.inconclusive(.gaps)) = machine.handle(tick(at + 10)) { return true }
      return false
    }
    #expect((600...620).contains(end ?? 0))
  }

  @Test func doubtIsOverOnceTheWayToAllPodsIsThereAgain() {
    var machine = GateMachine(policy { $0.soak = .seconds(30) })
    // A third comes to nobody for as long as the soak is.
    let events = probes(until: 80_000) { $0 < 600 && $0 % 3 == 2 }
    let end = events.first { machine.handle($0.event) == .finish(.passed) }
    #expect((40_000...70_000).contains(end?.at ?? 0))
  }

  @Test func aPlatformThatCanNotBeAskedIsInconclusive() {
    var machine = GateMachine(
      policy {
        $0.needsPlatform = true; $0.timeout = .seconds(15)
      })
    let away: [GateEvent] = [sample(0), sample(1), sample(2), .platform(.unknown("no route"))]
    // The first of that time is not of the bound.
    let waited = (1...15).map { sample($0 * 1000) }
    #expect(last(&machine, away + waited + [tick(30_000)]) == .wait)
    #expect(machine.handle(tick(30_001)) == .finish(.inconclusive(.platform("no route"))))
  }
}
