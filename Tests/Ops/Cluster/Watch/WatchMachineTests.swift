import Core
import JSON
import Testing

@testable import Ops

@Suite struct WatchMachineTests {
  private func object(_ version: String) -> JSONValue {
    ["metadata": ["name": "a", "resourceVersion": .string(version)]]
  }

  private func failure(_ reason: ClusterFailure.Reason) -> WatchMachine.Event {
    .failed(
      ClusterFailure(
        reason: reason, context: "c", call: ClusterCall("watch", .pod, namespace: "n"),
        message: "m"))
  }

  /// A machine with an open watch from version 5.
  private func watching() -> WatchMachine {
    var machine = WatchMachine(.pod)
    _ = machine.handle(.listed(ClusterList(items: [], resourceVersion: "5")), jitter: 0)
    _ = machine.handle(.opened, jitter: 0)
    return machine
  }

  /// The same, after a line.
  private func reading() -> WatchMachine {
    var machine = watching()
    _ = machine.handle(.line(.updated(object("6"), resourceVersion: "6")), jitter: 0)
    return machine
  }

  @Test func itListsAndThenWatchesFromThatMoment() {
    var machine = WatchMachine(.pod)
    #expect(machine.start == .list)
    let list = ClusterList(items: [object("3")], resourceVersion: "5")
    #expect(
      machine.handle(.listed(list), jitter: 0)
        == .init(changes: [.replaced(.pod, [object("3")])], action: .open(from: "5")))
    #expect(machine.handle(.opened, jitter: 0) == .init(action: .read))
  }

  @Test func changesAreToldAsTheyCome() {
    var machine = watching()
    #expect(
      machine.handle(.line(.updated(object("6"), resourceVersion: "6")), jitter: 0)
        == .init(changes: [.updated(.pod, object("6"))], action: .read))
    #expect(
      machine.handle(.line(.deleted(object("7"), resourceVersion: "7")), jitter: 0)
        == .init(changes: [.deleted(.pod, object("7"))], action: .read))
  }

  @Test func aWatchThatEndsGoesOnFromTheLastLineAtOnce() {
    var machine = reading()
    #expect(machine.handle(.ended, jitter: 0) == .init(action: .open(from: "6")))
  }

  @Test func aBookmarkMovesTheMoment() {
    var machine = watching()
    #expect(
      machine.handle(.line(.bookmark(resourceVersion: "90")), jitter: 0) == .init(action: .read))
    #expect(machine.handle(.ended, jitter: 0) == .init(action: .open(from: "90")))
  }

  @Test func aLineThatWasCutIsAskedForAgain() {
    var machine = reading()
    #expect(machine.handle(.line(.malformed), jitter: 0).action == .open(from: "6"))
  }

  @Test func aWatchThatWasCutIsNoLoss() {
    var machine = reading()
    let step = machine.handle(failure(.unreachable), jitter: 1)
    #expect(
      step == .init(pause: WatchMachine.pauseFirst, action: .open(from: "6")))
  }

  @Test func aWatchThatIsCutBeforeItSaidAnythingIsNoLossEither() {
    var machine = watching()
    #expect(machine.handle(failure(.unreachable), jitter: 0).changes.isEmpty)
    // The next attempt tells.
    #expect(machine.handle(failure(.unreachable), jitter: 0).changes.count == 1)
  }

  @Test func watchesThatAreCutBeforeTheySayAnythingAreListedAndALossWhereThatPersists() {
    var machine = watching()
    var steps: [WatchMachine.Step] = []
    for _ in 1...WatchMachine.fruitlessMax {
      steps.append(machine.handle(failure(.unreachable), jitter: 0))
      _ = machine.handle(.opened, jitter: 0)
    }
    #expect(steps.dropLast().allSatisfy { $0.changes.isEmpty && $0.action == .open(from: "5") })
    #expect(steps.last?.action == .list)
    #expect(steps.last?.changes.count == 1)
  }

  @Test func aForgottenMomentIsListedAnew() {
    var machine = reading()
    let answer = ClusterAnswer(status: 410, body: Array(#"{"reason":"Expired"}"#.utf8))
    #expect(machine.handle(.line(.failed(answer)), jitter: 0) == .init(action: .list))
    // Whoever forgets at once again is asked less and less often.
    #expect(machine.handle(failure(.gone), jitter: 0).pause > .zero)
  }

  @Test func aClusterThatCanNotBeAskedIsToldOnceAndThenListed() {
    var machine = reading()
    _ = machine.handle(failure(.unreachable), jitter: 0)
    let lost = machine.handle(failure(.unreachable), jitter: 0)
    #expect(
      lost.changes == [.lost(.pod, "no way to the cluster, to watch pods in namespace n: m")])
    #expect(lost.action == .list)
    let still = machine.handle(failure(.timeout), jitter: 0)
    #expect(still.changes.isEmpty)
    #expect(still.action == .list)
    let list = ClusterList(items: [], resourceVersion: "9")
    #expect(machine.handle(.listed(list), jitter: 0).changes == [.replaced(.pod, [])])
    // The next loss is another one.
    #expect(!machine.handle(failure(.timeout), jitter: 0).changes.isEmpty)
  }

  @Test func aFirstListThatFailsIsALoss() {
    var machine = WatchMachine(.pod)
    #expect(machine.handle(failure(.forbidden), jitter: 0).changes.count == 1)
  }

  @Test func aBusyServerIsLeftInPeaceForAsLongAsItSays() {
    var machine = reading()
    let busy = failure(.tooManyRequests(retryAfter: .seconds(7)))
    let step = machine.handle(busy, jitter: 0)
    #expect(step.changes.isEmpty)
    #expect(step.pause >= .seconds(7))
    #expect(step.action == .open(from: "6"))
    #expect(machine.handle(busy, jitter: 0).changes.isEmpty)
    #expect(machine.handle(busy, jitter: 0).changes.count == 1)
  }

  @Test func pausesGrowToALimitAndStartAnewAfterALine() {
    var machine = WatchMachine(.pod)
    var pauses: [Duration] = []
    for _ in 0..<12 { pauses.append(machine.handle(failure(.timeout), jitter: 1).pause) }
    #expect(pauses[0] == WatchMachine.pauseFirst)
    #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(pauses.last == WatchMachine.pauseMax)
    #expect(machine.handle(failure(.timeout), jitter: 0).pause == WatchMachine.pauseMax / 2)
    _ = machine.handle(.listed(ClusterList(items: [], resourceVersion: "5")), jitter: 0)
    _ = machine.handle(.opened, jitter: 0)
    _ = machine.handle(.line(.bookmark(resourceVersion: "6")), jitter: 0)
    #expect(machine.handle(failure(.unreachable), jitter: 1).pause == WatchMachine.pauseFirst)
  }

  @Test func watchesThatEndWithoutALineAreNotOpenedInARush() {
    var machine = watching()
    let first = machine.handle(.ended, jitter: 1)
    #expect(first == .init(pause: WatchMachine.pauseFirst, action: .open(from: "5")))
    _ = machine.handle(.opened, jitter: 1)
    #expect(machine.handle(.ended, jitter: 1).pause == WatchMachine.pauseFirst * 2)
  }

  @Test func watchesThatEndAgainAndAgainBeforeTheySayAnythingAreALossUntilOneSpeaks() {
    var machine = watching()
    var told: [ClusterChange] = []
    for _ in 1...WatchMachine.fruitlessMax {
      let step = machine.handle(.line(.malformed), jitter: 0)
      told += step.changes
      _ = machine.handle(.opened, jitter: 0)
    }
    let loss = ClusterChange.lost(.pod, "watches of pods end before they say anything")
    #expect(told == [loss])
    // A list tells how things are, and not that they are watched.
    let list = ClusterList(items: [], resourceVersion: "9")
    #expect(machine.handle(.listed(list), jitter: 0).changes == [.replaced(.pod, []), loss])
    _ = machine.handle(.opened, jitter: 0)
    let line = WatchMachine.Event.line(.bookmark(resourceVersion: "10"))
    #expect(machine.handle(line, jitter: 0) == .init(action: .list))
    #expect(machine.handle(.listed(list), jitter: 0).changes == [.replaced(.pod, [])])
  }

  @Test func aWatchThatSaysNothingForTooLongIsCheckedByAList() {
    var machine = reading()
    let step = machine.handle(failure(.timeout), jitter: 0)
    #expect(step.action == .list)
    #expect(step.changes.isEmpty)
    // Where that is not answered either, nothing is known.
    #expect(machine.handle(failure(.timeout), jitter: 0).changes.count == 1)
  }

  @Test func whatIsQuietIsWatchedAsWellAsWhatIsNot() {
    var machine = watching()
    for _ in 1...20 {
      #expect(machine.handle(failure(.timeout), jitter: 1) == .init(action: .list))
      _ = machine.handle(.listed(ClusterList(items: [], resourceVersion: "9")), jitter: 1)
      _ = machine.handle(.opened, jitter: 1)
    }
    // A real failure after all that is the first one.
    #expect(machine.handle(.ended, jitter: 1).pause == WatchMachine.pauseFirst)
  }

  @Test(arguments: [
    (#"{"type":"ADDED","object":{"metadata":{"resourceVersion":"6"}}}"#, "updated 6"),
    (#"{"type":"MODIFIED","object":{"metadata":{"resourceVersion":"7"}}}"#, "updated 7"),
    (#"{"type":"DELETED","object":{"metadata":{"resourceVersion":"8"}}}"#, "deleted 8"),
    (#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}"#, "bookmark 9"),
    (#"{"type":"ERROR","object":{"code":410,"message":"too old"}}"#, "failed 410"),
    (#"{"type":"MODIFIED","obj"#, "malformed"), (#"{"type":"NEWS","object":{}}"#, "malformed"),
    ("", "malformed"),
  ]) func aLineIsOneOfSix(text: String, wanted: String) {
    let found =
      switch WatchLine(Array(text.utf8)) {
      case .updated(_, let version): "updated \(version)"
      case .deleted(_, let version): "deleted \(version)"
      case .bookmark(let version): "bookmark \(version)"
      case .failed(let answer): "failed \(answer.status.code)"
      case .malformed: "malformed"
      }
    #expect(found == wanted)
  }
}
