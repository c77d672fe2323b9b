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

  @Test(arguments: [
    (LockFailure.unusable("no answer"), Outcome.rollbackFailed), (.lost(nil), .interrupted),
    (.outrun(by: 2, own: 1), .interrupted),
  ])
  func onlyWhereAnotherHasTakenOverIsTheEndNotOurs(failure: LockFailure, ended: Outcome) throws {
    let scenario = Scenario(undisturbed: .good, seed: 1, policies: try SimulatedPolicies())
    let cluster = SimulatedCluster(scenario.generator)
    let time = SimulatedTime(cluster)
    let clients = SimulatedClients(cluster, ratePerSecond: 10, SeededGenerator(1))
    time.clients = clients
    let target = SimulatedTarget(scenario, time) { generation, release, isFormer in
      DeploymentSubject(
        name: "slipway", generation: generation, revision: release.revision, isFormer: isFormer)
    }
    let journal = SimulatedJournal()
    let lock = FailingLock(journal, failure)
    // Nothing serves, so that the way back fails.
    let run = RolloutRun(
      .init(
        target: target, journal: journal, lock: lock, holder: lock.acquire(purpose: "rollout"),
        interruption: Interruption(clock: time.clock), view: .silent, number: 1,
        fromBroken: false, timeout: .seconds(600), restIn: nil, probes: { clients }),
      machine: RolloutMachine(from: .gateOld, cause: "out of memory"))
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
