import Core
import HTTPClient
import JSON
import POSIX
import Synchronization
import TestSupport
import Testing

@testable import Ops

@Suite struct GateRunTests {
  private func options(
    _ url: String, _ change: (inout GateOptions) -> Void = { _ in }
  ) -> GateOptions {
    var options = GateOptions(prober: ProberSettings(url: url + "/health"), policy: GatePolicy())
    options.prober.ratePerSecond = 100
    options.prober.timeout = .seconds(5)
    // What is tested here is not how busy the machine is.
    options.prober.latenessMax = .seconds(30)
    options.prober.overdueMax = .seconds(30)
    options.policy.consecutive = 10
    options.policy.soak = .milliseconds(300)
    options.policy.timeout = .seconds(60)
    change(&options)
    return options
  }

  @Test func aGoodServicePasses() throws {
    let server = try RawServer { _ in .response() }
    let result = try GateRun.run(options(server.url))
    #expect(result.verdict == .passed)
    #expect(result.report.failed == 0)
    #expect(result.samples.count == result.report.requests)
    #expect(result.report.requests >= 30)
  }

  @Test func aServiceThatAnswers500Fails() throws {
    let server = try RawServer { _ in .response(500, "no") }
    let result = try GateRun.run(options(server.url))
    guard case .failed(.tooManyFailed(_, 0, .status(500), _, _)) = result.verdict else {
      Issue.record("\(String(describing: result.verdict))")
      return
    }
  }

  @Test func aReleaseThatComesLaterIsWaitedForAndPasses() throws {
    let count = Counter()
    let server = try RawServer { _ in
      .response(200, "UP", headers: ["X-Revision: \(count.add() > 30 ? "new" : "old")"])
    }
    let result = try GateRun.run(
      options(server.url) { $0.policy.revisions = .replacing(old: "old", new: "new") })
    #expect(result.verdict == .passed)
    #expect((result.report.revisions["old"]?.good ?? 0) == 30)
    #expect((result.report.revisions["new"]?.good ?? 0) >= 10)
  }

  @Test func aRevisionThatFlapsDoesNotPass() throws {
    let count = Counter()
    let server = try RawServer { _ in
      .response(200, "UP", headers: ["X-Revision: \(count.add() % 5 == 0 ? "old" : "new")"])
    }
    let result = try GateRun.run(
      options(server.url) {
        $0.policy.revisions = .replacing(old: "old", new: "new")
        $0.policy.timeout = .seconds(1)
      })
    guard case .failed(.notSettled) = result.verdict else {
      Issue.record("\(String(describing: result.verdict))")
      return
    }
  }

  @Test func anAnswerOfAThirdRevisionFails() throws {
    let count = Counter()
    let server = try RawServer { _ in
      .response(200, "UP", headers: ["X-Revision: \(count.add() == 8 ? "third" : "new")"])
    }
    let result = try GateRun.run(
      options(server.url) { $0.policy.revisions = .replacing(old: "old", new: "new") })
    #expect(result.verdict == .failed(.foreignRevision("third")))
  }

  @Test func aProberWithoutRoomIsInconclusive() throws {
    let server = try RawServer { _ in .hang }
    let result = try GateRun.run(
      options(server.url) {
        $0.prober.inFlightMax = 2
        $0.prober.timeout = .milliseconds(500)
      })
    guard case .inconclusive(.proberWasTheBottleneck) = result.verdict else {
      Issue.record("\(String(describing: result.verdict))")
      return
    }
  }

  @Test func anInterruptionIsNoVerdict() throws {
    let server = try RawServer { _ in .response() }
    let count = Counter()
    let result = try GateRun.run(
      options(server.url) { $0.policy.soak = .seconds(600) },
      isInterrupted: {
        WorkThread.sleep($0)
        return count.add() == 5
      })
    #expect(result.verdict == nil)
    #expect(result.report.requests > 0)
  }

  @Test func aReplicaIsObservedThroughItsSocket() throws {
    let path = "/tmp/slipway-gate-\(ProcessInfo.identifier).sock"
    let server = try RawServer(unixSocketPath: path) { .response(200, $0.head) }
    defer { server.stop() }
    let result = try GateRun.run(
      options("http://replica.invalid") { $0.prober.unixSocketPath = path })
    #expect(result.verdict == .passed)
  }

  @Test func theEvidenceHoldsEveryProbe() throws {
    let directory = "/tmp/slipway-gate-\(ProcessInfo.identifier)-evidence"
    defer { try? File.removeTree(directory) }
    let server = try RawServer { _ in .response(200, "UP", headers: ["X-Revision: r1"]) }
    let options = options(server.url)
    let result = try GateRun.run(options)
    try GateEvidence(url: options.prober.url, policy: options.policy, result: result)
      .write(to: directory)
    let json = try JSONReader.read(try File.readText(directory + "/gate.json"))
    #expect(json["verdict"]?.text == "passed")
    #expect(json["probes"]?.elements?.count == result.report.requests)
    #expect(
      json["probes"]?.elements?.first?.elements?.count == json["probeColumns"]?.elements?.count)
    #expect(json["report"]?["revisions"]?["r1"]?["failed"]?.number == 0)
    let page = try File.readText(directory + "/gate.md")
    #expect(page.hasPrefix("# Gate: passed\n"))
    #expect(page.contains("| `r1` |"))
  }
}
