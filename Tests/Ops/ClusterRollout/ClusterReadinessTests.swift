import Core
import JSON
import POSIX
import Testing

@testable import Ops

/// What keeps rollouts away from a cluster, told alike by those who look and by the rollout.
@Suite struct ClusterReadinessTests {
  private static let tag = "2026.11.0"

  private let ops: RolloutProgram

  init() throws { ops = try RolloutProgram("kustomize") }

  private var lease: ClusterLease { ClusterLease(ops.site.client, RolloutProgram.names) }

  private func plan() throws -> (code: ExitCode?, text: String) {
    try ops.bring(Self.tag, "--plan")
  }

  private func doctor() throws -> (code: ExitCode?, text: String) {
    try ops.run("doctor", "--image", "\(RolloutProgram.image):\(Self.tag)")
  }

  /// Writes down a rollout that was begun and came as far as the gate.
  private func begin() throws {
    let (client, names) = (ops.site.client, RolloutProgram.names)
    var state = RolloutState<ClusterRelease>()
    state.number = 1
    try ClusterStateStore(client, names, lease).save(state)
    let release = ClusterRelease(
      number: 1, revision: "abc", image: "\(RolloutProgram.image):1", version: nil, time: .now())
    let journal = ClusterJournal(client, names, lease, number: 1)
    try journal.append("begin", release.json)
    try journal.append("phase", ["phase": "gate"])
  }

  /// What is expected of the two that look and of the rollout.
  private func expect(_ code: ExitCode, _ words: [String]) throws {
    for found in [try plan(), try doctor(), try ops.bring(Self.tag)] {
      #expect(found.code == code, "\(found.text)")
      for word in words { #expect(found.text.contains(word), "\(word): \(found.text)") }
    }
  }

  @Test func aFreezeIsToldWithItsReasonAndItsEnd() throws {
    let (planned, looked) = (try plan(), try doctor())
    #expect(planned.code == .done, "\(planned.text)")
    #expect(looked.code == .done, "\(looked.text)")
    // Who looks takes no lock.
    let names = RolloutProgram.names
    #expect(try ops.site.client.get(.lease, names.lease, in: names.namespace) == nil)
    #expect(try ops.run("rollout", "--freeze", "a feast").code == .done)
    try expect(
      .refused, ["the environment is frozen: a feast", "--env testing --unfreeze ends that"])
  }

  @Test func aLockThatSomebodyHoldsIsToldWithItsHolderAndPhase() throws {
    try begin()
    let lease = self.lease
    let holder = try lease.acquire(purpose: "rollout")
    let renewal = LockRenewal(lock: lease, holder: holder, interruption: Interruption())
    try renewal.start()
    defer {
      renewal.stop()
      lease.release(holder)
    }
    try expect(
      .locked,
      ["rollout by process \(ProcessInfo.identifier) on ", "the last phase is gate"])
  }

  @Test func aRolloutThatWasInterruptedIsToldWithWhatEndsIt() throws {
    try begin()
    try expect(
      .refused,
      ["rollout 1 was interrupted in phase gate at ", "--env testing --resume", "--abort"])
  }
}
