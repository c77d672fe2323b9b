import Core
import HTTPClient
import Testing

@testable import Ops

@Suite struct GateMachineTests {
  func policy(_ change: (inout GatePolicy) -> Void = { _ in }) -> GatePolicy {
    var policy = GatePolicy()
    policy.consecutive = 3
    policy.soak = .seconds(2)
    policy.timeout = .seconds(60)
    change(&policy)
    return policy
  }

  func sample(
    _ milliseconds: Int, _ outcome: ProbeOutcome = .status(200), _ revision: String? = nil,
    total: Duration = .milliseconds(1)
  ) -> GateEvent {
    .sample(
      ProbeSample(
        probeClass: .fresh, dueAt: .milliseconds(milliseconds), total: total, outcome: outcome,
        revision: revision))
  }

  func tick(_ milliseconds: Int, _ health: ProberHealth = ProberHealth()) -> GateEvent {
    .tick(.milliseconds(milliseconds), health)
  }

  func actions(_ machine: inout GateMachine, _ events: [GateEvent]) -> [GateAction] {
    events.map { machine.handle($0) }
  }

  func last(_ machine: inout GateMachine, _ events: [GateEvent]) -> GateAction? {
    actions(&machine, events).last
  }

  private let replacing = GatePolicy.Revisions.replacing(old: "old", new: "new")

  @Test func goodAnswersInARowAndAGoodSoakPass() {
    var machine = GateMachine(policy())
    let result = actions(
      &machine,
      [
        sample(0), sample(50), tick(90), sample(100), sample(150), tick(1000), tick(2100),
        tick(2102),
      ])
    #expect(
      result == [
        .wait, .wait, .wait, .soak, .wait, .wait, .wait, .finish(.passed),
      ])
  }

  @Test func whatIsOnItsWayWhenTheSoakIsOverIsWaitedForAndCounts() {
    var machine = GateMachine(policy())
    var flying = ProberHealth()
    flying.unanswered = .milliseconds(1900)
    let good = [sample(0), sample(50), sample(100), sample(1500), sample(2100), sample(2900)]
    #expect(last(&machine, good + [tick(2200, flying), tick(3000, flying)]) == .wait)
    var answered = machine
    flying.unanswered = .milliseconds(2150)
    #expect(answered.handle(tick(3100, flying)) == .finish(.passed))
    let lost = sample(1900, .failure(.timeout), total: .seconds(2))
    guard case .finish(.failed(.tooManyFailed)) = machine.handle(lost) else {
      Issue.record("passed, whatever failed at the end of its soak")
      return
    }
  }

  @Test func onTheWayBackFailuresOfTheReleaseThatGoesAreNotTheOldOnes() {
    let back = policy {
      ($0.revisions, $0.leaving, $0.countsEarlier) = (.becoming("old"), "new", false)
      $0.soak = .zero
    }
    var machine = GateMachine(back, beganAt: .seconds(10))
    let before = sample(9000, .failure(.timeout), total: .seconds(2))
    let gone = sample(10_100, .status(500), "new")
    #expect(last(&machine, [sample(10_000, .status(200), "old"), before, gone]) == .wait)
    #expect(machine.inARow == 0 && machine.failed == 0)
    var own = machine
    guard case .finish(.failed) = own.handle(sample(10_200, .status(500), "old")) else {
      Issue.record("an old release that fails serves")
      return
    }
    guard case .finish(.failed) = machine.handle(sample(10_200, .failure(.refused))) else {
      Issue.record("clients that nobody answers are served")
      return
    }
  }

  @Test func whileItIsHeldNoSoakEndsAndItIsWholeAfterSomethingWasTakenAway() {
    var machine = GateMachine(policy())
    _ = actions(&machine, [sample(0), sample(50), sample(100)])
    machine.hold()
    #expect(last(&machine, [sample(200), sample(1500), sample(3000), tick(4000)]) == .wait)
    machine.goOn(anew: true)
    #expect(
      actions(&machine, [sample(4100), sample(4200), sample(4300), sample(5500), tick(6400)])
        == [.wait, .wait, .soak, .wait, .finish(.passed)])
  }

  @Test func whereNothingWasTakenAwayTheSoakGoesOn() {
    var machine = GateMachine(policy())
    _ = actions(&machine, [sample(0), sample(50), sample(100)])
    machine.hold()
    #expect(last(&machine, [sample(1500), tick(2200)]) == .wait)
    machine.goOn(anew: false)
    #expect(machine.handle(tick(2300)) == .finish(.passed))
  }

  @Test func afterTheVerdictNothingChangesIt() {
    var machine = GateMachine(policy { $0.soak = .zero })
    _ = actions(&machine, [sample(0), sample(1), sample(2), tick(10)])
    #expect(machine.handle(sample(20, .status(500))) == .finish(.passed))
  }

  @Test(
    arguments: [.status(500), .status(404), .failure(.refused), .failure(.cut)] as [ProbeOutcome])
  func oneFailedProbeFailsTheGateByDefault(_ outcome: ProbeOutcome) {
    var machine = GateMachine(policy())
    #expect(
      last(&machine, [sample(0), sample(50, outcome)])
        == .finish(
          .failed(.tooManyFailed(failed: 1, allowed: 0, last: outcome, probeClass: .fresh))))
  }

  @Test func forgivenFailuresBeginTheRowAgain() {
    var machine = GateMachine(policy { $0.failedMax = 1 })
    let result = actions(
      &machine,
      [sample(0), sample(1), sample(2, .status(503)), sample(3), sample(4), sample(5)])
    #expect(result == [.wait, .wait, .wait, .wait, .wait, .soak])
    #expect(machine.failed == 1)
  }

  @Test func aServiceThatFailsWhereTheSoakEndsHasNotPassed() {
    var machine = GateMachine(policy { $0.failedMax = 5 })
    let result = actions(
      &machine,
      [
        sample(0), sample(1), sample(2), sample(2000, .status(503)), tick(2100), sample(2200),
        sample(2300), tick(2350), sample(2400), tick(2450),
      ])
    #expect(result[4] == .wait)
    #expect(result[7] == .wait)
    #expect(result[9] == .finish(.passed))
  }

  @Test func aSoakThatNeverEndsWellIsNotSettled() {
    var machine = GateMachine(policy { $0.failedMax = 1000 })
    let failing = (1...620).map { sample($0 * 100, .status(503)) }
    #expect(
      last(&machine, [sample(0), sample(1), sample(2)] + failing + [tick(62_500)])
        == .finish(
          .failed(.notSettled(inARow: 0, wanted: 3, revision: nil, timeout: .seconds(60)))))
  }

  @Test func theBudgetCountsOverTheWholeTime() {
    var machine = GateMachine(policy { $0.failedMax = 1 })
    let result = last(
      &machine,
      [sample(0, .status(503)), sample(1), sample(2), sample(3), sample(4, .failure(.refused))])
    #expect(
      result
        == .finish(
          .failed(
            .tooManyFailed(
              failed: 2, allowed: 1, last: .failure(.refused), probeClass: .fresh))))
  }

  @Test func onlyTheNewRevisionCountsAndTheOldIsWaitedOut() {
    var machine = GateMachine(policy { $0.revisions = replacing })
    let good = ProbeOutcome.status(200)
    let result = actions(
      &machine,
      [
        sample(0, good, "old"), sample(1, good, "new"), sample(2, good, "new"),
        sample(3, good, "old"), sample(4, good, "new"), sample(5, good, "new"),
        sample(6, good, "new"),
      ])
    #expect(result == [.wait, .wait, .wait, .wait, .wait, .wait, .soak])
  }

  @Test func anAnswerOfTheOldRevisionBeginsTheSoakAgain() {
    var machine = GateMachine(policy { $0.revisions = replacing })
    let good = ProbeOutcome.status(200)
    _ = actions(
      &machine, [sample(0, good, "new"), sample(1, good, "new"), sample(2, good, "new")])
    #expect(machine.phase == .soaking(since: .milliseconds(3)))
    _ = machine.handle(sample(1000, good, "old"))
    #expect(machine.phase == .settling)
    #expect(machine.handle(tick(2500)) == .wait)
  }

  @Test func aForeignRevisionFailsAtOnceWhateverItAnswers() {
    for outcome in [ProbeOutcome.status(200), .status(500)] {
      var machine = GateMachine(
        policy {
          $0.revisions = replacing; $0.failedMax = 9
        })
      #expect(
        machine.handle(sample(0, outcome, "other"))
          == .finish(.failed(.foreignRevision("other"))))
    }
  }

  @Test func anAnswerThatNamesNoRevisionCountsForNobody() {
    var machine = GateMachine(policy { $0.revisions = .becoming("new") })
    #expect(last(&machine, [sample(0), sample(1), sample(2), sample(3)]) == .wait)
    #expect(machine.inARow == 0)
  }

  @Test func aRevisionThatNeverComesIsNotSettled() {
    var machine = GateMachine(policy { $0.revisions = .becoming("new") })
    let old = (0...610).map { sample($0 * 100, .status(200), "old") }
    #expect(
      last(&machine, old + [tick(61_000)])
        == .finish(
          .failed(
            .notSettled(inARow: 0, wanted: 3, revision: "new", timeout: .seconds(60)))))
  }

  @Test func noDataIsNeverASuccess() {
    var machine = GateMachine(policy { $0.soak = .zero })
    #expect(last(&machine, (1...100).map { tick($0 * 100) }) == .wait)
    #expect(machine.handle(tick(10_001)) == .finish(.inconclusive(.noData(.milliseconds(10_001)))))
  }

  @Test func whoeverWasSuspendedHasNotListened() {
    var machine = GateMachine(policy())
    _ = actions(&machine, [sample(0), sample(50), sample(100), sample(1000), tick(1100)])
    let health = ProberHealth(sent: 8, skipped: 400)
    // None of that time is of the soak, and what was not sent in it is not held against anybody.
    #expect(
      actions(
        &machine,
        [tick(41_000, health), sample(41_000), tick(41_100, health), tick(42_050, health)])
        == [.wait, .wait, .wait, .wait])
    #expect(machine.handle(tick(42_200, health)) == .finish(.passed))
  }

  @Test func whoeverSleepsThroughTheSoakJudgesItAfterwards() {
    var machine = GateMachine(policy { $0.doubtMax = .seconds(1) })
    let health = ProberHealth(sent: 4, skipped: 900)
    #expect(last(&machine, [sample(0), sample(50), sample(100), tick(90_000, health)]) == .wait)
  }

  @Test func silenceDuringTheSoakIsNoSuccess() {
    var machine = GateMachine(policy { $0.soak = .seconds(1) })
    #expect(
      last(&machine, [sample(0), sample(1), sample(2), tick(1500)])
        == .finish(.inconclusive(.noData(.milliseconds(1497)))))
  }

  @Test func aWayThatIsAwayIsNoFailureAndNoPartOfTheRow() {
    var machine = GateMachine(policy())
    let result = actions(&machine, [sample(0), sample(50), sample(100, .noData), sample(150)])
    #expect(result == [.wait, .wait, .wait, .soak])
    #expect(machine.failed == 0)
  }

  @Test func theTimeInWhichNobodyIsHeardIsNoPartOfTheSoak() {
    var machine = GateMachine(policy())
    _ = actions(&machine, [sample(0), sample(50), sample(100)])
    let away = [sample(1100, .noData), sample(1900, .noData), tick(2200)]
    #expect(actions(&machine, away) == [.wait, .wait, .wait])
    #expect(
      actions(&machine, [sample(2600), tick(3000), sample(3500), tick(3700)])
        == [.wait, .wait, .wait, .finish(.passed)])
  }

  @Test func aWayThatStaysAwayIsInconclusive() {
    var machine = GateMachine(policy { $0.silenceMax = .seconds(5) })
    let away = (1...60).map { sample($0 * 100, .noData) }
    let result = last(&machine, [sample(0)] + away + [tick(6000)])
    #expect(result == .finish(.inconclusive(.noData(.milliseconds(6000)))))
  }

  @Test func aProberThatCouldNotKeepUpProvesNothingHoweverLongItIsWaitedFor() {
    var machine = GateMachine(policy { $0.doubtMax = .seconds(3) })
    let health = ProberHealth(sent: 10, skipped: 6)
    let soak = [sample(0), sample(1), sample(2), sample(1500)]
    #expect(last(&machine, soak + [tick(2500, health), sample(2500)]) == .wait)
    #expect(
      last(&machine, [sample(4000), tick(5100, health)])
        == .finish(
          .inconclusive(.proberWasTheBottleneck("6 of 16 probes could not be sent"))))
  }

  @Test func whatTheProberMissedBeforeTheSoakIsNotOfIt() {
    var machine = GateMachine(policy())
    let health = ProberHealth(sent: 10, skipped: 600)
    let before = [sample(0), tick(1, health), sample(2), sample(3)]
    #expect(last(&machine, before + [sample(1000), tick(2500, health)]) == .finish(.passed))
  }

  @Test func aTimeoutOfASlowProberIsNotTheServicesFault() {
    var machine = GateMachine(policy())
    let health = ProberHealth(sent: 100, late: 50, latenessWorst: .seconds(3))
    let result = last(&machine, [tick(10, health), sample(0, .failure(.timeout))])
    #expect(
      result
        == .finish(
          .inconclusive(
            .proberWasTheBottleneck("50 of 100 probes were late, the worst by 3000 ms"))))
  }

  @Test func aRefusalIsTheServicesFaultEvenIfTheProberIsSlow() {
    var machine = GateMachine(policy())
    let health = ProberHealth(sent: 100, late: 50, latenessWorst: .seconds(3))
    let result = last(&machine, [tick(10, health), sample(0, .failure(.refused))])
    #expect(
      result
        == .finish(
          .failed(
            .tooManyFailed(
              failed: 1, allowed: 0, last: .failure(.refused), probeClass: .fresh))))
  }

  @Test func aSlowerReleaseFails() {
    let baseline = Baseline(p50: .milliseconds(5), p99: .milliseconds(20), revision: nil)
    var machine = GateMachine(policy(), baseline: baseline)
    let slow = (0..<5).map { sample($0 * 100, total: .milliseconds(100)) }
    let result = last(&machine, slow + [tick(2500)])
    #expect(
      result
        == .finish(.failed(.tooSlow(p99: .milliseconds(100), allowed: .milliseconds(60)))))
  }

  @Test func aFastReleaseIsNeverTooSlow() {
    let baseline = Baseline(p50: .microseconds(100), p99: .microseconds(200), revision: nil)
    var machine = GateMachine(policy(), baseline: baseline)
    let slower = (0..<5).map { sample($0 * 100, total: .milliseconds(49)) }
    #expect(last(&machine, slower + [tick(2400)]) == .finish(.passed))
  }

  @Test func bothWitnessesMustAgree() {
    var machine = GateMachine(policy { $0.needsPlatform = true })
    let result = actions(
      &machine,
      [
        sample(0), sample(1), sample(2), sample(3), .platform(.progressing), .platform(.complete),
      ])
    #expect(result == [.wait, .wait, .wait, .wait, .wait, .soak])
  }

  @Test func thePlatformAloneIsNotEnough() {
    var machine = GateMachine(policy { $0.needsPlatform = true })
    #expect(last(&machine, [.platform(.complete), sample(0), sample(1)]) == .wait)
  }

  @Test func aFailureOfThePlatformNeedsNoOtherWitness() {
    var machine = GateMachine(policy { $0.needsPlatform = true })
    #expect(
      machine.handle(.platform(.failed("OOMKilled")))
        == .finish(.failed(.platform("OOMKilled"))))
  }
}
