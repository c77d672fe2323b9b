import Testing

@testable import Ops

/// The databases that the objects run.
struct DatabaseTests {
  @Test(arguments: [ChartRelease.Manager.helm, .kustomize])
  func theClusterOutlivesTheRelease(_ manager: ChartRelease.Manager) throws {
    let values = "annotations: { helm.sh/resource-policy: x }\ndatabase: { mode: cloudnative-pg }"
    let release = try TestRelease.of(values, manager: manager)
    let cluster = try #require(release.object("Cluster", "slipway-database"))
    #expect(cluster.node.at("metadata", "annotations", "helm.sh/resource-policy")?.text == "keep")
  }
}
