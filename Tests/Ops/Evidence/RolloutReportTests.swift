import Core
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct RolloutReportTests {
  private static let root = (0..<4).reduce(#filePath) { path, _ in Path.parent(of: path) }
  private static let schemaPath = root + "/docs/rollout.schema.json"

  private static let records: [RolloutRecord] = {
    var refused = RolloutRecord(
      number: 1, environment: "local", incoming: .init(revision: "new", source: "app"),
      outgoing: nil, began: .now())
    refused.outcome = .refused
    return [SampleRollout.good(probes: 100), SampleRollout.failed(probes: 300), refused]
  }()

  @Test(arguments: records.indices) func aReportKeepsItsSchema(index: Int) throws {
    let directory = TemporaryDirectory()
    try RolloutReport(record: Self.records[index], entrance: "http://x/health")
      .write(to: directory.path)
    #expect(
      try File.list(directory.path).sorted() == ["rollout.html", "rollout.json", "rollout.md"])
    try ShellService.run([
      Self.root + "/.tools/delivery/bin/check-jsonschema", "--schemafile", Self.schemaPath,
      directory.file("rollout.json"),
    ])
  }

  @Test func theSchemaDescribesEveryMember() throws {
    let schema = try JSONReader.read(File.readText(Self.schemaPath))
    let report = RolloutReport(record: Self.records[1], entrance: "http://x/health").json
    #expect(Self.unknown(report, schema, root: schema) == [])
    #expect(schema["properties"]?["formatVersion"]?["const"]?.number == RolloutReport.formatVersion)
    let outcomes = schema["properties"]?["outcome"]?["enum"]?.elements?.compactMap(\.text)
    #expect(outcomes == Outcome.allCases.map(\.rawValue))
  }

  @Test func aCauseThatThePlatformFoundHasItsTypeAndItsAdvice() {
    let failed = RolloutReport(record: Self.records[1], entrance: "http://x/health").json
    #expect(failed["causeType"]?.text == "out-of-memory")
    #expect(failed["advice"]?.text?.hasPrefix("Raise resources.limits.memory") == true)
    let good = RolloutReport(record: Self.records[0], entrance: "http://x/health")
    #expect(good.json["causeType"] == .null && good.json["advice"] == .null)
    for text in [good.markdown, RolloutPage(good).html.text] {
      #expect(!text.contains(CauseAdvice.catalogue))
    }
  }

  /// The members that a schema does not name.
  private static func unknown(
    _ value: JSONValue, _ schema: JSONValue, root: JSONValue
  ) -> [String] {
    var schema = schema
    if let choice = schema["anyOf"]?.elements?.last { schema = choice }
    if let name = schema["$ref"]?.text?.split(separator: "/").last {
      schema = root["definitions"]?[String(name)] ?? false
    }
    if let elements = value.elements {
      return elements.flatMap { unknown($0, schema["items"] ?? false, root: root) }
    }
    return (value.members ?? []).flatMap { member in
      let inner = schema["properties"]?[member.name] ?? schema["additionalProperties"]
      return inner.map { unknown(member.value, $0, root: root) } ?? [member.name]
    }
  }

  @Test func theSummaryOfAJobStaysBelowItsLimit() {
    var record = SampleRollout.failed(probes: 10)
    let lines = Array(repeating: String(repeating: "ü", count: 1000), count: 20)
    record.evidence = (0..<60).map { RolloutEvidence(source: "pod \($0)", state: "", lines: lines) }
    let report = RolloutReport(record: record, entrance: "")
    #expect(report.markdown.utf8.count > 1_048_576)
    let summary = report.markdown(bytesMax: 1_048_576)
    #expect(summary.utf8.count <= 1_048_576)
    #expect(summary.utf8.count > 1_040_000)
    #expect(summary.hasSuffix("The rest is in rollout.md.\n"))
    #expect(report.markdown(bytesMax: 0) == "")
  }

  @Test func changesOfReplicasAreKeptAndNothingElse() {
    var history = ReplicaHistory()
    let one = [ReplicaCount(revision: "a", serving: 1, total: 1)]
    for second in 0..<10 {
      history.add(one, at: Timestamp(microsecondsSinceEpoch: Int64(second) * 1_000_000))
    }
    #expect(history.changes.count == 1)
    for number in 0..<(ReplicaHistory.changesMax * 2) {
      history.add([ReplicaCount(revision: "a", serving: 0, total: number)], at: .now())
    }
    #expect(history.changes.count == ReplicaHistory.changesMax)
    #expect(history.isCut)
  }

  @Test func theLongestGapKnowsWhereItWas() {
    var report = ProbeReport()
    for second in [1, 2, 7, 8] {
      report.add(
        ProbeSample(
          probeClass: .kept, dueAt: .seconds(second), total: .zero, outcome: .status(200)))
    }
    report.close(at: .seconds(9))
    #expect(report.longestGap?.start == .seconds(2))
    #expect(report.longestGap?.end == .seconds(7))
  }
}
