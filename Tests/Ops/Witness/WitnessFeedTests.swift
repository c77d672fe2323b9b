import Core
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

/// A witness in front of an API.
@Suite struct WitnessFeedTests {
  private let site: FakeClusterSite
  private let client: ClusterClient

  init() throws {
    site = try FakeClusterSite()
    var client = site.client
    client.callTimeout = .seconds(180)
    self.client = client
  }

  private func failing(_ image: String) throws -> WitnessFeed<DeploymentSubject> {
    let made = try client.apply(
      .deployment, FakeClusterSite.deployment("web", image: image), in: FakeClusterSite.namespace)
    let generation = made["metadata"]?["generation"]?.number ?? 0
    return try WitnessFeed(
      DeploymentSubject(name: "web", generation: generation), of: client,
      in: FakeClusterSite.namespace)
  }

  @Test func aFailureIsToldWithItsLastLine() throws {
    let feed = try failing("registry.example/app-crash:1")
    #expect(FakeClusterSite.eventually { if case .failed = feed.finding { true } else { false } })
    guard case .failed(let cause) = feed.finding else { return }
    #expect(feed.line(of: cause).contains("; last line: "))
    #expect(feed.evidence().contains { $0.source.hasPrefix("container app of pod web-") })
  }

  @Test func logsThatDoNotComeHoldUpNoFailureAndNoWayBack() throws {
    try site.fault("delay", ["seconds": 170, "resource": "pods/log"])
    let feed = try failing("registry.example/app-crash:1")
    #expect(FakeClusterSite.eventually { if case .failed = feed.finding { true } else { false } })
    let deadline = Deadline.after(FakeClusterSite.patience)
    #expect(!feed.evidence().contains { $0.source.hasPrefix("container") })
    #expect(!deadline.hasPassed)
  }
}
