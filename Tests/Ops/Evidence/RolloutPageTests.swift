import Core
import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct RolloutPageTests {
  /// What a page may weigh, however many probes there were.
  private static let bytesMax = 500_000
  private static let entrance = "http://127.0.0.1:8080/health"

  private static func report(_ record: RolloutRecord) -> RolloutReport {
    RolloutReport(record: record, entrance: entrance, version: "2026.11.0")
  }

  private static let pages: [(name: String, record: RolloutRecord)] = [
    ("ten", SampleRollout.good(probes: 10)), ("usual", SampleRollout.good(probes: 400)),
    ("many", SampleRollout.good(probes: 100_000)),
    ("failed", SampleRollout.failed(probes: 620)),
    ("failed-many", SampleRollout.failed(probes: 100_000)),
  ]

  /// Tests/browser looks at the pages, which ROLLOUT_PAGES asks to be kept.
  @Test(arguments: pages.indices) func aPageIsSmallHoweverManyProbesThereWere(index: Int) throws {
    let page = Self.pages[index]
    let text = RolloutPage(Self.report(page.record)).html.text
    #expect(text.utf8.count < Self.bytesMax)
    if let folder = ProcessInfo.environment["ROLLOUT_PAGES"] {
      try File.makeDirectory(folder)
      try File.write(Array(text.utf8), to: "\(folder)/\(page.name).html")
    }
  }

  @Test func thePageOfAFailedRolloutIsTheOneThatWasLookedAt() throws {
    let report = Self.report(SampleRollout.failed(probes: 40))
    try GoldenFile.expect(RolloutPage(report).html.text, "rollout.html")
    try GoldenFile.expect(report.markdown, "rollout.md")
  }

  @Test func aPageLoadsNothingAndRunsNothing() {
    let text = RolloutPage(Self.report(SampleRollout.failed(probes: 40))).html.text
    for word in ["<script", "src=", "url(", "@import", "http-equiv=\"refresh\"", " on"] {
      let found = text.ranges(of: word).map { text[$0.lowerBound...].prefix(24) }
      #expect(found.allSatisfy { !$0.contains("=\"") || !$0.hasPrefix(" on") && word == " on" })
      if word != " on" { #expect(found.isEmpty) }
    }
  }

  @Test func everyAnswerHasADotAndEveryFailureIsCounted() {
    let record = SampleRollout.failed(probes: 620)
    let time = TimeAxis(record)
    let cloud = ProbeCloud(
      record, time, LatencyAxis(record.samples.filter(\.outcome.isGood).map(\.total)))
    let good = record.samples.count { $0.outcome.isGood }
    // Two answers of the same moment and latency share a dot.
    #expect(cloud.dots.count > good * 95 / 100)
    #expect(cloud.dots.count <= good)
    #expect(cloud.failures.map(\.count).reduce(0, +) == record.samples.count - good)
    #expect(cloud.grid == ProbeCloud.fine)
  }

  @Test func manyProbesAreGatheredAndTheirDotsDarken() {
    let record = SampleRollout.good(probes: 100_000)
    let cloud = ProbeCloud(record, TimeAxis(record), LatencyAxis(record.samples.map(\.total)))
    #expect(cloud.grid == ProbeCloud.coarse)
    #expect(cloud.dots.count <= cloud.grid.columns * cloud.grid.rows)
    #expect(Set(cloud.dots.map(\.density)) == [0, 1, 2])
    #expect(Set(cloud.dots.map(\.side)) == [.outgoing, .incoming])
  }

  @Test func aRolloutThatWasRefusedHasAPageToo() {
    var record = RolloutRecord(
      number: 1, environment: "local", incoming: .init(revision: "new", source: "app"),
      outgoing: nil, began: .now())
    record.outcome = .refused
    record.cause = "disk: 0 bytes free"
    let text = RolloutPage(Self.report(record)).html.text
    #expect(text.contains("disk: 0 bytes free"))
    #expect(!text.contains("nan") && !text.contains("inf%"))
  }

  @Test func latenciesStandOnALogarithmicScale() {
    let axis = LatencyAxis([.microseconds(1000), .milliseconds(900)])
    #expect(axis.place(.milliseconds(1)) == 0)
    #expect(abs(axis.place(.milliseconds(10)) - 1.0 / 3) < 0.001)
    #expect(abs(axis.place(.milliseconds(100)) - 2.0 / 3) < 0.001)
    #expect(axis.ticks.map(\.words) == ["1 ms", "10 ms", "100 ms", "1 s"])
    #expect(
      LatencyAxis([.microseconds(310), .microseconds(800)]).ticks.map(\.words) == [
        "0.2 ms", "0.5 ms", "1 ms", "2 ms",
      ])
  }
}
