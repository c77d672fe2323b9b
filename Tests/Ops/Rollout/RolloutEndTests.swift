import Core
import JSON
import Testing

@testable import Ops

/// How a run ends where its end can not be written down.
@Suite struct RolloutEndTests {
  /// Fails as soon as the last phase is written down.
  private final class FailingLock: EnvironmentLock {
    private let journal: SimulatedJournal
    private let failure: LockFailure

    init(_ journal: SimulatedJournal, _ failure: LockFailure) {
      (self.journal, self.failure) = (journal, failure)
    }

    func acquire(purpose: String) -> LockHolder { SimulatedLock().acquire(purpose: purpose) }
    func renew(_ holder: LockHolder) {}
    func release(_ holder: LockHolder) {}
    func holder() -> LockHolder? { nil }

    func whileHeld<Result>(
      _ holder: LockHolder, _ body: () throws(LockFailure) -> Result
    ) throws(LockFailure) -> Result {
      if journal.entries().contains(where: { $0.fields["phase"]?.text == "gate-old" }) {
        throw failure
      }
      return try body()
    }
  }

  /// Does not answer until then; who asks waits for a minute, as for a Lease.
  private final class AbsentLock: EnvironmentLock {
    private let cluster: SimulatedCluster
    private let clock: RolloutClock
    private let end: Duration

    init(_ cluster: SimulatedCluster, _ clock: RolloutClock, until end: Duration) {
      (self.cluster, self.clock, self.end) = (cluster, clock, end)
    }

    func acquire(purpose: String) -> LockHolder { SimulatedLock().acquire(purpose: purpose) }
    func renew(_ holder: LockHolder) {}
    func release(_ holder: LockHolder) {}
    func holder() -> LockHolder? { nil }

    func whileHeld<Result>(
      _ holder: LockHolder, _ body: () throws(LockFailure) -> Result
    ) throws(LockFailure) -> Result {
      if cluster.now < end {
        clock.pause(.seconds(60))
        throw .unheard("no answer")
      }
      return try body()
    }
  }

  /// What a run from `phase` beside a lock that is away for so long comes to.
  private func play(
    from phase: Phase, timeout: Duration, away: Duration
  ) throws -> (outcome: Outcome, phases: [String], reason: String?) {
    let place = try UndisturbedRun(hasFormer: false)
    let journal = SimulatedJournal()
    let lock = AbsentLock(
      place.cluster, place.time.clock, until: place.cluster.now + away)
    let run = try place.make(
      RolloutMachine(from: phase), journal: journal, lock: lock, timeout: timeout)
    let outcome = run.run()
    return (
      outcome, journal.entries().compactMap { $0.fields["phase"]?.text },
      place.interruption.reason
    )
  }

  @Test func aReleaseThatWasJudgedIsNotTakenBackBecauseNobodyCanWriteItDown() throws {
    let timeout: Duration = .seconds(300)
    let end = try play(from: .finish, timeout: timeout, away: timeout)
    #expect(end.outcome == .interrupted && end.phases == [], "\(end)")
  }

  @Test func whoeverWasAskedInVainForAMinuteIsNotAskedForTheReportToo() throws {
    let end = try play(from: .preflight, timeout: .seconds(300), away: .seconds(3600))
    #expect(end.outcome == .refused, "\(end)")
    #expect(end.reason == "the lock could not be used: no answer", "\(end)")
  }

  @Test(arguments: [
    (LockFailure.unusable("no answer"), Outcome.rollbackFailed), (.lost(nil), .interrupted),
    (.outrun(by: 2, own: 1), .interrupted),
  ])
  func onlyWhereAnotherHasTakenOverIsTheEndNotOurs(failure: LockFailure, ended: Outcome) throws {
    let journal = SimulatedJournal()
    // Nothing serves, so that the way back fails.
    let run = try UndisturbedRun(hasFormer: false).make(
      RolloutMachine(from: .gateOld, cause: "out of memory"), journal: journal,
      lock: FailingLock(journal, failure), timeout: .seconds(600))
    #expect(run.run() == ended)
  }

  @Test(arguments: [
    // Whoever is asked hangs since the signal.
    (1500, 1500, false), (2000, 2000, true),
    // It answers.
    (2000, 400, false), (7900, 900, false), (8000, 100, true),
    // It answered for a while.
    (4000, 1100, true),
    // Nobody is asked.
    (5000, nil, false), (8000, nil, true),
  ])
  func whatHangsHasTwoSecondsAndWhatAnswersIsNotCutOff(
    after: Int, silence: Int?, isOver: Bool
  ) {
    let words = LastWords()
    #expect(
      words.areOver(after: .milliseconds(after), silence: silence.map { .milliseconds($0) })
        == isOver)
  }
}
