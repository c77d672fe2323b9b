import JSON
import POSIX
import TestSupport
import Testing
import YAML

@testable import Ops

/// Rollouts by the program itself, one behaviour each.
@Suite struct RolloutProgramTests {
  private static let image = RolloutProgram.image
  /// What ends a crash at the start, as it stands below the cause.
  private static let advice =
    "container-exited: Read the last lines of the container; run the image with the same settings"
    + " elsewhere. See docs/causes.md."

  /// What docs/rollout-role.yaml allows, and no more.
  private static func role() throws -> JSONValue {
    var root = #filePath
    for _ in 0..<4 { root = Path.parent(of: root) }
    let stream = Array(try File.readText("\(root)/docs/rollout-role.yaml").utf8)
    return JSONValue(try #require(try YAMLReader.readStream(stream).first))
  }

  @Test(arguments: ["kustomize", "helm"])
  func theRoleIsEnoughForRolloutsAndForTheirWaysBack(target: String) throws {
    let ops = try RolloutProgram(target)
    try ops.site.fault("role", Self.role())
    let plan = try ops.bring("2026.11.0", "--plan")
    #expect(plan.code == .done, "\(plan.text)")
    #expect(!plan.text.contains("done without"), "\(plan.text)")

    let first = try ops.bring("2026.11.0-crash")
    #expect(first.code == .rolledBack, "\(first.text)")
    #expect(first.text.contains("\n  \(Self.advice)\n"), "\(first.text)")
    try ops.site.fault("allow")
    #expect(try ops.serving() == nil)
    if target == "helm" {
      // By kustomize it stays, and finds the pods of the next attempt.
      #expect(
        try ops.site.client.get(.service, "slipway", in: RolloutProgram.namespace) == nil)
    }
    #expect(try ops.objects(.secret, labels: "owner=helm").isEmpty)

    try ops.site.fault("role", Self.role())
    #expect(try ops.bring("2026.11.0-crash").code == .rolledBack)
    try ops.site.fault("allow")
    // What failed before the last one is forgotten, though nothing good has come.
    let kept = try ops.objects(.configMap)
    #expect(kept.compactMap { ClusterNames.number(ClusterNames.releaseLabel, of: $0) } == [2])

    try ops.site.fault("role", Self.role())
    let good = try ops.bring("2026.11.0")
    #expect(good.code == .done, "\(good.text)")
    let bad = try ops.bring("2026.11.1-crash")
    #expect(bad.code == .rolledBack, "\(bad.text)")
    #expect(!bad.text.contains("left where"), "\(bad.text)")
    #expect(bad.text.contains("\n  \(Self.advice)\n"), "\(bad.text)")
    try ops.site.fault("allow")
    // It is rolled back once no client can meet its pods.
    let pods = try ops.objects(.pod).filter { $0["status"]?["phase"]?.text != "Succeeded" }
    #expect(!pods.flatMap { TemplateReading($0).images }.contains("\(Self.image):2026.11.1-crash"))
    #expect(try ops.serving() == ["\(Self.image):2026.11.0"])
  }

  @Test func whoMayNotLookAtQuotasIsWarnedAndNotRefused() throws {
    let ops = try RolloutProgram("kustomize")
    try ops.site.fault("forbid", ["verb": "list", "resource": "resourcequotas"])
    let plan = try ops.bring("2026.11.0", "--plan")
    #expect(plan.code == .done, "\(plan.text)")
    #expect(plan.text.contains("warn  quota: not allowed to look at quotas"), "\(plan.text)")
  }

  @Test(arguments: ["kustomize", "helm"])
  func anAbortAfterAWayBackThatFailedGoesItOnceMore(target: String) throws {
    let ops = try RolloutProgram(target)
    try ops.bring("2026.11.0")
    let failed = try ops.bringFailing("2026.11.1", number: 2) {
      if target == "helm" {
        try ops.site.fault("forbid", ["verb": "list", "resource": "secrets"])
      } else {
        try ops.site.fault("forbid", ["verb": "patch", "resource": "deployments.apps"])
      }
    }
    #expect(failed.code == .rollbackFailed, "\(failed.text)")
    try ops.site.fault("allow")
    let aborted = try ops.run("rollout", "--abort")
    #expect(aborted.code == .done, "\(aborted.text)")
    #expect(try ops.serving() == ["\(Self.image):2026.11.0"])
    let next = try ops.bring("2026.11.2")
    #expect(next.code == .done, "\(next.text)")
  }

  @Test(arguments: ["kustomize", "helm"])
  func theWayBackAsksAClusterThatDoesNotAnswerAgain(target: String) throws {
    let ops = try RolloutProgram(target)
    try ops.bring("2026.11.0")
    let result = try ops.bringFailing("2026.11.1", number: 2) {
      let what: JSONValue =
        target == "helm"
        ? ["status": 500, "count": 2, "verb": "list", "resource": "secrets"]
        : [
          "status": 500, "count": 3, "verb": "get", "resource": "configmaps",
          "subject": "slipway-release-1",
        ]
      try ops.site.fault("fail", what)
    }
    #expect(result.code == .rolledBack, "\(result.text)")
    #expect(try ops.serving() == ["\(Self.image):2026.11.0"])
  }

  @Test func whatAMigrationThatRefusesNeedsIsPutBack() throws {
    let ops = try RolloutProgram("kustomize")
    try ops.bring("2026.11.0")
    let refused = try ops.bring("2026.11.1-job-unsafe")
    #expect(refused.code == .refused, "\(refused.text)")
    #expect(refused.text.contains("could not run on it"), "\(refused.text)")
    #expect(try ops.journal(2).suffix(3) == ["migrate", "roll-back", "gate-old"])
    #expect(try ops.serving() == ["\(Self.image):2026.11.0"])
  }

  @Test func aReleaseThatNobodyCouldPutBackIsNotReplacedUnlessSomebodySaysSo() throws {
    let ops = try RolloutProgram("kustomize")
    try ops.bring("2026.11.0")
    try ops.site.client.delete(
      .configMap, RolloutProgram.names.manifests(1), in: RolloutProgram.namespace)
    let refused = try ops.bring("2026.11.1")
    #expect(refused.code == .refused, "\(refused.text)")
    #expect(refused.text.contains("ConfigMap slipway-release-1 is gone; restore it"))
    let forward = try ops.bring("2026.11.1", "--forward-only")
    #expect(forward.code == .done, "\(forward.text)")
  }
}
