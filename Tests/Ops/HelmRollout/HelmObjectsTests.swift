import JSON
import Testing

@testable import Ops

/// What a rollout makes of a chart's objects.
@Suite struct HelmObjectsTests {
  private static let helm = HelmProgram(
    program: "helm", context: "testing", namespace: "slipway-testing", release: "slipway")

  private static func object(_ kind: String, _ name: String, component: String, hook: String?)
    -> String
  {
    let annotations = hook.map { "\n  annotations: { helm.sh/hook: \"\($0)\", own: kept }" } ?? ""
    return """
      ---
      apiVersion: batch/v1
      kind: \(kind)
      metadata:
        name: \(name)
        labels: { app.kubernetes.io/component: \(component) }\(annotations)
      spec: { backoffLimit: 0 }

      """
  }

  private static func read(_ text: String) throws -> [ClusterObject] {
    try HelmObjects.read(Array(text.utf8), of: helm)
  }

  @Test func anObjectIsMarkedAsHelmsOwn() throws {
    let text = Self.object("Job", "slipway-migrate-1", component: "migration", hook: nil)
    let object = try #require(try Self.read(text).first)
    #expect(object.name == "slipway-migrate-1")
    #expect(object.namespace == "slipway-testing")
    let metadata = object.json["metadata"]
    #expect(metadata?["labels"]?["app.kubernetes.io/managed-by"] == "Helm")
    #expect(metadata?["annotations"]?["meta.helm.sh/release-name"] == "slipway")
    #expect(metadata?["annotations"]?["meta.helm.sh/release-namespace"] == "slipway-testing")
  }

  @Test func theHookOfTheMigrationIsAnOrdinaryJobOfANameOfItsOwn() throws {
    let text = Self.object(
      "Job", "slipway-migrate", component: "migration", hook: "pre-install,pre-upgrade")
    let object = try #require(try Self.read(text).first)
    #expect(object.isMigration)
    #expect(object.name.hasPrefix("slipway-migrate-"))
    let annotations = object.json["metadata"]?["annotations"]
    #expect(annotations?["helm.sh/hook"] == nil)
    #expect(annotations?["own"] == "kept")
    #expect(try Self.read(text).first?.name == object.name)
  }

  @Test func testsAreNoPartOfARollout() throws {
    #expect(
      try Self.read(Self.object("Pod", "slipway-test", component: "test", hook: "test")).isEmpty)
  }

  @Test func aHookThatNobodyWouldRunIsRefused() {
    let text = Self.object("Job", "notify", component: "app", hook: "post-upgrade")
    #expect(throws: RolloutRefusal.self) { try Self.read(text) }
  }
}
