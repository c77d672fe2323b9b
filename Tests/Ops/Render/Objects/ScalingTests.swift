import Testing
import YAML

@testable import Ops

/// How many replicas there are, and how many may go at once.
struct ScalingTests {
  @Test(arguments: [
    ("replicas: 1", nil), ("replicas: 0", nil), ("replicas: 2", 1),
    ("replicas: 5\ndisruption: { maxUnavailable: 2 }", 2),
    ("replicas: 2\ndisruption: { maxUnavailable: 9 }", 1),
    ("replicas: 5\nautoscale: { enabled: true, min: 1, max: 9 }", nil),
    ("replicas: 1\nautoscale: { enabled: true, min: 3 }", 1),
    ("disruption: { enabled: false }", nil),
  ])
  func neverAllPodsMayBeEvictedAndOnePodAlwaysMay(_ values: String, _ count: Int?) throws {
    let budget = try TestRelease.of(values).object("PodDisruptionBudget", "slipway")
    #expect(budget?.node.at("spec", "maxUnavailable") == count.map { .integer($0) })
  }

  @Test func podsThatDoNotWorkKeepNoNode() throws {
    let budget = try TestRelease.of().object("PodDisruptionBudget", "slipway")
    #expect(budget?.node.at("spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow")
  }

  @Test func theAutoscalerHoldsALoad() throws {
    let release = try TestRelease.of("autoscale: { enabled: true, min: 3, max: 12, cpu: 60 }")
    let spec = release.object("HorizontalPodAutoscaler", "slipway")?.node["spec"]
    #expect(spec?["minReplicas"] == .integer(3))
    #expect(spec?["maxReplicas"] == .integer(12))
    #expect(spec?.at("scaleTargetRef", "name") == "slipway")
    let metric = spec?["metrics"]?.sequence?.first
    #expect(metric?.at("resource", "target", "averageUtilization") == .integer(60))
  }

  @Test func aMinimumOverTheMaximumIsRefused() {
    #expect(throws: PlatformError.self) {
      try TestRelease.of("autoscale: { enabled: true, min: 9, max: 3 }")
    }
  }
}
