import Core
import Testing

@testable import Ops

@Suite struct SupervisorMachineTests {
  private typealias Event = SupervisorMachine.Event
  private typealias Action = SupervisorMachine.Action

  private static func set(_ revision: String, count: Int = 2) -> ReplicaSet {
    ReplicaSet(
      revision: revision, program: "/app", environment: ["A": "1"], count: count,
      leaveTimeout: .seconds(10), stage: .candidate)
  }

  /// A machine whose set `a` accepts clients since second 1.
  private static func serving(count: Int = 1) -> SupervisorMachine {
    var machine = SupervisorMachine()
    _ = machine.handle(.start(set("a", count: count)), at: .zero)
    for index in 0..<count {
      _ = machine.handle(.started(name: "a-\(index)", process: Int32(100 + index)), at: .zero)
      _ = machine.handle(.reported(name: "a-\(index)", .ready), at: .seconds(1))
    }
    _ = machine.handle(.admit(revision: "a"), at: .seconds(1))
    for index in 0..<count {
      _ = machine.handle(.reported(name: "a-\(index)", .accepting), at: .seconds(1))
    }
    return machine
  }

  private static func state(_ machine: SupervisorMachine, _ name: String) -> Replica.State? {
    machine.replicas.first { $0.name == name }?.state
  }

  @Test func aNewSetIsStartedAndAskedUntilItIsReady() {
    var machine = SupervisorMachine()
    #expect(
      machine.handle(.start(Self.set("a")), at: .zero) == [
        .spawn(name: "a-0"), .spawn(name: "a-1"),
      ])
    #expect(machine.isBusy)
    #expect(machine.handle(.tick, at: .zero) == [.ask(name: "a-0"), .ask(name: "a-1")])
    #expect(machine.handle(.reported(name: "a-0", .starting), at: .zero) == [])
    #expect(machine.handle(.reported(name: "a-0", .ready), at: .zero) == [])
    #expect(machine.handle(.tick, at: .zero) == [.ask(name: "a-1")])
    #expect(machine.set("a")?.stage == .candidate)
  }

  @Test func aSetIsStartedOnce() {
    var machine = SupervisorMachine()
    _ = machine.handle(.start(Self.set("a")), at: .zero)
    #expect(machine.handle(.start(Self.set("a")), at: .zero) == [])
    #expect(machine.replicas.count == 2)
  }

  @Test func thereAreOnlySoManySets() {
    var machine = SupervisorMachine()
    for number in 0..<SupervisorMachine.setsMax {
      #expect(machine.handle(.start(Self.set("s\(number)")), at: .zero).count == 2)
    }
    #expect(machine.handle(.start(Self.set("more")), at: .zero) == [])
    #expect(machine.sets.count == SupervisorMachine.setsMax)
  }

  @Test func admissionTellsThoseThatAreReadyAndLaterTheOthers() {
    var machine = SupervisorMachine()
    _ = machine.handle(.start(Self.set("a")), at: .zero)
    _ = machine.handle(.reported(name: "a-0", .ready), at: .zero)
    #expect(machine.handle(.admit(revision: "a"), at: .zero) == [.accept(name: "a-0")])
    #expect(machine.handle(.reported(name: "a-1", .ready), at: .zero) == [.accept(name: "a-1")])
    // Until it says that it accepts, it is told again.
    #expect(
      machine.handle(.tick, at: .zero) == [.accept(name: "a-0"), .accept(name: "a-1")])
    _ = machine.handle(.reported(name: "a-0", .accepting), at: .zero)
    _ = machine.handle(.reported(name: "a-1", .accepting), at: .zero)
    #expect(machine.handle(.tick, at: .zero) == [])
    #expect(!machine.isBusy)
  }

  @Test func aCandidateThatEndsIsNotStartedAgain() {
    var machine = SupervisorMachine()
    _ = machine.handle(.start(Self.set("a", count: 1)), at: .zero)
    #expect(machine.handle(.ended(name: "a-0", .exit(1)), at: .seconds(1)) == [])
    #expect(machine.handle(.tick, at: .seconds(3600)) == [])
    #expect(machine.replicas.map(\.state) == [.ended])
    #expect(machine.replicas.map(\.end) == [.exit(1)])
  }

  @Test func aServingReplicaThatEndsIsStartedAgainAndToldToAccept() {
    var machine = Self.serving()
    _ = machine.handle(.ended(name: "a-0", .signal(9)), at: .seconds(20))
    #expect(machine.handle(.tick, at: .seconds(20)) == [])
    let due = Duration.seconds(20) + SupervisorMachine.restartDelayFirst
    #expect(machine.handle(.tick, at: due) == [.spawn(name: "a-0")])
    #expect(machine.handle(.started(name: "a-0", process: 200), at: due) == [])
    #expect(machine.handle(.tick, at: due) == [.ask(name: "a-0")])
    #expect(machine.handle(.reported(name: "a-0", .ready), at: due) == [.accept(name: "a-0")])
    #expect(machine.handle(.reported(name: "a-0", .accepting), at: due) == [])
    #expect(machine.replicas.map(\.process) == [200])
    #expect(machine.replicas.map(\.restarts) == [1])
  }

  @Test func aReplicaThatDiesAtOnceIsStartedEverMoreSlowly() {
    var machine = Self.serving()
    var now = Duration.seconds(5)
    var waits: [Duration] = []
    for _ in 0..<9 {
      _ = machine.handle(.ended(name: "a-0", .exit(1)), at: now)
      let begun = now
      while machine.handle(.tick, at: now) != [.spawn(name: "a-0")] { now += .milliseconds(50) }
      waits.append(now - begun)
    }
    #expect(
      waits == [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000].map { .milliseconds($0) })
  }

  @Test func aReplicaThatStayedUpIsStartedAtOnceAgain() {
    var machine = Self.serving()
    for number in 1...5 {
      _ = machine.handle(.ended(name: "a-0", .exit(1)), at: .seconds(number))
      _ = machine.handle(.tick, at: .seconds(number) + .milliseconds(900))
    }
    #expect(machine.replicas.map(\.restarts) == [5])
    let end = Duration.seconds(6) + SupervisorMachine.stableAfter
    _ = machine.handle(.ended(name: "a-0", .exit(1)), at: end)
    #expect(machine.replicas.map(\.restarts) == [0])
    #expect(
      machine.handle(.tick, at: end + SupervisorMachine.restartDelayFirst)
        == [.spawn(name: "a-0")])
  }

  @Test func theWaitBeforeARestartIsBounded() {
    #expect(SupervisorMachine.restartDelay(.max) == SupervisorMachine.restartDelayMax)
  }

  @Test func aRestartedReplicaThatDoesNotGetReadyIsKilledAndStartedAgain() {
    var machine = Self.serving()
    _ = machine.handle(.ended(name: "a-0", .exit(1)), at: .seconds(2))
    _ = machine.handle(.tick, at: .seconds(3))
    let late = Duration.seconds(3) + SupervisorMachine.startTimeout
    #expect(machine.handle(.tick, at: late - .milliseconds(1)) == [.ask(name: "a-0")])
    #expect(machine.handle(.tick, at: late) == [.kill(name: "a-0")])
    #expect(machine.handle(.tick, at: late) == [])
    _ = machine.handle(.ended(name: "a-0", .signal(9)), at: late)
    #expect(machine.handle(.tick, at: late + .seconds(1)) == [.spawn(name: "a-0")])
  }

  @Test func aDismissedSetIsTerminatedAndForgottenOnceItHasLeft() {
    var machine = Self.serving(count: 2)
    #expect(
      machine.handle(.dismiss(revision: "a"), at: .seconds(2)) == [
        .terminate(name: "a-0"), .terminate(name: "a-1"),
      ])
    #expect(machine.handle(.dismiss(revision: "a"), at: .seconds(2)) == [])
    _ = machine.handle(.ended(name: "a-0", .exit(0)), at: .seconds(3))
    #expect(machine.handle(.tick, at: .seconds(4)) == [])
    #expect(machine.sets.map(\.stage) == [.leaving])
    _ = machine.handle(.ended(name: "a-1", .exit(0)), at: .seconds(4))
    #expect(machine.sets.isEmpty && machine.replicas.isEmpty)
    #expect(!machine.isBusy)
  }

  @Test func whatDoesNotLeaveInTimeIsKilledOnce() {
    var machine = Self.serving()
    _ = machine.handle(.dismiss(revision: "a"), at: .seconds(2))
    #expect(machine.handle(.tick, at: .seconds(11)) == [])
    #expect(machine.handle(.tick, at: .seconds(12)) == [.kill(name: "a-0")])
    #expect(machine.handle(.tick, at: .seconds(13)) == [])
    _ = machine.handle(.ended(name: "a-0", .signal(9)), at: .seconds(13))
    #expect(machine.sets.isEmpty)
  }

  @Test func aSetThatHasEndedAlreadyIsForgottenAtOnce() {
    var machine = SupervisorMachine()
    _ = machine.handle(.start(Self.set("a", count: 1)), at: .zero)
    _ = machine.handle(.ended(name: "a-0", .notStarted("no such file")), at: .zero)
    #expect(machine.handle(.dismiss(revision: "a"), at: .zero) == [])
    #expect(machine.sets.isEmpty)
  }

  @Test func whatLeavesIsNotAdmittedAgain() {
    var machine = Self.serving()
    _ = machine.handle(.dismiss(revision: "a"), at: .seconds(2))
    #expect(machine.handle(.admit(revision: "a"), at: .seconds(3)) == [])
    #expect(machine.set("a")?.stage == .leaving)
    _ = machine.handle(.ended(name: "a-0", .exit(0)), at: .seconds(3))
    #expect(machine.handle(.tick, at: .seconds(60)) == [])
    #expect(machine.sets.isEmpty)
  }

  @Test func aReportOfOneThatLeavesChangesNothing() {
    var machine = Self.serving()
    _ = machine.handle(.dismiss(revision: "a"), at: .seconds(2))
    #expect(machine.handle(.reported(name: "a-0", .accepting), at: .seconds(3)) == [])
    #expect(Self.state(machine, "a-0") == .leaving)
  }

  @Test func eventsOfUnknownReplicasAndSetsAreIgnored() {
    var machine = Self.serving()
    let before = machine
    for event: Event in [
      .admit(revision: "x"), .dismiss(revision: "x"), .started(name: "x-0", process: 1),
      .reported(name: "x-0", .ready), .ended(name: "x-0", .unknown),
    ] {
      #expect(machine.handle(event, at: .seconds(2)) == [])
    }
    #expect(machine == before)
  }

  @Test func replicasThatWereTakenOverAreAskedAndTheMissingOnesStarted() {
    var alive = Replica(revision: "a", index: 0, at: .zero)
    alive.process = 100
    var dead = Replica(revision: "a", index: 1, at: .zero)
    (dead.state, dead.end) = (.ended, .unknown)
    var serving = Self.set("a")
    serving.stage = .serving
    var machine = SupervisorMachine(sets: [serving], replicas: [alive, dead])
    #expect(
      machine.handle(.tick, at: .seconds(1)) == [.ask(name: "a-0"), .spawn(name: "a-1")])
    #expect(machine.handle(.reported(name: "a-0", .accepting), at: .seconds(1)) == [])
    #expect(
      machine.handle(.reported(name: "a-1", .ready), at: .seconds(1)) == [.accept(name: "a-1")])
  }

  @Test func aSetThatHadLeftBeforeATakeoverIsForgotten() {
    var replica = Replica(revision: "a", index: 0, at: .zero)
    replica.state = .ended
    var leaving = Self.set("a", count: 1)
    leaving.stage = .leaving
    #expect(SupervisorMachine(sets: [leaving], replicas: [replica]).sets.isEmpty)
  }
}
