import Core
import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct CauseTextTests {
  private static let place = Cause.Place(pod: "slipway-7d9f-x2x", container: "app", node: "node-1")
  private static let pod = Cause.Place(pod: "slipway-7d9f-x2x")
  private static let exit = Cause.Exit(
    code: 3, signal: nil, reason: "Error", restarts: 1, lastLine: "no such table: people")

  private static let volume = Cause.volume(
    pod, said: #"configmap "slipway-settings" not found"#)

  /// One of each.
  static let causes: [Cause] = [
    .exited(place, exit),
    .outOfMemory(
      place,
      .init(code: 137, signal: 9, reason: "OOMKilled", restarts: 3, lastLine: nil),
      limit: "128Mi"),
    .probeFailed(place, .startup, patience: .seconds(60), said: "HTTP probe failed: 503"),
    .probeFailed(place, .readiness, patience: .seconds(6), said: "HTTP probe failed: 503"),
    .probeFailed(place, .liveness, patience: .seconds(30), said: "connection refused"),
    .imageNotFound(place, image: "ghcr.io/example/slipway:9", said: "not found"),
    .imageNotPulled(place, image: "ghcr.io/example/slipway:9", said: "i/o timeout"),
    .imageRefused(place, image: "Slipway", reason: "InvalidImageName", said: ""),
    .configuration(place, said: #"secret "slipway-database" not found"#),
    .cacheNotSynced(place, said: "failed to sync secret cache: timed out"),
    .programMissing(place, said: #"exec: "/app": no such file or directory"#),
    .notStarted(place, reason: "StartError", said: "cannot allocate memory"),
    .podEnded(pod, reason: "Evicted", said: "The node was low on resource: memory."),
    .unschedulable(pod, said: "0/3 nodes are available: 3 Insufficient cpu."),
    volume,
    .sandbox(pod, said: "plugin type=\"bridge\" failed"),
    .quota(owner: "ReplicaSet slipway-7d9f", said: "exceeded quota: pods"),
    .admission(owner: "ReplicaSet slipway-7d9f", said: "violates PodSecurity"),
    .podsNotCreated(owner: "ReplicaSet slipway-7d9f", said: "failed calling webhook"),
    .progressDeadline(deployment: "slipway", said: ""),
    .paused(deployment: "slipway"),
    .superseded(deployment: "slipway", by: "revision 4ac1"),
    .deploymentGone("slipway"),
    .jobFailed(job: "slipway-migrate", reason: "DeadlineExceeded", said: "longer than deadline"),
    .jobGone("slipway-migrate"),
    .jobSuspended("slipway-migrate"),
  ]

  @Test func aCauseSaysWhereWhatHowOftenAndItsLastWords() {
    #expect(
      CauseText(Self.causes[0]).line
        == "container app of pod slipway-7d9f-x2x on node-1: exit 3, 1 restart; "
        + "last line: no such table: people")
    #expect(
      CauseText(Self.causes[1], lastLine: "reading people").line
        == "container app of pod slipway-7d9f-x2x on node-1: OOMKilled (exit 137, limit 128Mi), "
        + "3 restarts; last line: reading people")
  }

  @Test(arguments: [
    (["starting", "panic: nil map", "\t/src/main.go:12 +0x1d", ""], "panic: nil map"),
    (["error: no table people", "  run the migration first"], "error: no table people"),
    (["  only this", "   "], "  only this"),
  ])
  func theLastLineIsTheOneThatOthersOnlyGoOn(lines: [String], last: String) {
    #expect(LogLine.last(of: lines) == last)
    #expect(LogLine.last(of: ["", " "]) == nil)
  }

  @Test(arguments: causes)
  func everyCauseIsOneLineWithAnAdvice(_ cause: Cause) {
    let text = CauseText(cause)
    #expect(!text.line.isEmpty && !text.line.contains("\n"))
    #expect(text.advice.hasSuffix("."))
    let advice = CauseAdvice(cause)
    #expect(advice.line == "\(text.id): \(text.advice) See docs/causes.md.")
    // Nothing in it reads like a secret, which would be taken out before it is told.
    #expect(Redaction(secrets: []).applied(to: advice) == advice)
  }

  @Test func aSecretIsTakenOutOfAnAdviceAndLeavesTheNameOfTheCause() {
    let advice = Redaction(secrets: ["volume"]).applied(to: CauseAdvice(Self.volume))
    #expect(advice.id == "volume")
    #expect(advice.words.hasPrefix("Make the [redacted], the claim"))
  }

  @Test func causesHaveNamesOfTheirOwn() {
    let names = Self.causes.map { CauseText($0).id }
    #expect(Set(names).count == names.count)
  }

  @Test func whatAComponentSaidAtLengthKeepsBothItsEnds() {
    let said = "begin " + String(repeating: "middle ", count: 200) + "end"
    let line = CauseText(.unschedulable(Self.pod, said: said)).line
    #expect(line.count < 400)
    #expect(line.contains("(begin ") && line.hasSuffix("end)"))
  }

  @Test func aSecretIsTakenOutBeforeALineIsCut() {
    let secret = "correct horse battery staple"
    let said = String(repeating: "x", count: 90) + secret + String(repeating: "y", count: 300)
    let redaction = Redaction(secrets: [secret])
    let lines = [
      CauseText(.unschedulable(Self.pod, said: said), redaction: redaction).line,
      CauseText(Self.causes[0], lastLine: said, redaction: redaction).line,
    ]
    for line in lines {
      #expect(line.contains(" ... ") && !line.contains("correct"))
    }
  }

  /// docs/causes.md; `RECORD_GOLDEN=1` writes it anew.
  @Test func theTableOfCausesIsCurrent() throws {
    let rows = Self.causes.map { cause in
      let text = CauseText(cause)
      return "| `\(text.id)` | \(text.line) | \(text.advice) |"
    }
    let page =
      [
        "# Causes", "",
        "Why a rollout on a cluster failed, as `ops rollout` says it in one line. Only pods of the",
        "new ReplicaSet are judged. What will not heal counts at once: a container that ends at",
        "start (twice, or once where no other new pod is ready), an image that the registry does",
        "not have, settings that are missing, pods that the cluster's rules refuse, a failed Job,",
        "a startup or liveness probe for which the node has killed the container. What may heal",
        "has `rollout.grace` of platform.yaml, 60 s unless it says otherwise; a cause that is gone",
        "and comes again has its whole grace again. For the last line of what failed, and for the",
        "pod of a Job that has failed, a second or two is waited at most.", "",
        "A rollout tells the id and what ends it as well: on the terminal and in the annotation of",
        "GitHub Actions below the cause, in its reports, and to the webhook; `causeType` and",
        "`advice` are their names in JSON.", "",
        "| id | for example | what ends it |", "|---|---|---|",
      ] + rows
    let root = (0..<4).reduce(#filePath) { path, _ in Path.parent(of: path) }
    let difference = try GoldenText.difference(
      page.joined(separator: "\n") + "\n", "causes.md", in: root + "/docs")
    #expect(difference == nil)
  }
}
