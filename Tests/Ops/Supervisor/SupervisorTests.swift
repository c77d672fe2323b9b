import Core
import Handover
import JSON
import Logging
import POSIX
import TestSupport
import Testing

@testable import Ops

/// The supervisor with real processes.
@Suite struct SupervisorTests {
  private static func reason(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch ControlError.refused(_, let reason) {
      return reason
    } catch {
      return "\(error)"
    }
  }

  private static func hasEnded(_ process: Int32) -> Bool {
    (try? ProcessHandle(process).hasEnded) ?? true
  }

  @Test func aReplicaThatIsKilledIsBackAndAccepts() throws {
    let site = try SupervisedSite()
    try site.supervising { _ in
      let before = try site.serve(site.set("one", count: 2))
      #expect(before.map(\.name) == ["one-0", "one-1"])
      try ProcessHandle(before[0].process).send(.kill)
      try Crowd.wait { Self.hasEnded(before[0].process) }
      var after: [SupervisedSite.Seen] = []
      try Crowd.wait {
        after = try site.replicas()
        return after.map(\.state) == ["accepting", "accepting"]
          && after[0].process != before[0].process
      }
      #expect(after[0].end == "signal 9")
      #expect(after[1] == before[1])
    }
  }

  @Test func aCandidateThatEndsStaysDownAndSaysHow() throws {
    let site = try SupervisedSite()
    try site.supervising { _ in
      try site.order(.start(site.set("one")))
      let process = try site.wait(for: ["ready"])[0].process
      try ProcessHandle(process).send(.kill)
      #expect(try site.wait(for: ["ended"])[0].end == "signal 9")
      try site.order(.start(site.set("two", program: "/none")))
      let ended = try site.wait(for: ["ended", "ended"])
      #expect(ended[0].process == 0)
      #expect(ended[1].end?.hasPrefix("not started: ") == true)
    }
  }

  @Test func aReplicaIsAskedUntilItIsReady() throws {
    let site = try SupervisedSite()
    try site.supervising { _ in
      try site.order(.start(site.set("one", environment: ["READY_AFTER": "3"])))
      try site.wait(for: ["ready"])
    }
  }

  @Test func whatIsDismissedLeavesAndWhatStaysIsKilled() throws {
    let site = try SupervisedSite()
    try site.supervising { _ in
      let polite = try site.serve(site.set("one"))
      try site.order(.dismiss("one"))
      try site.wait(for: [])
      #expect(Self.hasEnded(polite[0].process))
      let stubborn = try site.serve(
        site.set("two", environment: ["STAYS": "1"], leaveTimeout: .milliseconds(300)))
      try site.order(.dismiss("two"))
      try site.wait(for: [])
      #expect(Self.hasEnded(stubborn[0].process))
    }
    #expect(site.log.written.contains { $0.contains("killing a replica") })
  }

  @Test func theNextSupervisorTakesOverReplicasSocketAndNumber() throws {
    let site = try SupervisedSite()
    try site.supervising { first in
      let before = try site.serve(site.set("one", count: 2), fence: 7)
      try first.freeze()
      try site.supervising { second in
        #expect(second.port == first.port && first.port > 0)
        let after = try site.wait(for: ["accepting", "accepting"])
        #expect(after.map(\.process) == before.map(\.process))
        #expect(try site.order(.status)["fence"]?.number == 7)
        let stale = Self.reason { try site.order(.dismiss("one"), fence: 6) }
        #expect(stale == "number 6 is no longer in charge, number 7 is")

        // One that it did not start itself is replaced all the same.
        try ProcessHandle(after[0].process).send(.kill)
        try Crowd.wait {
          let now = try site.replicas()
          return now.map(\.state) == ["accepting", "accepting"]
            && now[0].process != after[0].process
        }
        try site.order(.dismiss("one"), fence: 8)
        try site.wait(for: [])
        #expect(Self.hasEnded(before[1].process))
      }
    }
  }

  @Test func whatEndedWhileNobodyLookedIsStartedAgain() throws {
    let site = try SupervisedSite()
    try site.supervising { first in
      let before = try site.serve(site.set("one", count: 2))
      try first.freeze()
      try ProcessHandle(before[1].process).send(.kill)
      try Crowd.wait { Self.hasEnded(before[1].process) }
      try site.supervising { _ in
        let after = try site.wait(for: ["accepting", "accepting"])
        #expect(after[0].process == before[0].process)
        #expect(after[1].process != before[1].process)
        try site.order(.dismiss("one"))
        try site.wait(for: [])
      }
    }
  }

  @Test func anOlderNumberChangesNothing() throws {
    let site = try SupervisedSite()
    try site.supervising { _ in
      try site.serve(site.set("one"), fence: 5)
      for kind: SupervisorRequest.Kind in [
        .start(site.set("two")), .admit("one"), .dismiss("one"), .stop,
      ] {
        let reason = Self.reason { try site.order(kind, fence: 4) }
        #expect(reason == "number 4 is no longer in charge, number 5 is")
      }
      #expect(try site.replicas().map(\.state) == ["accepting"])
    }
  }

  @Test func whatLeavesCannotBeCalledBack() throws {
    let site = try SupervisedSite()
    let one = site.set("one", environment: ["STAYS": "1"], leaveTimeout: .seconds(600))
    try site.supervising { _ in
      try site.serve(one)
      try site.order(.dismiss("one"))
      let refusal = "release one is leaving; start it anew once it has left"
      let admission = Self.reason { try site.order(.admit("one")) }
      #expect(admission == refusal)
      let start = Self.reason { try site.order(.start(one)) }
      #expect(start == refusal)
    }
  }

  @Test func moreReleasesThanFitAreRefused() throws {
    let site = try SupervisedSite()
    try site.supervising { _ in
      for number in 0..<SupervisorMachine.setsMax {
        try site.order(.start(site.set("s\(number)", program: "/none")))
      }
      let reason = Self.reason { try site.order(.start(site.set("more"))) }
      #expect(reason == "4 releases run already; none more fits")
    }
  }

  @Test func whatIsNoRequestIsRefused() throws {
    let site = try SupervisedSite()
    try site.supervising { _ in
      let unknown = Self.reason { try site.send(["do": "dance"]) }
      #expect(unknown == "not a request that a supervisor knows")
      let missing = Self.reason { try site.order(.admit("none")) }
      #expect(missing == "no release none runs")
    }
  }

  @Test func replicasWriteToTheirLogs() throws {
    let site = try SupervisedSite()
    try site.supervising { _ in
      try site.serve(site.set("one"))
      #expect(ReplicaLogs.tail(site.paths.log("one-0"), lines: 1) == ["listening as one"])
    }
  }

  @Test func aSupervisorThatStoppedLeavesNothingToTakeOver() throws {
    let site = try SupervisedSite()
    try site.supervising { _ in
      let replicas = try site.serve(site.set("one", count: 2))
      try site.order(.stop, fence: 2)
      try Crowd.wait { replicas.allSatisfy { Self.hasEnded($0.process) } }
      // That the last one has ended is known to the supervisor a moment later.
      try Crowd.wait { try Self.written(site)?.sets == [] }
    }
    #expect(try Self.written(site)?.sets == [])
    #expect(try Self.written(site)?.fence == 2)
  }

  private static func written(_ site: SupervisedSite) throws -> SupervisorState? {
    SupervisorState(try JSONReader.read(File.read(site.paths.supervisorState)))
  }
}
