import Core
import JSON
import Testing

@testable import Ops

@Suite struct RolloutMachineTests {
  private typealias Event = RolloutMachine.Event
  private typealias Action = RolloutMachine.Action

  private struct Step: Sendable {
    let phase: Phase
    let event: RolloutMachine.Event
    let action: RolloutMachine.Action
  }

  /// Every phase with every event, but for those that end any phase alike.
  private static let steps: [Step] = [
    Step(phase: .lock, event: .succeeded, action: .enter(.preflight)),
    Step(phase: .preflight, event: .succeeded, action: .enter(.baseline)),
    Step(phase: .baseline, event: .succeeded, action: .enter(.backup)),
    Step(phase: .backup, event: .succeeded, action: .enter(.migrate)),
    Step(phase: .migrate, event: .succeeded, action: .enter(.apply)),
    Step(phase: .step, event: .succeeded, action: .enter(.apply)),
    Step(phase: .apply, event: .succeeded, action: .enter(.gate)),
    Step(phase: .gate, event: .succeeded, action: .enter(.soak)),
    Step(phase: .soak, event: .succeeded, action: .enter(.finish)),
    Step(phase: .finish, event: .succeeded, action: .end(.done)),
    Step(phase: .diagnose, event: .succeeded, action: .enter(.rollBack)),
    Step(phase: .rollBack, event: .succeeded, action: .enter(.gateOld)),
    Step(phase: .gateOld, event: .succeeded, action: .end(.rolledBack)),
    Step(phase: .lock, event: .failed("x"), action: .end(.refused)),
    Step(phase: .preflight, event: .failed("x"), action: .end(.refused)),
    Step(phase: .baseline, event: .failed("x"), action: .end(.refused)),
    Step(phase: .backup, event: .failed("x"), action: .end(.refused)),
    Step(phase: .migrate, event: .failed("x"), action: .enter(.diagnose)),
    Step(phase: .step, event: .failed("x"), action: .enter(.diagnose)),
    Step(phase: .apply, event: .failed("x"), action: .enter(.diagnose)),
    Step(phase: .gate, event: .failed("x"), action: .enter(.diagnose)),
    Step(phase: .soak, event: .failed("x"), action: .enter(.diagnose)),
    Step(phase: .finish, event: .failed("x"), action: .enter(.diagnose)),
    Step(phase: .diagnose, event: .failed("x"), action: .enter(.rollBack)),
    Step(phase: .rollBack, event: .failed("x"), action: .end(.rollbackFailed)),
    Step(phase: .gateOld, event: .failed("x"), action: .end(.rollbackFailed)),
  ]

  @Test(arguments: steps)
  private func aPhaseLeadsToTheNext(step: Step) {
    var machine = RolloutMachine(from: step.phase)
    #expect(machine.handle(step.event) == step.action)
    if case .enter(let next) = step.action { #expect(machine.phase == next) }
  }

  @Test(arguments: steps)
  private func whatCouldNotBeToldLeadsWhereAFailureLeads(step: Step) {
    guard case .failed(let reason) = step.event else { return }
    var machine = RolloutMachine(from: step.phase)
    #expect(machine.handle(.inconclusive(reason)) == step.action)
  }

  @Test func stepsComeOneAfterTheOtherBetweenTheSchemaAndTheWhole() {
    var machine = RolloutMachine(from: .migrate)
    machine.take(steps: 2)
    #expect(machine.handle(.succeeded) == .enter(.step))
    #expect(machine.step == 0)
    #expect(machine.handle(.succeeded) == .enter(.step))
    #expect(machine.step == 1)
    #expect(machine.handle(.succeeded) == .enter(.apply))
  }

  @Test func anInterruptedStepIsGoneOnWith() {
    var machine = RolloutMachine(from: Phase.step.resumed, step: 1)
    machine.take(steps: 3)
    #expect(machine.phase == .step)
    #expect(machine.handle(.succeeded) == .enter(.step))
    #expect(machine.step == 2)
  }

  @Test(arguments: [0, 1])
  func aStepThatIsNoMoreIsPassedOver(steps: Int) {
    var machine = RolloutMachine(from: .step, step: 1)
    machine.take(steps: steps)
    #expect(machine.phase == .apply)
  }

  @Test func anAbortInAStepPutsTheOldReleaseBack() {
    var machine = RolloutMachine(abortingAt: .step, cause: "aborted")
    machine.take(steps: 2)
    #expect(machine.phase == .rollBack)
    #expect(machine.handle(.succeeded) == .enter(.gateOld))
    #expect(machine.handle(.succeeded) == .end(.aborted))
  }

  @Test func everyPhaseIsInTheTable() {
    for phase in Phase.allCases {
      #expect(Self.steps.filter { $0.phase == phase }.count == 2, "\(phase)")
    }
  }

  @Test(arguments: Phase.allCases)
  func anInterruptionEndsAnyPhase(phase: Phase) {
    var machine = RolloutMachine(from: phase)
    #expect(machine.handle(.interrupted("SIGTERM")) == .end(.interrupted))
    #expect(machine.cause == "SIGTERM")
    #expect(machine.phase == phase)
  }

  @Test(arguments: Phase.allCases.filter(\.changesNothing))
  func whatIsRefusedBeforeAnythingWasChangedHasNothingToPutBack(phase: Phase) {
    var machine = RolloutMachine(from: phase)
    #expect(machine.handle(.refused("too old")) == .end(.refused))
    #expect(machine.cause == "too old")
  }

  @Test func whatWasAppliedBeforeARefusalIsPutBackAndStillRefused() {
    let events: [RolloutMachine.Event] = [
      .refused("too old"), .succeeded, .succeeded,
    ]
    let end = Self.run(RolloutMachine(from: .migrate), events)
    #expect(end.outcome == .refused)
    #expect(end.phases == [.migrate, .rollBack, .gateOld])
    #expect(end.cause == "too old")
    let failed = Self.run(
      RolloutMachine(from: .migrate), [.refused("too old"), .failed("away")])
    #expect(failed.outcome == .rollbackFailed)
  }

  @Test(arguments: Phase.allCases)
  func anotherHolderEndsAnyPhase(phase: Phase) {
    var machine = RolloutMachine(from: phase)
    #expect(machine.handle(.held("process 7")) == .end(.locked))
    #expect(machine.cause == "process 7")
  }

  /// Gives the machine the events until it ends.
  private static func run(_ machine: RolloutMachine, _ events: [RolloutMachine.Event])
    -> (outcome: Outcome?, phases: [Phase], cause: String?)
  {
    var machine = machine
    var phases = [machine.phase]
    for event in events {
      switch machine.handle(event) {
      case .enter(let phase): phases.append(phase)
      case .end(let outcome): return (outcome, phases, machine.cause)
      }
    }
    return (nil, phases, machine.cause)
  }

  private static func succeeding(_ count: Int) -> [RolloutMachine.Event] {
    Array(repeating: .succeeded, count: count)
  }

  @Test func aRolloutThatGoesWellPassesItsPhasesInOrder() {
    let result = Self.run(RolloutMachine(), Self.succeeding(20))
    #expect(result.outcome == .done)
    #expect(
      result.phases == [
        .lock, .preflight, .baseline, .backup, .migrate, .apply, .gate, .soak, .finish,
      ])
    #expect(result.cause == nil)
  }

  @Test func aFailedGatePutsTheOldReleaseBack() {
    let result = Self.run(
      RolloutMachine(), Self.succeeding(6) + [.failed("503")] + Self.succeeding(3))
    #expect(result.outcome == .rolledBack)
    #expect(result.phases.suffix(4) == [.gate, .diagnose, .rollBack, .gateOld])
    #expect(result.cause == "503")
  }

  @Test func aGateWithoutDataIsInconclusiveOnceTheOldReleaseServes() {
    let result = Self.run(
      RolloutMachine(), Self.succeeding(6) + [.inconclusive("no data")] + Self.succeeding(3))
    #expect(result.outcome == .inconclusive)
    #expect(result.cause == "no data")
  }

  @Test func anInconclusiveDiagnosisDoesNotHideTheFailure() {
    let result = Self.run(
      RolloutMachine(from: .gate),
      [.failed("503"), .inconclusive("no logs"), .succeeded, .succeeded])
    #expect(result.outcome == .rolledBack)
    #expect(result.cause == "503")
  }

  @Test func aRollbackThatFailsNamesBothCauses() {
    let result = Self.run(
      RolloutMachine(from: .gate), [.failed("503"), .succeeded, .failed("no program")])
    #expect(result.outcome == .rollbackFailed)
    #expect(result.cause == "503; then the rollback: no program")
  }

  @Test(arguments: Phase.allCases.filter(\.changesNothing))
  func anAbortBeforeTheFirstChangeLeavesWhatRunsAlone(phase: Phase) {
    let result = Self.run(
      RolloutMachine(abortingAt: phase, cause: "--abort"), Self.succeeding(1))
    #expect(result.outcome == .aborted)
    #expect(!result.phases.contains(.rollBack))
    let blind = Self.run(
      RolloutMachine(abortingAt: phase, cause: "--abort"), [.failed("no logs")])
    #expect(blind.outcome == .aborted)
  }

  @Test(arguments: Phase.allCases.filter { !$0.changesNothing })
  func anAbortPutsTheOldReleaseBackWhereverItCame(phase: Phase) {
    let machine = RolloutMachine(abortingAt: phase, cause: "--abort")
    #expect(machine.phase == (phase.changesRelease ? .rollBack : .diagnose))
    let result = Self.run(machine, Self.succeeding(5))
    #expect(result.outcome == .aborted)
    #expect(result.phases.suffix(2) == [.rollBack, .gateOld])
    #expect(result.cause == "--abort")
  }

  @Test func anAbortThatFailsIsAFailedRollback() {
    let machine = RolloutMachine(abortingAt: .gate, cause: "--abort")
    let result = Self.run(machine, [.succeeded, .failed("503")])
    #expect(result.outcome == .rollbackFailed)
  }

  @Test func theSameEventsLeadToTheSameMachine() {
    let events = Self.succeeding(6) + [.failed("503"), .failed("no logs"), .succeeded]
    var first = RolloutMachine()
    var second = RolloutMachine()
    let actions = events.map { first.handle($0) }
    #expect(events.map { second.handle($0) } == actions)
    #expect(first == second)
    #expect(first.phase == .gateOld)
  }

  private static func journal(_ fields: [JSONValue]) throws -> JournalSummary {
    let entries = [JournalEntry(time: .now(), kind: "begin", fields: [:])]
    return try #require(
      JournalSummary(
        entries + fields.map { JournalEntry(time: .now(), kind: "phase", fields: $0) }))
  }

  @Test(arguments: [Outcome.aborted, .refused, .inconclusive, .rolledBack])
  func aWayBackThatIsResumedEndsAsItWouldHave(_ verdict: Outcome) throws {
    let summary = try Self.journal([
      ["phase": "apply"],
      ["phase": "roll-back", "cause": "503", "verdict": .string(verdict.rawValue)],
    ])
    let machine = RolloutMachine(resuming: summary)
    #expect(machine.phase == .rollBack)
    #expect(Self.run(machine, [.succeeded, .succeeded]).outcome == verdict)
    #expect(
      Self.run(RolloutMachine(aborting: summary), [.succeeded, .succeeded]).outcome == .aborted)
  }

  @Test func whatNeverCameSoFarAsToChangeAnythingIsLeftAloneByWhoeverEndsIt() throws {
    let summary = try Self.journal([
      ["phase": "preflight"], ["phase": "diagnose", "cause": "aborted", "verdict": "aborted"],
    ])
    for machine in [RolloutMachine(resuming: summary), RolloutMachine(aborting: summary)] {
      let end = Self.run(machine, [.succeeded])
      #expect(end.phases == [.diagnose])
      #expect(end.outcome == .aborted)
    }
  }

  @Test func whatInterruptedARunIsNoFailureOfItsRelease() throws {
    let summary = try Self.journal([["phase": "gate", "cause": "SIGTERM"]])
    let events: [RolloutMachine.Event] = [
      .succeeded, .inconclusive("no data"), .succeeded, .succeeded, .succeeded,
    ]
    let end = Self.run(RolloutMachine(resuming: summary), events)
    #expect(end.outcome == .inconclusive)
    #expect(end.cause == "no data")
  }

  @Test func aRunThatGoesOnKnowsWhatMadeItFail() {
    let machine = RolloutMachine(from: .rollBack, cause: "503")
    let result = Self.run(machine, [.failed("no program")])
    #expect(result.cause == "503; then the rollback: no program")
  }
}
