import Core
import Testing

@testable import Ops

/// What the preflight says of a release of Helm.
@Suite struct HelmCheckTests {
  private static let now = Timestamp(microsecondsSinceEpoch: 1_790_000_000_000_000)

  private static func check(
    _ statuses: [String], _ former: ClusterRelease?, age: Duration = .seconds(60)
  ) -> PreflightCheck {
    let history = HelmHistory(
      statuses.enumerated().map { index, status in
        HelmHistory.Revision(
          number: index + 1, status: HelmHistory.Status(rawValue: status),
          updated: now.advanced(by: .zero - age))
      })
    return HelmCheck.release(history, "slipway", former, now: now)
  }

  private static func release(_ number: Int, revision: Int?) -> ClusterRelease {
    ClusterRelease(
      number: number, revision: "4ac1", image: "ghcr.io/example/slipway:1", version: nil,
      time: now, helmRevision: revision)
  }

  @Test func nothingThereIsAFirstRelease() {
    #expect(Self.check([], nil).verdict == .ok)
    #expect(Self.check(["failed"], nil).verdict == .ok)
  }

  @Test func aReleaseThatHelmAloneBroughtIsAdopted() {
    let check = Self.check(["deployed"], Self.release(0, revision: 1))
    #expect(check.verdict == .ok)
    #expect(check.detail.contains("adopted"))
  }

  @Test func aReleaseWithoutAWayBackIsRefused() {
    #expect(Self.check(["deployed"], nil).verdict == .refuse)
    #expect(Self.check(["deployed"], Self.release(3, revision: nil)).verdict == .refuse)
    #expect(Self.check(["deployed"], Self.release(3, revision: 7)).verdict == .refuse)
    #expect(Self.check(["deployed"], Self.release(3, revision: 1)).verdict == .ok)
  }

  @Test func aHelmThatMayBeAtWorkIsWaitedForAndADeadOneRepaired() {
    let former = Self.release(3, revision: 1)
    let young = Self.check(["deployed", "pending-upgrade"], former)
    #expect(young.verdict == .refuse)
    #expect(young.detail.contains("helm rollback slipway 1"))
    let old = Self.check(["deployed", "pending-upgrade"], former, age: .seconds(7200))
    #expect(old.verdict == .warn)
    #expect(old.detail.contains("back to revision 1"))
  }
}
