import Core
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

@Suite struct MigrationJobTests {
  private let site: FakeClusterSite
  private let names = ClusterNames(service: "slipway", namespace: FakeClusterSite.namespace)

  init() throws { site = try FakeClusterSite() }

  private static func object(_ name: String, image: String = "registry.example/app:1")
    throws -> ClusterObject
  {
    try #require(
      ClusterObject(
        FakeClusterSite.job(name, image: image)
          .replacing(["metadata", "namespace"], with: .string(FakeClusterSite.namespace))))
  }

  private func migration(_ job: ClusterObject, reusedFor: Duration? = nil) -> MigrationJob {
    MigrationJob(
      job: job, client: site.client, lease: ClusterLease(site.client, names),
      grace: .seconds(60), secrets: GivenSecrets(of: [job], site.client, in: names.namespace),
      reusedFor: reusedFor)
  }

  private static func told(_ words: [String]) throws -> ClusterObject {
    let job = try object("slipway-backup-r1").json
    let path = ["spec", "template", "spec", "containers"]
    let containers = (job.value(at: path)?.elements ?? []).map {
      $0.replacing(["args"], with: .array(words.map { .string($0) }))
    }
    return try #require(ClusterObject(job.replacing(path, with: .array(containers))))
  }

  @Test func whatAnAttemptBeforeDidCountsWhileItIsFreshAndTheSame() throws {
    let run = NotedRun()
    let (job, other) = (try Self.told(["backup", "run"]), try Self.told(["backup", "drill"]))
    let again = "Job slipway-backup-r1 has run already"
    let hour = Duration.seconds(3600)
    #expect(try migration(job, reusedFor: hour).carryOut(run) != again)
    #expect(try migration(job, reusedFor: hour).carryOut(run) == again)
    #expect(try migration(other, reusedFor: hour).carryOut(run) != again)
    #expect(try migration(other, reusedFor: hour).carryOut(run) == again)
    #expect(try migration(other, reusedFor: .seconds(-60)).carryOut(run) != again)
    // What is done once and for all is not asked when.
    #expect(try migration(job).carryOut(run) == again)
  }

  private static func serving(_ job: ClusterObject) -> String? {
    let container = job.json.value(at: ["spec", "template", "spec", "containers"])?.elements?.first
    return container?["env"]?.elements?.first?["value"]?.text
  }

  @Test func aJobThatIsToldOfAnotherReleaseHasAnotherNameButForHelm() throws {
    let job = try Self.object("slipway-migrate-0123456789")
    let first = MigrationJob.told(job, of: "2026.11.0", keepsName: false)
    let second = MigrationJob.told(job, of: "2026.11.1", keepsName: false)
    #expect(Set([job.name, first.name, second.name]).count == 3)
    #expect(first.name.hasPrefix("slipway-migrate-"))
    #expect(Self.serving(first) == "2026.11.0")
    let helms = MigrationJob.told(job, of: "2026.11.0", keepsName: true)
    #expect(helms.name == job.name)
    #expect(Self.serving(helms) == "2026.11.0")
    #expect(MigrationJob.told(job, of: nil, keepsName: false) == job)
  }

  @Test func aJobOfWhichNobodyCanTellKeepsNoOldReleaseAwayForEver() throws {
    try site.fault(
      "fail", ["status": 500, "count": 1_000_000, "verb": "get", "resource": "jobs.batch"])
    let run = HastyRun()
    try migration(Self.object("slipway-migrate-1")).endWhereItRuns(run)
    #expect(run.notes.count == 1)
    #expect(run.notes.first?.hasPrefix("whether Job slipway-migrate-1 is still running") == true)
  }

  @Test func aBoundThatIsReachedWhileNobodyTellsOfTheJobSaysNothingOfIt() throws {
    try site.fault(
      "fail", ["status": 500, "count": 1_000_000, "verb": "list", "resource": "jobs.batch"])
    let job = try Self.object("slipway-migrate-1")
    let unheard = #expect(throws: PhaseFailure.self) {
      try migration(job).carryOut(BoundedRun(within: .seconds(3)))
    }
    #expect(unheard?.isInconclusive == true, "\(unheard as Any)")
    #expect(unheard?.cause == "not done in time: nobody tells how it stands")
  }

  @Test func aBoundThatIsReachedWhileTheJobRunsIsItsFailure() throws {
    let job = try Self.object("slipway-migrate-1", image: "registry.example/app:job-hangs")
    let heard = #expect(throws: PhaseFailure.self) {
      try migration(job).carryOut(BoundedRun(within: .seconds(3)))
    }
    #expect(heard == PhaseFailure("not done in time"))
  }

  @Test func aJobThatRunsIsEndedBeforeAnOldReleaseComesBack() throws {
    let job = try Self.object("slipway-migrate-1", image: "registry.example/app:job-hangs")
    try site.client.apply(.job, job.json, in: names.namespace)
    try migration(job).endWhereItRuns(NotedRun())
    #expect(try site.client.get(.job, job.name, in: names.namespace) == nil)
    // Nothing migrates any more, when the old release comes back.
    #expect(try site.client.list(JobLogs.selection(job.name, in: names.namespace)).items == [])
  }

  @Test func aJobThatFailsIsToldWithWhatEndsIt() throws {
    let job = try Self.object("slipway-migrate-1", image: "registry.example/app:job-oom")
    let failure = #expect(throws: PhaseFailure.self) {
      try migration(job).carryOut(NotedRun())
    }
    #expect(failure?.advice?.id == "out-of-memory", "\(failure as Any)")
  }

  @Test func anImageThatIsOlderThanItsOpsIsSaidSo() throws {
    let job = try Self.object("slipway-migrate-1", image: "registry.example/app:job-usage")
    let failure = #expect(throws: PhaseFailure.self) {
      try migration(job).carryOut(NotedRun())
    }
    #expect(
      failure?.cause.contains("does not know what this one asks of it (exit 64)") == true,
      "\(failure as Any)")
    #expect(
      failure?.advice
        == CauseAdvice(
          id: "container-exited", words: "Use the ops of the image's release, or a newer image."))
  }
}

/// A run that has so much time.
private final class BoundedRun: RolloutContext {
  private let deadline: Deadline

  init(within time: Duration) { deadline = .after(time) }

  var heldCheck: @Sendable () throws -> Void { {} }
  var isWatchedByClients: Bool { true }
  var remaining: Duration { deadline.remaining }
  let patience: Duration = .seconds(60)
  func check() throws { if deadline.hasPassed { throw PhaseFailure("not done in time") } }
  func wait(_ duration: Duration) throws {
    WorkThread.sleep(duration)
    try check()
  }
  func change<Result>(_ body: (Int64) throws -> Result) throws -> Result { try body(1) }
  func cancelling<Result>(
    with cancel: @escaping @Sendable () -> Void, _ body: () throws -> Result
  ) throws -> Result { try body() }
  func note(_ text: String) {}
  func clientsMayCome() {}
}

/// A run whose time goes as fast as it waits.
private final class HastyRun: RolloutContext {
  private let passed = Guarded<Duration>(.zero)
  private(set) var notes: [String] = []

  var clock: RolloutClock {
    let passed = passed
    return RolloutClock(
      elapsed: { passed.withLock { $0 } }, pause: { duration in passed.withLock { $0 += duration } }
    )
  }
  var heldCheck: @Sendable () throws -> Void { {} }
  var isWatchedByClients: Bool { true }
  var remaining: Duration { .seconds(600) }
  let patience: Duration = .seconds(60)
  func check() {}
  func wait(_ duration: Duration) {
    passed.withLock { $0 += duration }
    WorkThread.sleep(.milliseconds(1))
  }
  func change<Result>(_ body: (Int64) throws -> Result) throws -> Result { try body(1) }
  func cancelling<Result>(
    with cancel: @escaping @Sendable () -> Void, _ body: () throws -> Result
  ) throws -> Result { try body() }
  func note(_ text: String) { notes.append(text) }
  func clientsMayCome() {}
}
