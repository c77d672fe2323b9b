import Testing

@testable import Ops

/// The databases that the objects run.
struct DatabaseTests {
  @Test(arguments: [ChartRelease.Manager.helm, .kustomize])
  func theClusterOutlivesTheRelease(_ manager: ChartRelease.Manager) throws {
    let values = """
      annotations: { helm.sh/resource-policy: x }
      database: { mode: cloudnative-pg, pooler: session }
      """
    let release = try TestRelease.of(values, manager: manager)
    for (kind, name) in [("Cluster", "slipway-database"), ("Pooler", "slipway-database-pooler")] {
      let object = try #require(release.object(kind, name))
      #expect(object.node.at("metadata", "annotations", "helm.sh/resource-policy")?.text == "keep")
    }
  }
}
