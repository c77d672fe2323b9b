import Core
import JSON
import TestSupport
import Testing

@testable import Ops

/// Logs of pods that the fake cluster plays.
@Suite struct ClusterLogTests {
  private let site: FakeClusterSite
  private var client: ClusterClient { site.client }
  private let space = FakeClusterSite.namespace

  init() throws { site = try FakeClusterSite() }

  private func pod(where condition: (JSONValue) -> Bool) throws -> String {
    var found: String?
    let isThere = try FakeClusterSite.eventually {
      found = try client.list(ClusterSelection(.pod, in: space)).items.first(where: condition)?[
        "metadata"]?["name"]?.text
      return found != nil
    }
    try #require(isThere)
    return try #require(found)
  }

  private func container(_ pod: JSONValue) -> JSONValue? {
    pod["status"]?["containerStatuses"]?.elements?.first
  }

  @Test func theLogOfTheContainerBeforeIsThereAfterACrash() throws {
    try client.apply(
      .deployment, FakeClusterSite.deployment("web", image: "registry.example/app-crash:1"),
      in: space)
    let name = try pod {
      container($0)?["state"]?["waiting"]?["reason"]?.text == "CrashLoopBackOff"
    }
    var log = PodLog(name, in: space, container: "app")
    log.isPrevious = true
    log.tailLines = 1
    #expect(
      String(decoding: try client.log(log), as: UTF8.self) == "error: DATABASE_URL is not set\n")
  }

  @Test func aContainerThatHasNotStartedHasNoLog() throws {
    try client.apply(
      .job, FakeClusterSite.job("j", image: "registry.example/app-image-missing:1"), in: space)
    let name = try pod { container($0)?["state"]?["waiting"] != nil }
    let error = try FakeClusterSite.failure { () throws(ClusterFailure) in
      _ = try client.log(PodLog(name, in: space))
    }
    #expect(error.reason == .invalid)
    #expect(error.message.contains("waiting to start"))
  }

  @Test func aLogThatIsFollowedComesLineByLineAndEndsWithTheContainer() throws {
    try client.apply(.job, FakeClusterSite.job("j", image: "registry.example/app:1"), in: space)
    let name = try pod { container($0)?["state"]?["waiting"] == nil && container($0) != nil }
    let stream = try client.followLog(PodLog(name, in: space))
    var lines: [String] = []
    while let line = try stream.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    #expect(
      lines == [
        "migrating", "0001_create_people: applied", "step 1 of 2", "step 2 of 2", "done",
      ])
  }
}
