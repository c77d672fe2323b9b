import Core
import JSON
import POSIX
import Subprocess
import TestSupport
import Testing
import YAML

@testable import Ops

@Suite struct RolloutPublisherTests {
  private let directory = TemporaryDirectory()
  private let written = WrittenText()

  private func publisher(
    _ policy: String, _ environment: [String: String] = [:], metrics: String? = nil
  ) throws -> RolloutPublisher {
    let context = CommandContext(
      output: written.output, error: written.output, environment: environment,
      currentDirectory: directory.path, tree: Ops.commands)
    let node = try YAMLReader.read(policy)
    return RolloutPublisher(
      context: context, policy: try #require(FieldType<RolloutPolicy>.object.value(of: node)),
      metricsFile: metrics, reportDirectories: [directory.file("own"), directory.file("wanted")])
  }

  /// A server that keeps what it is sent.
  private final class Inbox: Sendable {
    let bodies = Guarded<[(head: String, body: String)]>([])

    func server(_ status: Int = 200) throws -> RawServer {
      try RawServer { [self] request in
        let body = String(decoding: request.body, as: UTF8.self)
        bodies.withLock { $0.append((request.head, body)) }
        return .response(status, "ok")
      }
    }
  }

  @Test func aWebhookIsToldOfTheEndInWordsAndFacts() throws {
    let inbox = Inbox()
    let server = try inbox.server()
    try publisher("notify: { webhook: { variable: HOOK } }", ["HOOK": server.url + "/T0/secret"])
      .ended(SampleRollout.failed(probes: 100))
    let message = try JSONReader.read(try #require(inbox.bodies.withLock { $0.first }).body)
    #expect(
      message["text"]?.text?.hasPrefix("Rollout 7 of staging failed and rolled back (") == true)
    #expect(message["rollout"]?["outcome"]?.text == "failed-and-rolled-back")
    #expect(message["text"]?.text?.contains("; out-of-memory: Raise ") == true)
    #expect(message["rollout"]?["causeType"]?.text == "out-of-memory")
    #expect(message["rollout"]?["advice"]?.text?.hasPrefix("Raise resources.limits.memory") == true)
    #expect(message["rollout"]?["requests"]?.number == 100)
    #expect(written.all == "")
  }

  @Test(arguments: [("failure", 0), ("end", 1), ("start-and-end", 2)])
  func thePolicySaysWhatIsTold(when: String, count: Int) throws {
    let inbox = Inbox()
    let server = try inbox.server()
    try File.write(Array("\(server.url)/hook\n".utf8), to: directory.file("hook"))
    let publisher = try publisher("notify: { webhook: { file: hook }, when: \(when) }")
    publisher.began(SampleRollout.good(probes: 10))
    if count == 2 { try Crowd.wait { inbox.bodies.withLock { $0.count } == 1 } }
    publisher.ended(SampleRollout.good(probes: 10))
    #expect(inbox.bodies.withLock { $0.count } == count)
  }

  @Test func aWebhookThatFailsIsNotedWithoutItsAddress() throws {
    let server = try Inbox().server(500)
    try publisher("notify: { webhook: { variable: HOOK } }", ["HOOK": server.url + "/T0/secret"])
      .ended(SampleRollout.good(probes: 10))
    #expect(written.all == "warning: the webhook was not told: it answered 500\n")
  }

  @Test func aWebhookThatHangsHoldsNobodyUp() throws {
    let server = try RawServer { _ in .hang }
    let publisher = try publisher(
      "notify: { webhook: { variable: HOOK } }", ["HOOK": server.url + "/T0/secret"])
    var record = SampleRollout.good(probes: 10)
    record.outcome = .interrupted
    publisher.ended(record)
    #expect(written.all == "warning: the webhook was not told: timeout\n")
  }

  @Test(arguments: [[:], ["HOOK": "not-an-address-but-maybe-a-secret"]])
  func anAddressThatIsNoneIsNotedAndNotShown(environment: [String: String]) throws {
    try publisher("notify: { webhook: { variable: HOOK } }", environment)
      .ended(SampleRollout.good(probes: 10))
    #expect(
      written.all
        == "warning: nobody was notified: the variable HOOK holds no address of a webhook\n")
  }

  @Test func metricsAreWrittenAndPushedAndPromtoolLikesThem() throws {
    let inbox = Inbox()
    let server = try inbox.server()
    try publisher("pushgateway: \(server.url)", metrics: "rollout.prom")
      .ended(SampleRollout.failed(probes: 500))
    let text = try File.readText(directory.file("rollout.prom"))
    #expect(text.contains("slipway_rollout_probes{environment=\"staging\",result=\"failed\"}"))
    let pushed = try #require(inbox.bodies.withLock { $0.first })
    #expect(pushed.head.hasPrefix("PUT /metrics/job/slipway_rollout/environment/staging HTTP"))
    #expect(pushed.body == text)
    let root = (0..<4).reduce(#filePath) { path, _ in Path.parent(of: path) }
    try ShellService.run([
      "sh", "-c",
      "\(root)/.tools/programs/promtool check metrics <\(directory.file("rollout.prom"))",
    ])
  }

  @Test func reportsGoToBothPlacesAndTheSummary() throws {
    let summary = directory.file("summary.md")
    let publisher = try publisher(
      "{}", ["GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary])
    let report = RolloutReport(record: SampleRollout.good(probes: 10), entrance: "http://x")
    let told = publisher.keep(report) { try $0() }
    #expect(told == directory.file("wanted/rollout.html"))
    #expect(File.exists(directory.file("own/rollout.json")))
    #expect(try File.readText(summary) == report.markdown)
  }

  @Test func theOldestReportsMakeRoomForNewOnes() throws {
    let reports = directory.file("reports")
    let report = RolloutReport(record: SampleRollout.good(probes: 10), entrance: "http://x")
    let last = RolloutPublisher.reportsMax + 3
    for number in 1...last {
      var publisher = try publisher("{}")
      publisher.reportDirectories = ["\(reports)/\(number)"]
      #expect(publisher.keep(report) { try $0() } == "\(reports)/\(number)/rollout.html")
      if number == 1 { try File.write([], to: "\(reports)/notes.txt") }
    }
    let kept = try File.list(reports)
    #expect(kept.contains("notes.txt"))
    #expect(Set(kept.compactMap { Int($0) }) == Set(4...last))
  }

  @Test func aReportThatCannotBeKeptIsNoted() throws {
    try File.write([], to: directory.file("own"))
    let report = RolloutReport(record: SampleRollout.good(probes: 10), entrance: "http://x")
    let wanted = directory.file("wanted") + "/rollout.html"
    #expect(try publisher("{}").keep(report) { try $0() } == wanted)
    #expect(written.all.hasPrefix("warning: the report was not kept: "))
  }

  @Test func aReportThatIsWantedElsewhereNeedsNoLock() throws {
    let report = RolloutReport(record: SampleRollout.good(probes: 10), entrance: "http://x")
    let kept = try publisher("{}").keep(report) { _ in throw LockFailure.lost(nil) }
    #expect(kept == directory.file("wanted") + "/rollout.html")
    #expect(File.exists(directory.file("wanted") + "/rollout.json"))
    #expect(!File.exists(directory.file("own")))
    #expect(written.all.contains("not kept: the lock is gone"))
  }

  @Test(arguments: [
    "notify: { webhook: \"https://hooks.example.com/services/T0/B0/secret\" }",
    "notify: { webhook: { variable: \"https://hooks.example.com/services/T0/B0/secret\" } }",
    "notify: { webhook: { file: \"https://hooks.example.com/services/T0/B0/secret\" } }",
    "notify: { webhook: { variable: A, file: b } }", "notify: {}",
    "pushgateway: \"http://user:secret@gateway:9091\"",
  ])
  func anAddressInClearIsRefusedAndNotShown(policy: String) throws {
    let node = try YAMLReader.read(policy)
    let decoding = Decoding(file: "platform.yaml", root: node)
    _ = FieldType<RolloutPolicy>.object.read(node, decoding, [])
    #expect(!decoding.problems.isEmpty)
    #expect(
      !"\(decoding.problems)".contains("secret@") && !"\(decoding.problems)".contains("hooks."))
  }
}
