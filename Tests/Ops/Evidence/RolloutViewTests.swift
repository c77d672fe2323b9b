import Core
import Testing

@testable import Ops

@Suite struct RolloutViewTests {
  private let written = WrittenText()

  private static let advice =
    "out-of-memory: Raise resources.limits.memory of the environment in platform.yaml, or find what"
    + " takes it. See docs/causes.md."

  private func view(columns: Int?, _ more: [String: String] = [:]) -> RolloutView {
    let stream = written.stream(columns: columns)
    let context = CommandContext(
      output: stream, error: stream, environment: more.merging(["TERM": "xterm"]) { $1 },
      currentDirectory: "/", tree: Ops.commands, color: .never)
    return RolloutView(context)
  }

  private func watch(_ view: RolloutView) {
    let record = SampleRollout.good(probes: 10)
    view.announce(record, entrance: "http://x/health")
    view.show([
      ReplicaCount(revision: SampleRollout.old, serving: 2, total: 2),
      ReplicaCount(revision: SampleRollout.new, serving: 0, total: 1),
    ])
    view.begin(.gate)
    view.end(.gate, .succeeded, "all is well")
    view.conclude(record, report: nil)
  }

  @Test func aTerminalShowsThePhaseThatRunsThoseToComeAndTheReplicas() {
    watch(view(columns: 80))
    #expect(written.all.contains("  gate        0.0 s  then soak, finish\u{1b}[K\n"))
    #expect(written.all.contains("  replicas    old 2/2  new 0/1\u{1b}[K\n"))
    // The block is gone once the phase has ended.
    #expect(written.all.contains("\u{1b}[2A\r\u{1b}[J  gate        ok  0.0 s  all is well\n"))
  }

  @Test func aLogGetsPlainLinesAlone() {
    watch(view(columns: nil))
    let lines = written.all.split(separator: "\n")
    #expect(!written.all.contains("\u{1b}"))
    #expect(lines.contains("  gate        ok  0.0 s  all is well"))
    #expect(lines.contains("done"))
  }

  @Test func whatEndsACauseStandsBelowIt() throws {
    view(columns: nil).conclude(SampleRollout.failed(probes: 10), report: nil)
    let lines = written.all.split(separator: "\n")
    let cause = try #require(
      lines.firstIndex { $0.hasPrefix("failed-and-rolled-back: pod slipway-") })
    #expect(lines[cause + 1] == "  \(Self.advice)")
  }

  @Test func anAnnotationHasItInALineOfItsOwn() {
    view(columns: nil, ["GITHUB_ACTIONS": "true"])
      .conclude(SampleRollout.failed(probes: 10), report: nil)
    let last = written.all.split(separator: "\n").last ?? ""
    #expect(last.hasPrefix("::error title=rollout 7 of staging::failed-and-rolled-back: pod "))
    #expect(last.hasSuffix("%0A\(Self.advice)"), "\(last)")
  }
}
