import Core
import JSON
import TestSupport
import Testing

@testable import Ops

@Suite struct KustomizeDeliveryTests {
  private static let namespace = FakeClusterSite.namespace
  private let site: FakeClusterSite

  init() throws { site = try FakeClusterSite() }

  private var delivery: KustomizeDelivery {
    let names = ClusterNames(service: "slipway", namespace: Self.namespace)
    return KustomizeDelivery(
      client: site.client,
      manifests: ClusterManifests(
        client: site.client, names: names, lease: ClusterLease(site.client, names)))
  }

  private static func release(_ number: Int) -> ClusterRelease {
    ClusterRelease(
      number: number, revision: "r\(number)", image: "example/app:1", version: nil, time: .now())
  }

  private func bring(_ number: Int, _ values: String) throws {
    let release = try TestRelease.of(
      values, namespace: Self.namespace, manager: .kustomize)
    let objects = Objects.all(of: release).compactMap { ClusterObject(JSONValue($0.node)) }
    _ = try delivery.bring(
      Self.release(number),
      objects.filter { [.deployment, .horizontalPodAutoscaler].contains($0.kind) }, NotedRun())
  }

  private func replicas() throws -> Int64? {
    try site.client.get(.deployment, "slipway", in: Self.namespace)?["spec"]?["replicas"]?.number
  }

  @Test func anAutoscalerTakesTheReplicasOverAsTheyAre() throws {
    try bring(1, "replicas: 5")
    #expect(try replicas() == 5)
    try bring(2, "autoscale: { enabled: true }")
    #expect(try replicas() == 5)
    try bring(3, "autoscale: { enabled: true }")
    #expect(try replicas() == 5)
    try bring(4, "replicas: 3")
    #expect(try replicas() == 3)
    try bring(5, "autoscale: { enabled: true }")
    #expect(try replicas() == 3)
  }

  @Test func aFieldThatNobodyElseAppliedGoesWithWhoLeavesItOut() throws {
    try bring(1, "replicas: 5")
    let object = try #require(try site.client.get(.deployment, "slipway", in: Self.namespace))
    #expect(FieldOwners(object).apply(["f:spec", "f:replicas"]))
    #expect(!FieldOwners(object).apply(["f:spec", "f:paused"]))
  }

  @Test func whatHelmHasWrittenCountsAsAppliedHowever() {
    func object(_ manager: String, _ operation: String) -> JSONValue {
      [
        "metadata": [
          "managedFields": [
            [
              "manager": .string(manager), "operation": .string(operation),
              "fieldsV1": ["f:spec": ["f:replicas": [:]]],
            ]
          ]
        ]
      ]
    }
    let path = ["f:spec", "f:replicas"]
    #expect(FieldOwners(object("helm", "Update")).apply(path))
    #expect(FieldOwners(object("helm", "Apply")).apply(path))
    #expect(FieldOwners(object("slipway", "Apply")).apply(path))
    #expect(!FieldOwners(object("kubectl", "Update")).apply(path))
  }

  @Test func whatMayNotBeDeletedIsLeftAndTold() throws {
    try bring(1, "autoscale: { enabled: true }")
    try site.fault(
      "forbid",
      ["verb": "delete", "resource": "horizontalpodautoscalers.autoscaling"])
    let release = try TestRelease.of(
      "autoscale: { enabled: true }", namespace: Self.namespace, manager: .kustomize)
    let objects = Objects.all(of: release).compactMap { ClusterObject(JSONValue($0.node)) }
    let run = NotedRun()
    try delivery.takeAway(objects, run)
    #expect(run.notes.count == 1)
    #expect(run.notes.first?.hasPrefix("HorizontalPodAutoscaler slipway is left") == true)
    #expect(try replicas() == nil)
  }
}
