import Core
import JSON
import Testing

@testable import Ops

/// What Helm remembers of a release, and what is done about it.
@Suite struct HelmHistoryTests {
  private static let now = Timestamp(microsecondsSinceEpoch: 1_790_000_000_000_000)

  private static func history(_ statuses: [String], updated: Timestamp? = now) -> HelmHistory {
    HelmHistory(
      statuses.enumerated().map { index, status in
        HelmHistory.Revision(
          number: index + 1, status: HelmHistory.Status(rawValue: status), updated: updated)
      })
  }

  @Test func whatHelmPrintsIsRead() throws {
    let json = try JSONReader.read(
      """
      [{"revision":2,"updated":"2026-11-21T15:23:11.123456789+01:00","status":"deployed",\
      "chart":"slipway-2026.11.0","app_version":"2026.11.0","description":"rollout 2, 4ac1"},\
      {"revision":1,"updated":"2026-11-21T14:00:00Z","status":"superseded"}]
      """)
    let history = try #require(HelmHistory(json))
    #expect(history.revisions.map(\.number) == [1, 2])
    #expect(history.good?.updated == Timestamp(iso8601: "2026-11-21T14:23:11.123456Z"))
    #expect(history.next == 3)
    #expect(HelmHistory(JSONValue.object([])) == nil)
  }

  @Test(arguments: [
    ([], HelmHistory.Standing.absent),
    (["superseded", "uninstalled"], .absent),
    (["failed"], .settled(nil)),
    (["superseded", "deployed"], .settled(history(["", "deployed"]).revisions[1])),
    (["deployed", "failed"], .settled(history(["deployed"]).revisions[0])),
    (
      ["deployed", "pending-upgrade"],
      .unfinished(
        last: history(["", "pending-upgrade"]).revisions[1],
        good: history(["deployed"]).revisions[0])
    ),
    (
      ["pending-install"],
      .unfinished(last: history(["pending-install"]).revisions[0], good: nil)
    ),
    (["uninstalling"], .unfinished(last: history(["uninstalling"]).revisions[0], good: nil)),
  ])
  func theLastRevisionSaysHowAReleaseStands(
    statuses: [String], standing: HelmHistory.Standing
  ) {
    #expect(Self.history(statuses).standing == standing)
  }

  private static func repair(
    _ statuses: [String], age: Duration, isOurs: Bool = false
  ) throws -> HelmRepair {
    let history = history(statuses, updated: now.advanced(by: .zero - age))
    let last = try #require(history.revisions.last)
    return HelmRepair(last, good: history.good, isOurs: isOurs, now: now)
  }

  @Test func anotherHelmIsLeftAloneWhileItMayBeAtWork() throws {
    let statuses = ["deployed", "pending-upgrade"]
    #expect(try Self.repair(statuses, age: .seconds(60)) == .tooEarly)
    #expect(
      try Self.repair(statuses, age: HelmRepair.ageMin) == .possible(.rollback(to: 1)))
  }

  @Test func whatOurOwnRunBeganIsTakenBackAtOnce() throws {
    #expect(
      try Self.repair(["superseded", "deployed", "pending-rollback"], age: .zero, isOurs: true)
        == .possible(.rollback(to: 2)))
    #expect(
      try Self.repair(["pending-install"], age: .zero, isOurs: true) == .possible(.uninstall))
  }

  @Test func aTimeThatHelmDoesNotTellIsNoReasonToTakeAnythingBack() throws {
    let last = HelmHistory.Revision(
      number: 1, status: HelmHistory.Status(rawValue: "pending-install"), updated: nil)
    #expect(HelmRepair(last, good: nil, isOurs: false, now: Self.now) == .tooEarly)
  }
}
