import Core
import JSON
import POSIX
import Subprocess
import TestSupport
import Testing

@testable import Ops

/// What a cluster shows of a release that fails, class by class, by the program itself: from the
/// image to exit code, annotation and report, and to the release that serves again.
///
/// One after the other: each has a cluster and a rollout of its own.
@Suite(.serialized) struct FailureClassTests {
  /// How long what may heal is watched; in a real cluster a minute.
  private static let grace = "grace: 2s"

  /// The target, what the fake plays, what its events say first of it, and words of the cause.
  private typealias Row = (String, String, String, [String])

  private static let services: [Row] = [
    (
      "kustomize", "service-config-error", "no-such-secret",
      ["container app of pod slipway-", "its configuration is not whole", "no-such-secret"]
    ),
    (
      "kustomize", "service-admission", "violates PodSecurity",
      ["ReplicaSet slipway-", "its pods are refused", "violates PodSecurity"]
    ),
    (
      "kustomize", "service-image-unreachable", "Failed to pull image",
      ["container app of pod slipway-", "can not be pulled", "dial tcp: i/o timeout"]
    ),
    (
      "kustomize", "service-volume", "MountVolume.SetUp failed",
      ["pod slipway-", "a volume is missing", "slipway-settings"]
    ),
    (
      "kustomize", "service-program-missing", "/usr/bin/nothing",
      ["container app of pod slipway-", "the image has no such program", "/usr/bin/nothing"]
    ),
    (
      "kustomize", "startup-probe", "failed startup probe",
      ["container app of pod slipway-", "its startup probe", "statuscode: 404"]
    ),
    (
      "kustomize", "liveness-probe", "failed liveness probe",
      ["container app of pod slipway-", "its liveness probe", "statuscode: 404"]
    ),
    (
      "kustomize", "evicted-again", "low on resource",
      ["pod slipway-", "ended by the cluster, Evicted", "low on resource"]
    ),
    (
      "helm", "service-config-error", "no-such-secret",
      ["container app of pod slipway-", "its configuration is not whole", "no-such-secret"]
    ),
    (
      "helm", "startup-probe", "failed startup probe",
      ["container app of pod slipway-", "its startup probe", "statuscode: 404"]
    ),
  ]

  /// The same in the pods of the migration's Job, behind which no pod of the service comes.
  private static let jobs: [Row] = [
    (
      "kustomize", "config-error", "no-such-secret",
      ["container migrate of pod slipway-", "its configuration is not whole", "no-such-secret"]
    ),
    (
      "kustomize", "admission", "violates PodSecurity",
      ["Job slipway-", "its pods are refused", "violates PodSecurity"]
    ),
    (
      "kustomize", "image-unreachable", "Failed to pull image",
      ["container migrate of pod slipway-", "can not be pulled", "dial tcp: i/o timeout"]
    ),
    ("kustomize", "job-evicted", "low on resource", ["Job slipway-"]),
  ]

  @Test(arguments: services + jobs)
  func aClassOfFailureIsToldInOneLineAndTakenBack(
    _ target: String, _ story: String, _ sign: String, _ words: [String]
  ) throws {
    let ops = try RolloutProgram(target, rollout: Self.grace)
    let first = try ops.bring("2026.11.0")
    try #require(first.code == .done, "\(first.text)")

    let folder = TemporaryDirectory()
    let child = try ops.command(
      [
        "rollout", "--image", "\(RolloutProgram.image):2026.11.1-\(story)", "--report",
        folder.file("report"),
      ],
      variables: [
        "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": folder.file("summary.md"),
      ]
    ).spawn()
    let wasShown = try FakeClusterSite.eventually { try Self.isShown(sign, ops) }
    let shownAt = Timestamp.now()
    let failed = try RolloutProgram.told(child.finish(.after(RolloutProgram.patience)))
    #expect(wasShown, "\(failed.text)")
    #expect(failed.code == .rolledBack, "\(failed.text)")

    let report = try JSONReader.read(File.readText(folder.file("report/rollout.json")))
    #expect(report["outcome"]?.text == Outcome.rolledBack.rawValue)
    let cause = try #require(report["cause"]?.text, "\(failed.text)")
    #expect(!cause.contains { $0.isNewline }, "\(cause)")
    for word in words { #expect(cause.contains(word), "\(cause)") }
    let annotation = failed.text.split(whereSeparator: \.isNewline)
      .first { $0.hasPrefix("::error") }.map { String($0) }
    let told = "::error title=rollout 2 of testing::\(Outcome.rolledBack.rawValue): \(cause)"
    #expect(annotation?.hasPrefix(told) == true, "\(annotation ?? failed.text)")
    let evidence = report["evidence"]?.elements ?? []
    #expect(evidence.contains { $0.written().contains(sign) }, "\(evidence.map { $0.written() })")
    for file in ["report/rollout.md", "report/rollout.html", "summary.md"] {
      #expect(try !File.readText(folder.file(file)).isEmpty, "\(file)")
    }

    #expect(try ops.serving() == ["\(RolloutProgram.image):2026.11.0"])
    #expect(try Self.available(ops) == 2)
    try Self.printTime(of: "\(target) \(story)", from: shownAt, report)
  }

  @Test func aPodThatIsEvictedOnceFailsNoRelease() throws {
    let ops = try RolloutProgram("kustomize", rollout: Self.grace)
    let first = try ops.bring("2026.11.0")
    try #require(first.code == .done, "\(first.text)")
    let second = try ops.bring("2026.11.1-evicted")
    #expect(second.code == .done, "\(second.text)")
    #expect(try Self.isShown("low on resource", ops), "no pod was evicted")
    #expect(try ops.serving() == ["\(RolloutProgram.image):2026.11.1-evicted"])
    #expect(try Self.available(ops) == 2)
  }

  /// Whether an event of the namespace says it.
  private static func isShown(_ sign: String, _ ops: RolloutProgram) throws -> Bool {
    try ops.objects(.event).contains { $0["message"]?.text?.contains(sign) == true }
  }

  /// How many pods of the service serve.
  private static func available(_ ops: RolloutProgram) throws -> Int64? {
    let service = RolloutProgram.names.service
    let live = try ops.site.client.get(.deployment, service, in: RolloutProgram.namespace)
    return live?["status"]?["availableReplicas"]?.number
  }

  /// Prints how long it took from the sign to the end of the phase that failed.
  ///
  /// A figure for people: it is asserted by Tests/e2e, where nothing else keeps the machine busy.
  private static func printTime(
    of name: String, from shownAt: Timestamp, _ report: JSONValue
  ) throws {
    let failed = report["phases"]?.elements?.first { $0["result"]?.text == "failed" }
    let phase = try #require(failed, "no phase failed: \(report.written())")
    let began = try #require(phase["began"]?.text.flatMap { Timestamp(iso8601: $0) })
    let took = try #require(phase["milliseconds"]?.number)
    let time = began.since(shownAt).inMilliseconds + took
    print("\(name): from sign to verdict \(time) ms, with what may heal given two seconds")
  }
}
