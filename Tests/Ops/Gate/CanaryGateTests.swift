import Core
import HTTPClient
import Testing

@testable import Ops

@Suite struct CanaryGateTests {
  private static func policy(_ change: (inout CanaryPolicy) -> Void = { _ in }) -> CanaryPolicy {
    var policy = CanaryPolicy(old: "old", new: "new", time: .seconds(2))
    policy.answersMin = 3
    policy.answersTimeout = .seconds(4)
    change(&policy)
    return policy
  }

  private static func sample(
    _ milliseconds: Int, _ revision: String?, _ outcome: ProbeOutcome = .status(200),
    total: Duration = .milliseconds(1)
  ) -> GateEvent {
    .sample(
      ProbeSample(
        probeClass: .fresh, dueAt: .milliseconds(milliseconds), total: total, outcome: outcome,
        revision: revision))
  }

  private static func tick(_ milliseconds: Int, _ health: ProberHealth = .init()) -> GateEvent {
    .tick(.milliseconds(milliseconds), health)
  }

  /// The last action that the events lead to.
  private static func last(
    _ policy: CanaryPolicy, baseline: Baseline? = nil, _ events: [GateEvent]
  ) -> GateAction? {
    var gate = CanaryGate(policy, baseline: baseline)
    return events.map { gate.handle($0) }.last
  }

  private static let good: [GateEvent] =
    [.platform(.complete)]
    + (0..<4).flatMap { [sample($0 * 400, "old"), sample($0 * 400 + 200, "new")] }

  @Test func enoughGoodAnswersOfBothPassAfterTheTime() {
    #expect(Self.last(Self.policy(), Self.good + [Self.tick(1500)]) == .wait)
    #expect(Self.last(Self.policy(), Self.good + [Self.tick(2500)]) == .finish(.passed))
  }

  @Test func whatIsOnItsWayWhenTheTimeIsOverIsWaitedForAndCounts() {
    var health = ProberHealth()
    health.unanswered = .milliseconds(1950)
    let waiting = Self.good + [Self.tick(2500, health)]
    #expect(Self.last(Self.policy(), waiting) == .wait)
    let lost = Self.sample(1950, "new", .status(500), total: .milliseconds(900))
    guard case .finish(.failed) = Self.last(Self.policy(), waiting + [lost]) else {
      Issue.record("passed, whatever failed at the end of its time")
      return
    }
    #expect(Self.last(Self.policy(), waiting + [Self.tick(2600)]) == .finish(.passed))
  }

  @Test func theTimeBeginsWhenThePlatformSaysThatAllRuns() {
    let events = Self.good.dropFirst() + [Self.tick(2500)]
    #expect(Self.last(Self.policy(), Array(events)) == .wait)
  }

  @Test func aCanaryThatNobodyHeardOfIsNoSuccess() {
    let events: [GateEvent] =
      [.platform(.complete)] + (0..<7).map { Self.sample($0 * 1000, "old") } + [Self.tick(6100)]
    #expect(
      Self.last(Self.policy(), events)
        == .finish(.inconclusive(.fewAnswers(0, wanted: 3, revision: "new"))))
  }

  @Test func silenceIsNoSuccess() {
    let policy = Self.policy { $0.silenceMax = .seconds(1) }
    #expect(
      Self.last(policy, [.platform(.complete), Self.tick(800), Self.tick(1500)])
        == .finish(.inconclusive(.noData(.milliseconds(1500)))))
  }

  @Test func timeInWhichNobodyCouldBeAskedIsNotOfTheStep() {
    let away = [Self.sample(1700, nil, .noData), Self.tick(2500)]
    #expect(Self.last(Self.policy(), Self.good + away) == .wait)
    let back = [Self.sample(2600, "new"), Self.tick(2700)]
    #expect(Self.last(Self.policy(), Self.good + away + back) == .wait)
    let end = [Self.tick(3200)]
    #expect(Self.last(Self.policy(), Self.good + away + back + end) == .finish(.passed))
  }

  @Test func theCanarysFailureIsTold() {
    #expect(
      Self.last(Self.policy(), [Self.sample(0, "new", .status(500))])
        == .finish(
          .failed(.sideFailed(isCanary: true, failed: 1, allowed: 0, last: .status(500)))))
  }

  @Test(arguments: ["old", nil])
  func aFailureBesideTheCanaryIsNotItsOwn(revision: String?) {
    #expect(
      Self.last(Self.policy(), [Self.sample(0, revision, .status(503))])
        == .finish(
          .failed(.sideFailed(isCanary: false, failed: 1, allowed: 0, last: .status(503)))))
  }

  @Test func theCanaryHasItsShareOfWhatIsForgiven() {
    let policy = Self.policy { ($0.failedMax, $0.canaryFailedMax) = (10, 1) }
    let failures = (0..<2).map { Self.sample($0, "new", .status(500)) }
    #expect(Self.last(policy, [failures[0]]) == .wait)
    #expect(
      Self.last(policy, failures)
        == .finish(
          .failed(.sideFailed(isCanary: true, failed: 2, allowed: 1, last: .status(500)))))
    #expect(Self.last(policy, (0..<10).map { Self.sample($0, "old", .status(500)) }) == .wait)
  }

  @Test func whatFailedInAStepCountsInTheNext() {
    var gate = CanaryGate(Self.policy { $0.failedMax = 1 }, baseline: nil, failed: 1)
    gate.goOn(Self.policy { $0.failedMax = 1 }, at: .seconds(3))
    guard case .finish(.failed) = gate.handle(Self.sample(3100, "old", .status(500))) else {
      Issue.record("a second failure was forgiven")
      return
    }
  }

  @Test func theCanaryIsComparedWithTheOldReleaseOfTheSameTime() {
    func events(old: Duration, new: Duration) -> [GateEvent] {
      [.platform(.complete)]
        + (0..<20).flatMap {
          [
            Self.sample($0 * 100, "old", total: old), Self.sample($0 * 100 + 50, "new", total: new),
          ]
        } + [Self.tick(2500)]
    }
    let slow = Duration.milliseconds(400)
    guard
      case .finish(.failed(.canarySlow)) = Self.last(
        Self.policy(), events(old: .milliseconds(10), new: slow))
    else {
      Issue.record("a slow canary passed")
      return
    }
    // Where everything is slow the new release is not to blame, whatever it was like before.
    let before = Baseline(p50: .milliseconds(1), p99: .milliseconds(2))
    #expect(
      Self.last(Self.policy(), baseline: before, events(old: slow, new: slow)) == .finish(.passed))
  }

  @Test func whereTheOldReleaseHardlyAnswersTheBaselineTells() {
    let before = Baseline(p50: .milliseconds(1), p99: .milliseconds(2))
    let events: [GateEvent] =
      [.platform(.complete)]
      + (0..<20).map { Self.sample($0 * 100, "new", total: .milliseconds(400)) } + [Self.tick(2500)]
    guard
      case .finish(.failed(.canarySlow)) = Self.last(Self.policy(), baseline: before, events)
    else {
      Issue.record("a slow canary passed")
      return
    }
  }

  @Test func aPlatformThatSaysNoFailsTheStep() {
    #expect(
      Self.last(Self.policy(), [.platform(.failed("out of memory"))])
        == .finish(.failed(.platform("out of memory"))))
  }

  @Test func aPodThatGoesBeginsTheTimeAgain() {
    let events = Self.good + [.platform(.progressing), Self.tick(2500)]
    #expect(Self.last(Self.policy(), events) == .wait)
  }

  @Test func aStrangerFailsTheStep() {
    #expect(
      Self.last(Self.policy(), [Self.sample(0, "other")])
        == .finish(.failed(.foreignRevision("other"))))
  }

  @Test func aProberThatCouldNotKeepUpProvesNothingHoweverLongItIsWaitedFor() {
    let health = ProberHealth(sent: 20, skipped: 10)
    let events = Self.good + [Self.tick(2500, health)]
    #expect(Self.last(Self.policy(), events) == .wait)
    let more = (3..<13).map { Self.sample($0 * 500, "old") }
    let action = Self.last(Self.policy(), events + more + [Self.tick(6500, health)])
    guard case .finish(.inconclusive(.proberWasTheBottleneck)) = action else {
      Issue.record("\(String(describing: action))")
      return
    }
  }

  @Test func aPauseOfTheProberWeighsLessTheMoreIsSeenBesideIt() {
    let paused = Self.tick(2500, ProberHealth(sent: 100, late: 10, skipped: 2))
    let later = Self.tick(4000, ProberHealth(sent: 1300, late: 10, skipped: 2))
    #expect(Self.last(Self.policy(), Self.good + [paused]) == .wait)
    let more = [Self.sample(2600, "new"), Self.sample(3500, "new"), later]
    #expect(Self.last(Self.policy(), Self.good + [paused] + more) == .finish(.passed))
  }

  @Test func whatTheProberMissedBeforeTheStepIsNotOfIt() {
    let before = [Self.sample(0, "old"), Self.tick(10, ProberHealth(sent: 100, skipped: 90))]
    let events = before + Self.good + [Self.tick(2500, ProberHealth(sent: 200, skipped: 90))]
    #expect(Self.last(Self.policy(), events) == .finish(.passed))
  }

  @Test func aPlatformThatIsNotHeardForAMomentHoldsTheTimeAndKeepsTheAnswers() {
    var gate = CanaryGate(Self.policy(), baseline: nil)
    let blip: [GateEvent] = [
      Self.tick(1500), .platform(.unheard), Self.sample(2000, "new"), Self.tick(2500),
    ]
    for event in Self.good + blip { #expect(gate.handle(event) == .wait) }
    let back: [GateEvent] = [.platform(.complete), Self.tick(2900)]
    for event in back { #expect(gate.handle(event) == .wait) }
    #expect(gate.canary.good == 5)
    #expect(gate.intake.held == .seconds(1))
    #expect(gate.handle(Self.tick(3000)) == .finish(.passed))
  }

  @Test func aPlatformThatStaysAwayIsInconclusiveAndNeverAFailure() {
    let policy = Self.policy { ($0.unknownMax, $0.silenceMax) = (.seconds(5), .seconds(100)) }
    let events = Self.good + [.platform(.unheard), .platform(.unknown("no route"))]
    #expect(Self.last(policy, events + [Self.tick(6000)]) == .wait)
    #expect(
      Self.last(policy, events + [Self.tick(6600)])
        == .finish(.inconclusive(.platform("no route"))))
  }

  @Test func aPodThatIsReplacedBeginsTheTimeAgainAndTheBoundIsThatMuchLonger() {
    var gate = CanaryGate(Self.policy(), baseline: nil)
    for event in Self.good + [Self.tick(1900), .platform(.progressing), Self.tick(2000)] {
      #expect(gate.handle(event) == .wait)
    }
    #expect(gate.intake.held == .milliseconds(1900))
    #expect(gate.doubt != nil)
  }

  @Test func podsThatComeAndGoAllTheTimeAreInconclusive() {
    let flapping: [GateEvent] = (0...GateIntake.restartsMax).flatMap { index -> [GateEvent] in
      [.platform(.complete), Self.sample(index * 500, "new"), .platform(.progressing)]
    }
    #expect(
      Self.last(Self.policy(), flapping)
        == .finish(.inconclusive(.restless(GateIntake.restartsMax + 1))))
  }
}
