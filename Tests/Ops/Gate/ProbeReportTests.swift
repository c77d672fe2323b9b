import Core
import HTTPClient
import JSON
import Testing

@testable import Ops

@Suite struct ProbeReportTests {
  private func sample(
    _ milliseconds: Int, _ probeClass: ProbeClass = .fresh, _ outcome: ProbeOutcome = .status(200),
    revision: String? = nil
  ) -> ProbeSample {
    ProbeSample(
      probeClass: probeClass, dueAt: .milliseconds(milliseconds - 1), total: .milliseconds(1),
      outcome: outcome, revision: revision)
  }

  private func report(_ samples: [ProbeSample]) -> ProbeReport {
    samples.reduce(into: ProbeReport()) { $0.add($1) }
  }

  @Test func theLongestGapIsTheTimeBetweenTwoGoodAnswersOfAClass() {
    let report = report([
      sample(10), sample(20, .kept), sample(30), sample(60, .fresh, .status(500)), sample(150),
      sample(160, .kept),
    ])
    #expect(report.classes[.fresh]?.longestGap == .milliseconds(120))
    #expect(report.classes[.kept]?.longestGap == .milliseconds(140))
  }

  @Test func silenceAtTheEndIsAGap() {
    var report = report([sample(10), sample(20)])
    report.close(at: .milliseconds(500))
    #expect(report.classes[.fresh]?.longestGap == .milliseconds(480))
  }

  @Test func aReportThatBeginsLaterCountsGapsFromThere() {
    var report = ProbeReport(beganAt: .seconds(30))
    report.add(sample(30_040))
    #expect(report.classes[.fresh]?.longestGap == .milliseconds(40))
  }

  @Test func theBoundIsThreeByTheNumberOfRequestsAndOnlyWithoutFailures() {
    #expect(report((1...300).map { sample($0) }).failedShareUpperBound == 0.01)
    #expect(report([]).failedShareUpperBound == nil)
    #expect(report([sample(1), sample(2, .kept, .failure(.cut))]).failedShareUpperBound == nil)
  }

  @Test func answersAreAttributedToTheirRevision() {
    let report = report([
      sample(1, revision: "a"), sample(2, revision: "a"),
      sample(3, .kept, .status(500), revision: "b"),
      sample(4), sample(5, .fresh, .failure(.refused)),
    ])
    #expect(report.revisions["a"]?.good == 2)
    #expect(report.revisions["b"]?.failed == 1)
    #expect(report.revisions[""]?.good == 1)
    #expect(report.failed == 2)
  }

  @Test func revisionsWithoutEndAreCountedTogether() {
    let report = report((1...1000).map { sample($0, revision: "r\($0)") })
    #expect(report.revisions.count == ProbeReport.revisionsMax + 1)
  }

  @Test func percentilesAreExactToThreePercent() throws {
    var histogram = LatencyHistogram()
    for value in 1...10_000 { histogram.add(.microseconds(value)) }
    for (share, exact) in [(0.5, 5000.0), (0.9, 9000), (0.99, 9900), (1, 10_000)] {
      let found = try #require(histogram.percentile(share)).inSeconds * 1_000_000
      #expect(abs(found - exact) / exact <= 0.032, "\(share): \(found)")
    }
    #expect(LatencyHistogram().percentile(0.5) == nil)
  }

  @Test func theTableCanNotBeBrokenByARevision() {
    let lines = report([sample(1, revision: "a|b`c\nd")]).markdown
    #expect(lines.contains { $0.hasPrefix(#"| `a\|b'c\nd` | 1 | 0 |"#) })
  }

  @Test func theSummarySaysWhatIsProven() {
    #expect(
      report((1...600).map { sample($0) }).summary
        == "600 requests, 0 failed, fewer than 50.0 in 10,000 lost (95 %)")
    #expect(report([sample(1, .kept, .failure(.cut))]).summary == "1 request, 1 failed")
  }

  @Test func theJSONNamesItsUnits() {
    let json = report([sample(1), sample(2, .kept, .failure(.refused))]).json
    #expect(json["requests"]?.number == 2)
    #expect(json["outcomes"]?["refused"]?.number == 1)
    #expect(json["classes"]?["kept"]?["failed"]?.number == 1)
    #expect(json["latency"]?["p99Milliseconds"] != nil)
  }

  @Test func aBaselineNeedsGoodAnswersAndEnoughOfThem() {
    #expect(Baseline.read(report([])) == .noData("no probe was answered or refused"))
    #expect(Baseline.read(report([sample(1)])) == .noData("only 1 probe"))
    #expect(
      Baseline.read(report([sample(1), sample(2, .kept, .status(503))]))
        == .broken("1 of 2 probes failed, mostly: 503"))
    let good = report((1...100).map { sample($0, revision: "a") })
    guard case .healthy(let baseline) = Baseline.read(good) else {
      Issue.record("is not healthy")
      return
    }
    #expect(baseline.revision == "a")
    #expect(baseline.p99 >= .milliseconds(1))
  }

  @Test func aBaselineWithoutAPartOfThePodsIsNone() {
    func read(unheard: Int) -> BaselineReading {
      let lost = (0..<unheard).map { sample(200 + $0, .fresh, .noData) }
      return Baseline.read(report((1...90).map { sample($0) } + lost))
    }
    guard case .healthy = read(unheard: 10) else {
      Issue.record("a few that came to nobody are no reason for doubt")
      return
    }
    #expect(
      read(unheard: 11)
        == .noData(
          "11 of 101 probes came to nobody: the way to a part of the pods is away"))
  }
}
