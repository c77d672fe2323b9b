import Core
import JSON
import TestSupport
import Testing

@testable import Ops

/// Rollouts by Helm and by the program itself, one behaviour each.
@Suite struct HelmRolloutProgramTests {
  @Test func helmFindsTheJobThatTheRolloutRan() throws {
    let ops = try RolloutProgram("helm")
    try ops.bring("2026.11.0")
    let second = try ops.bring("2026.11.1")
    #expect(second.code == .done, "\(second.text)")
    let jobs = try ops.objects(.job)
    #expect(jobs.count == 1)
    let container = jobs.first?["spec"]?["template"]?["spec"]?["containers"]?.elements?.first
    let variables = container?["env"]?.elements ?? []
    #expect(
      variables.first { $0["name"]?.text == MigrateApplyCommand.servingVariable }?["value"]
        == "2026.11.0", "\(variables)")
    // Each release migrated once.
    let made = try ops.site.calls("patch", "jobs.batch")
    #expect(made > 0)
    let migrated = try ops.objects(
      .event
    ).filter { $0["reason"]?.text == "SuccessfulCreate" && Self.isOfJob($0) }
    #expect(migrated.count == 2, "\(migrated.count)")
  }

  private static func isOfJob(_ event: JSONValue) -> Bool {
    event["involvedObject"]?["kind"]?.text == "Job"
  }

  @Test func whoHasNoHelmStillSeesFreezesAndPlans() throws {
    let ops = try RolloutProgram("helm")
    try ops.bring("2026.11.0")
    let status = try ops.run("status", hasHelm: false)
    #expect(status.text.contains("release      "), "\(status.text)")
    #expect(status.text.contains("helm         unknown"), "\(status.text)")
    #expect(try ops.run("rollout", "--freeze", "the fair", hasHelm: false).code == .done)
    #expect(try ops.run("rollout", "--unfreeze", hasHelm: false).code == .done)
    let plan = try ops.run(
      "rollout", "--plan", "--image", "\(RolloutProgram.image):2026.11.1", hasHelm: false)
    #expect(plan.code == .refused, "\(plan.text)")
    #expect(plan.text.contains("Helm 4 has to be on the PATH"), "\(plan.text)")
    #expect(plan.text.contains("Job slipway-migrate-"), "\(plan.text)")
    let migrated = try ops.run(
      "migrate", "job", "--image", "\(RolloutProgram.image):2026.11.1", hasHelm: false)
    #expect(migrated.code == .done, "\(migrated.text)")
    // Helm takes the Job and its account for its own.
    let release = try ops.bring("2026.11.1")
    #expect(release.code == .done, "\(release.text)")
    #expect(release.text.contains("has run already"), "\(release.text)")
  }

  @Test func whatAReleaseDropsIsAmongTheChangesThatThePlanShows() throws {
    let ops = try RolloutProgram("helm")
    try ops.bring("2026.11.0", "--set-env", "LOG_LEVEL=debug", "--set-env", "EXTRA_WORD=yes")
    let plan = try ops.bring("2026.11.0", "--plan")
    #expect(plan.text.contains("EXTRA_WORD: "), "\(plan.text)")
  }

  @Test func anAdoptedReleaseIsAskedOfHelmForTheRightsOfTheWayBack() throws {
    let ops = try RolloutProgram("helm", ["monitoring: { interval: 30s }"])
    let first = try ops.bring("2026.11.0")
    #expect(first.code == .done, "\(first.text)")
    // As if Helm alone had brought it.
    for name in [RolloutProgram.names.state, RolloutProgram.names.manifests(1)] {
      try ops.site.client.delete(.configMap, name, in: RolloutProgram.namespace)
    }
    try ops.write("helm")
    let allowed = try ops.bring("2026.11.1", "--plan")
    #expect(allowed.code == .done, "\(allowed.text)")
    let monitors = "servicemonitors.monitoring.coreos.com"
    try ops.site.fault("forbid", ["verb": "create", "resource": .string(monitors)])
    let refused = try ops.bring("2026.11.1", "--plan")
    #expect(refused.code == .refused, "\(refused.text)")
    #expect(refused.text.contains("create \(monitors)"), "\(refused.text)")
  }

  @Test func aChartThatDiffersInAnyObjectIsAnotherOne() throws {
    func objects(_ values: String) throws -> [ClusterObject] {
      Objects.all(of: try TestRelease.of(values)).compactMap { ClusterObject(JSONValue($0.node)) }
    }
    let kept = try objects("autoscale: { enabled: true, max: 5 }")
    #expect(HelmDelivery.differences(kept.reversed(), kept).isEmpty)
    let made = try objects("autoscale: { enabled: true, max: 6 }")
    #expect(
      HelmDelivery.differences(made, kept) == ["autoscaling/HorizontalPodAutoscaler/slipway"])
  }

  @Test func aRevisionIsOursByAnEntryThatNoSecretCanUnmake() {
    let last = HelmHistory.Revision(
      number: 7, status: HelmHistory.Status(rawValue: "pending-upgrade"), updated: nil)
    func entry(_ kind: String, _ fields: JSONValue) -> JournalEntry {
      JournalEntry(time: .now(), kind: kind, fields: fields)
    }
    #expect(HelmDelivery.announces(entry("helm", ["change": "upgrade", "revision": 7]), last))
    #expect(!HelmDelivery.announces(entry("helm", ["change": "upgrade", "revision": 6]), last))
    #expect(!HelmDelivery.announces(entry("note", ["text": "Helm makes revision 7"]), last))
  }
}
