import Core
import Testing

@testable import Ops

@Suite struct RolloutViewTests {
  private let written = WrittenText()

  private func view(columns: Int?) -> RolloutView {
    let stream = written.stream(columns: columns)
    let context = CommandContext(
      output: stream, error: stream, environment: ["TERM": "xterm"], currentDirectory: "/",
      tree: Ops.commands, color: .never)
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
}
