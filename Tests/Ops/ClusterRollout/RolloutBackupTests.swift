import Core
import JSON
import POSIX
import Subprocess
import TestSupport
import Testing

@testable import Ops

/// The backup of a rollout to a cluster, by the program itself.
@Suite struct RolloutBackupTests {
  /// A line of an environment whose backups are taken by an image that plays `story`.
  private static func backup(
    _ story: String = "", drill: String = "weekly", more: String = ""
  ) -> [String] {
    [
      "backup: { schedule: '17 2 * * *', store: 's3://backups/testing', keep: { last: 3 },"
        + " drill: \(drill), image: 'registry.example/slipway-ops:1\(story)'\(more) }"
    ]
  }

  /// An environment where a release serves already.
  private static func site(
    _ target: String = "kustomize", _ story: String = "", drill: String = "weekly",
    policy: String = "required", more: String = ""
  ) throws -> RolloutProgram {
    let ops = try RolloutProgram(
      target, backup(story, drill: drill, more: more), rollout: "backup: \(policy)")
    let first = try ops.bring("2026.11.0")
    try #require(first.code == .done, "\(first.text)")
    #expect(first.text.contains("nothing to save yet"), "\(first.text)")
    return ops
  }

  private static func arguments(_ job: JSONValue?) -> [String] {
    let path = ["spec", "template", "spec", "containers"]
    let container = job?.value(at: path)?.elements?.first
    return (container?["args"]?.elements ?? []).compactMap(\.text)
  }

  private static func job(_ name: String, _ ops: RolloutProgram) throws -> JSONValue? {
    try ops.site.client.get(.job, name, in: RolloutProgram.namespace)
  }

  @Test(arguments: ["kustomize", "helm"])
  func aBackupIsTakenByAJobBeforeTheSchemaChanges(target: String) throws {
    let ops = try Self.site(target)
    let plan = try ops.bring("2026.11.1", "--plan")
    #expect(plan.text.contains("required: Job slipway-backup-r2"), "\(plan.text)")
    let result = try ops.bring("2026.11.1")
    #expect(result.code == .done, "\(result.text)")
    #expect(result.text.contains("Z-00000001"), "\(result.text)")
    let job = try Self.job("slipway-backup-r2", ops)
    #expect(Self.arguments(job).prefix(2) == ["backup", "run"])
    #expect(job?.value(at: ["metadata", "labels", ClusterObject.rolloutLabel])?.text == "2")
    #expect(job?.value(at: ["spec", "ttlSecondsAfterFinished"])?.number == 86_400)
    #expect(try ops.objects(.cronJob).count == 2)
  }

  @Test(arguments: ["kustomize", "helm"])
  func aBackupThatFailsKeepsTheReleaseOutAndSaysWhy(target: String) throws {
    let ops = try Self.site(target, "-backup-fails")
    let result = try ops.bring("2026.11.1")
    #expect(result.code == .refused, "\(result.text)")
    #expect(result.text.contains("the store refused: AccessDenied"), "\(result.text)")
    #expect(
      result.text.contains("\n  container-exited: Read the last lines of the container; "),
      "\(result.text)")
    // Its words are kept for the report, beside the line that is the cause.
    #expect(result.text.contains("    container backup of pod "), "\(result.text)")
    #expect(result.text.contains("      | "), "\(result.text)")
    #expect(try ops.journal(2).last == "backup")
    #expect(try ops.serving() == ["\(RolloutProgram.image):2026.11.0"])
  }

  @Test func aBackupThatWasProvenLatelyIsEnough() throws {
    let ops = try Self.site(policy: "proven-within 24h")
    let second = try ops.bring("2026.11.1")
    #expect(second.code == .done, "\(second.text)")
    #expect(second.text.contains("Z-00000001, proven just now"), "\(second.text)")
    #expect(try Self.job("slipway-drill-r2", ops) != nil)
    let third = try ops.bring("2026.11.2")
    #expect(third.code == .done, "\(third.text)")
    #expect(third.text.contains("Z-00000001 is recent enough"), "\(third.text)")
    #expect(try Self.job("slipway-backup-r3", ops) == nil)
    #expect(
      Self.arguments(try Self.job("slipway-backup-list-r3", ops)) == [
        "backup", "list", "--store", "s3://backups/testing", "--name", "testing",
      ])
  }

  @Test func whereBackupsAreSignedNoOthersAreEnough() throws {
    let key = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
    let ops = try Self.site(
      policy: "proven-within 24h", more: ", signWith: signing, signedBy: [\(key)]")
    for tag in ["2026.11.1", "2026.11.2"] {
      let result = try ops.bring(tag)
      #expect(result.code == .done, "\(result.text)")
    }
    let trusted = ["--signed-by", key]
    #expect(
      Self.arguments(try Self.job("slipway-backup-list-r3", ops)) == [
        "backup", "list", "--store", "s3://backups/testing", "--name", "testing",
      ] + trusted)
    let taken = Self.arguments(try Self.job("slipway-backup-r2", ops))
    #expect(taken.contains("--sign-with"), "\(taken)")
    let proven = Self.arguments(try Self.job("slipway-drill-r2", ops))
    #expect(proven.suffix(3).dropLast() == trusted[...], "\(proven)")
    #expect(BackupID(proven.last ?? "") != nil, "\(proven)")
  }

  @Test func aProvenBackupThatLacksATableIsNotEnough() {
    let whole = "20261122T021700Z-00000001  proven  2026-11-22T02:17:00Z  1.0 KiB  custom+globals"
    let partial =
      "20261122T041700Z-00000002  proven  2026-11-22T04:17:00Z  1.0 KiB  custom (age) (partial)"
    let heading = "BACKUP  STATE  OF  SIZE  FILES"
    #expect(ClusterBackup.newestProven(in: [heading, partial]) == nil)
    #expect(
      ClusterBackup.newestProven(in: [heading, partial, whole])?.name
        == "20261122T021700Z-00000001")
  }

  @Test func aBackupThatIsNotProvenIsNotEnough() throws {
    let ops = try Self.site("kustomize", "-drill-fails", policy: "proven-within 24h")
    let result = try ops.bring("2026.11.1")
    #expect(result.code == .refused, "\(result.text)")
    #expect(result.text.contains("10 rows, 9 restored"), "\(result.text)")
  }

  @Test func whereNothingDrillsAPolicyThatWantsProofIsRefusedWithWhatToDo() throws {
    let ops = try Self.site(drill: "never", policy: "proven-within 24h")
    let plan = try ops.bring("2026.11.1", "--plan")
    #expect(plan.text.contains("or else refused"), "\(plan.text)")
    let result = try ops.bring("2026.11.1")
    #expect(result.code == .refused, "\(result.text)")
    #expect(result.text.contains("ops backup drill --env testing"), "\(result.text)")
    #expect(try Self.job("slipway-backup-r2", ops) == nil)
  }

  @Test func aPolicyThatNobodyCanKeepIsRefusedBeforehand() throws {
    let ops = try RolloutProgram("kustomize", rollout: "backup: required")
    let result = try ops.bring("2026.11.0")
    #expect(result.code == .configuration, "\(result.text)")
    #expect(result.text.contains("'backup' section"), "\(result.text)")
  }

  @Test func aScheduledBackupThatRunsIsNamedAndWaitedFor() throws {
    let ops = try Self.site(policy: "skip")
    let running = try #require(
      ClusterObject(
        FakeClusterSite.job("slipway-backup-29000000", image: "registry.example/ops:job-hangs")
          .replacing(
            ["metadata", "labels"], with: ["app.kubernetes.io/component": "backup"])))
    try ops.site.client.apply(.job, running.json, in: RolloutProgram.namespace)
    let plan = try ops.bring("2026.11.1", "--plan")
    #expect(
      plan.text.contains("Job slipway-backup-29000000 has been taking a backup"), "\(plan.text)")
    let child = try ops.command(["rollout", "--image", "\(RolloutProgram.image):2026.11.1"])
      .spawn()
    try #require(
      try FakeClusterSite.eventually {
        try ops.notes(2).contains { $0.contains("waiting for Job slipway-backup-29000000") }
      })
    try ops.site.client.delete(.job, running.name, in: RolloutProgram.namespace)
    let result = try child.finish(.after(.seconds(240)))
    #expect(result.exit == .code(0), "\(result.outputText) \(result.errorText)")
    #expect(result.outputText.contains("waiting for Job slipway-backup-29000000"))
  }

  @Test(arguments: ["kustomize", "helm"])
  func aRunThatIsKilledInItsBackupGoesOnWithTheSameOne(target: String) throws {
    let ops = try Self.site(target)
    try ops.site.fault("speed", ["factor": 5])
    try Self.killInBackup(ops)
    try ops.site.fault("speed", ["factor": .real(0.05)])
    let resumed = try ops.run("rollout", "--resume")
    #expect(resumed.code == .done, "\(resumed.text)")
    #expect(resumed.text.contains("Z-00000001"), "\(resumed.text)")
    #expect(try ops.serving() == ["\(RolloutProgram.image):2026.11.1"])
  }

  @Test func aRunThatIsKilledInItsBackupAndAbortedLeavesNoJobBehind() throws {
    let ops = try Self.site("kustomize", "-job-hangs")
    try Self.killInBackup(ops)
    let aborted = try ops.run("rollout", "--abort")
    #expect(aborted.code == .done, "\(aborted.text)")
    #expect(try Self.job("slipway-backup-r2", ops) == nil)
    #expect(try ops.serving() == ["\(RolloutProgram.image):2026.11.0"])
  }

  private static func killInBackup(_ ops: RolloutProgram) throws {
    let child = try ops.command(["rollout", "--image", "\(RolloutProgram.image):2026.11.1"])
      .spawn()
    #expect(try FakeClusterSite.eventually { try job("slipway-backup-r2", ops) != nil })
    child.send(.kill)
    _ = try child.finish(.after(.seconds(60)))
  }
}
