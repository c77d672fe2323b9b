import Core
import JSON
import Testing

@testable import Ops

/// What real clusters showed, judged again.
@Suite struct ReplayTests {
  struct Case: Sendable {
    let stream: String
    /// `CauseText.id`.
    let id: String
    /// What the line has to name.
    let words: [String]
    /// What the platform shows first of it, as JSON.
    let sign: String
    /// How long it may take from then on, beside a look.
    var wait: Duration = .zero
  }

  private static let sound: [Case] = [
    Case(
      stream: "crash", id: "container-exited",
      words: ["container app of pod slipway-", "exit 3", "last line: no such table: people"],
      sign: #""exitCode":3"#),
    Case(
      stream: "out-of-memory", id: "out-of-memory", words: ["OOMKilled (exit 137, limit 16Mi)"],
      sign: "OOMKilled"),
    Case(
      stream: "image-not-found", id: "image-not-found",
      words: ["the registry has no image ghcr.io/example/slipway:9.9.9", "not found"],
      sign: "Failed to pull image"),
    Case(
      stream: "secret-missing", id: "configuration", words: [#"secret "slipway-database""#],
      sign: "CreateContainerConfigError"),
    Case(
      stream: "startup-probe", id: "startup-probe",
      words: ["startup probe", "statuscode: 404"], sign: "failed startup probe"),
    Case(
      stream: "liveness-probe", id: "liveness-probe", words: ["liveness probe"],
      sign: "failed liveness probe"),
    Case(
      stream: "admission", id: "admission", words: ["ReplicaSet slipway-", "violates PodSecurity"],
      sign: "ReplicaFailure"),
    Case(
      stream: "no-program", id: "program-missing", words: ["/usr/bin/nothing"],
      sign: "RunContainerError"),
    Case(
      stream: "init-crash", id: "container-exited",
      words: ["container migrate of pod", "exit 5", "last line: database is locked"],
      sign: #""exitCode":5"#),
    Case(
      stream: "progress-deadline", id: "quota", words: ["exceeded quota"],
      sign: "ProgressDeadlineExceeded"),
  ]

  private static let healing: [Case] = [
    Case(
      stream: "image-unreachable", id: "image-not-pulled",
      words: ["registry.invalid/slipway:9.9.9", "lookup registry.invalid"],
      sign: "Failed to pull image",
      wait: .seconds(60)),
    Case(
      stream: "never-ready", id: "readiness-probe", words: ["readiness probe", "statuscode: 404"],
      sign: "Readiness probe failed: HTTP", wait: .seconds(60 + 3)),
    Case(
      stream: "unschedulable", id: "unschedulable", words: ["Insufficient cpu"],
      sign: "Unschedulable", wait: .seconds(60)),
    Case(
      stream: "quota", id: "quota", words: ["exceeded quota"], sign: "ReplicaFailure",
      wait: .seconds(60)),
    Case(
      stream: "volume", id: "volume", words: [#"configmap "slipway-settings" not found"#],
      sign: "FailedMount", wait: .seconds(60)),
    Case(
      stream: "claim-pending", id: "volume", words: ["PersistentVolumeClaim"],
      sign: "Unschedulable", wait: .seconds(60)),
  ]

  /// What a look may come late, and what a kind's watch may be behind another's.
  private static let lateMax: Duration = .seconds(1)

  private static func witness() -> PlatformWitness {
    PlatformWitness(DeploymentSubject(name: "slipway", generation: 2, revision: "v2"))
  }

  @Test(arguments: sound)
  func whatWillNotHealIsKnownAtOnce(_ testCase: Case) throws {
    var witness = Self.witness()
    let replay = try RecordedStream(testCase.stream).replay(to: &witness)
    try expect(replay, testCase, witness)
  }

  @Test(arguments: healing)
  func whatMayHealHasItsGrace(_ testCase: Case) throws {
    var witness = Self.witness()
    let replay = try RecordedStream(testCase.stream)
      .replay(to: &witness, lookingOnFor: .seconds(90))
    try expect(replay, testCase, witness)
    #expect(try #require(replay.failedAt) >= .seconds(60))
  }

  private func expect<Subject>(
    _ replay: RecordedStream.Replay, _ testCase: Case, _ witness: Witness<Subject>
  ) throws {
    let cause = try #require(replay.cause, "\(replay.findings)")
    let text = CauseText(cause)
    #expect(text.id == testCase.id)
    #expect(!text.advice.isEmpty)
    let line = witness.line(of: cause)
    for words in testCase.words { #expect(line.contains(words), "\(line)") }
    #expect(!line.contains("\n"))
    #expect(!replay.wasComplete)
    let failedAt = try #require(replay.failedAt)
    let shownAt = try #require(try RecordedStream(testCase.stream).first(saying: testCase.sign))
    let late = failedAt - shownAt - testCase.wait
    #expect(late <= Self.lateMax, "known \(late) late: \(line)")
  }

  @Test(arguments: ["good", "slow-but-ready"])
  func aGoodReleaseIsNeverFailed(_ stream: String) throws {
    var witness = Self.witness()
    let replay = try RecordedStream(stream).replay(to: &witness, lookingOnFor: .seconds(120))
    #expect(replay.findings.map(\.finding) == [.progressing, .complete])
  }

  @Test(arguments: ["good", "crash", "out-of-memory", "quota", "never-ready", "job-fails"])
  func nothingIsJudgedBeforeTheChangeWasSeen(_ stream: String) throws {
    var witness = PlatformWitness(DeploymentSubject(name: "slipway", generation: 3))
    let replay = try RecordedStream(stream).replay(to: &witness, lookingOnFor: .seconds(120))
    #expect(replay.findings.map(\.finding) == [.progressing])
  }

  @Test(arguments: sound + healing)
  func theOrderBetweenKindsDoesNotMatter(_ testCase: Case) throws {
    // Each kind has its watch: each may be the last of which anything is heard.
    for late in [ResourceKind.deployment, .replicaSet, .pod] {
      let stream = try RecordedStream(testCase.stream)
      let steps = stream.steps.map { step in
        RecordedStream.Step(
          at: step.change.kind == late ? step.at + .seconds(2) : step.at, change: step.change)
      }
      var witness = Self.witness()
      let replay = RecordedStream(steps: steps.sorted { $0.at < $1.at })
        .replay(to: &witness, lookingOnFor: .seconds(90))
      let cause = try #require(replay.cause)
      #expect(CauseText(cause).id == testCase.id, "\(late.kind) late")
    }
  }

  // MARK: Jobs

  private static let jobs: [Case] = [
    Case(
      stream: "job-fails", id: "container-exited",
      words: ["container migrate of pod", "exit 4", "last line: ERROR: column age does not exist"],
      sign: #""exitCode":4"#),
    Case(
      stream: "job-out-of-memory", id: "out-of-memory", words: ["limit 16Mi"], sign: "OOMKilled"),
    Case(
      stream: "job-image-not-found", id: "image-not-found",
      words: ["ghcr.io/example/slipway:9.9.9"], sign: "Failed to pull image"),
    Case(
      stream: "job-deadline", id: "job-failed", words: ["DeadlineExceeded"],
      sign: "DeadlineExceeded"),
  ]

  @Test(arguments: jobs)
  func aJobThatFailedIsKnownByItsPod(_ testCase: Case) throws {
    var witness = JobWitness(JobSubject(name: "slipway-migrate-1"))
    let replay = try RecordedStream(testCase.stream).replay(to: &witness)
    try expect(replay, testCase, witness)
  }

  @Test func aJobThatIsDoneIsComplete() throws {
    var witness = JobWitness(JobSubject(name: "slipway-migrate-1"))
    let replay = try RecordedStream("job-good").replay(to: &witness)
    #expect(replay.findings.map(\.finding) == [.progressing, .complete])
  }
}

extension ClusterChange {
  /// What the change is about.
  var kind: ResourceKind {
    switch self {
    case .replaced(let kind, _), .updated(let kind, _), .deleted(let kind, _), .lost(let kind, _):
      kind
    }
  }
}
