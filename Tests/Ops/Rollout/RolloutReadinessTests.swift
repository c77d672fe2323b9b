import Core
import Testing

@testable import Ops

/// What stands against every rollout, and how whoever only looks ends.
@Suite struct RolloutReadinessTests {
  private static let holder = LockHolder(
    fence: 1, process: 7, host: "elsewhere", purpose: "rollout", since: .now(), until: .now(),
    isReleased: false)
  private static let refusal = RolloutRefusal("so it is")

  private static func readiness(
    lock: LockFailure? = nil, freeze: RolloutRefusal? = nil, unfinished: RolloutRefusal? = nil
  ) -> RolloutReadiness {
    RolloutReadiness(of: "staging", lock: lock, freeze: freeze, unfinished: unfinished)
  }

  @Test func whereNothingStandsAgainstItAllIsWell() {
    let readiness = Self.readiness()
    #expect(readiness.exitCode == .done)
    #expect(readiness.checks.map(\.subject) == ["lock", "freeze", "last rollout"])
    #expect(readiness.checks.allSatisfy { $0.verdict == .ok })
  }

  @Test func whoeverOnlyLooksEndsAsTheRolloutWould() {
    #expect(Self.readiness(freeze: Self.refusal).exitCode == .refused)
    #expect(Self.readiness(unfinished: Self.refusal).exitCode == .refused)
    #expect(Self.readiness(lock: .unusable("forbidden")).exitCode == .refused)
    // The lock comes before all else.
    #expect(Self.readiness(lock: .held(Self.holder)).exitCode == .locked)
    #expect(Self.readiness(lock: .held(Self.holder), freeze: Self.refusal).exitCode == .locked)
  }

  @Test func aHolderIsNamedWithWhereToLook() {
    let held = Self.readiness(lock: .held(Self.holder))
    #expect(held.checks.first?.verdict == .refuse)
    let words = held.checks.first?.detail ?? ""
    #expect(words.hasPrefix("rollout by process 7 on elsewhere since "), "\(words)")
    #expect(words.contains("ops status --env staging"), "\(words)")
  }

  @Test(arguments: ["serving", "release"])
  func whatRunsAmidARolloutIsNoStrangersWork(subject: String) {
    let check = PreflightCheck(subject, .refuse, "put it back by kubectl rollout undo")
    #expect(Self.readiness(freeze: Self.refusal).settled(check) == check)
    for readiness in [
      Self.readiness(unfinished: Self.refusal), Self.readiness(lock: .held(Self.holder)),
    ] {
      #expect(readiness.settled(check).verdict == .warn)
      #expect(!readiness.settled(check).detail.contains("undo"))
    }
  }

  @Test func whatElseIsRefusedStaysRefusedAmidARollout() {
    let check = PreflightCheck("quota", .refuse, "no room")
    #expect(Self.readiness(unfinished: Self.refusal).settled(check) == check)
  }
}
