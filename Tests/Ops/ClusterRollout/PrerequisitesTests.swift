import JSON
import TestSupport
import Testing

@testable import Ops

@Suite struct PrerequisitesTests {
  private static let namespace = FakeClusterSite.namespace
  private let site: FakeClusterSite

  init() throws { site = try FakeClusterSite() }

  private func prerequisites(_ values: String) throws -> Prerequisites {
    let release = try TestRelease.of(
      values, namespace: Self.namespace, manager: .kustomize)
    let objects = Objects.all(of: release).compactMap { ClusterObject(JSONValue($0.node)) }
    return Prerequisites(
      secrets: GivenSecrets(of: objects, site.client, in: Self.namespace).names,
      objects: objects,
      isFirst: true, client: site.client, namespace: Self.namespace, environment: "staging")
  }

  private func make(_ secret: String) throws {
    try site.client.create(
      .secret, ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(secret)]],
      in: Self.namespace)
  }

  @Test func aSecretThatAnOperatorMakesIsWaitedForWithItsWords() throws {
    let waited = try prerequisites("secrets: { database: { external: store/database } }")
    let object = try #require(waited.objects.first { $0.kind.kind == "ExternalSecret" })
    try site.client.apply(object.kind, object.json, in: Self.namespace)
    try site.client.mergePatch(
      object.kind, object.name, in: Self.namespace,
      [
        "status": [
          "conditions": [
            [
              "type": "Ready", "status": "False", "reason": "SecretSyncedError",
              "message": "no such entry",
            ]
          ]
        ]
      ], subresource: "status")
    let missing = try waited.missingSecrets()
    #expect(missing.count == 1 && missing.allSatisfy(\.isBrought))
    let run = NotedRun()
    run.noted = { _ in
      for secret in waited.secrets { try make(secret) }
    }
    try waited.waitUntilThere(run)
    #expect(run.notes.count == 1)
    #expect(run.notes.first?.contains("SecretSyncedError: no such entry") == true, "\(run.notes)")
  }

  @Test func aSecretThatNobodyMakesIsToldAndNotWaitedFor() throws {
    let values = "secrets: { database: { existing: passwords } }"
    let missing = try prerequisites(values).missingSecrets()
    #expect(missing.map(\.name) == ["Secret passwords"])
    #expect(missing.first?.reason.contains("ops secrets init --env staging") == true)
    try prerequisites(values).waitUntilThere(NotedRun())
  }

  @Test func anOperatorMakesTheSecretOfItsDatabaseAndNoOther() throws {
    let waited = try prerequisites(
      "database: { mode: cloudnative-pg }\nsecrets: { jwt: { existing: tokens } }")
    let missing = try waited.missingSecrets()
    #expect(missing.count == 2)
    for one in missing {
      #expect(one.isBrought == (one.name != "Secret tokens"), "\(one)")
      #expect(one.reason.contains("ops secrets init") == (one.name == "Secret tokens"), "\(one)")
    }
  }

  @Test func aDatabaseWhosePasswordNobodyMakesIsNotWaitedFor() throws {
    let run = NotedRun()
    try prerequisites("database: { mode: bundled }").waitUntilThere(run)
    #expect(run.notes.isEmpty)
  }

  @Test func aDatabaseThatStartsIsWaitedFor() throws {
    let waited = try prerequisites("database: { mode: bundled }")
    for secret in waited.secrets { try make(secret) }
    let object = try #require(waited.objects.first { $0.kind == .statefulSet })
    try site.client.apply(object.kind, object.json, in: Self.namespace)
    try waited.waitUntilThere(NotedRun())
    let live = try site.client.get(.statefulSet, object.name, in: Self.namespace)
    #expect(live?["status"]?["readyReplicas"]?.number == 1)
  }

  @Test func aDatabaseOfAnOperatorSaysItsPhaseWhileItIsWaitedFor() throws {
    let waited = try prerequisites("database: { mode: cloudnative-pg }")
    for secret in waited.secrets { try make(secret) }
    let object = try #require(waited.objects.first { $0.kind == .databaseCluster })
    try site.client.apply(object.kind, object.json, in: Self.namespace)
    func say(_ status: JSONValue) throws {
      try site.client.mergePatch(
        object.kind, object.name, in: Self.namespace, ["status": status], subresource: "status")
    }
    try say(["phase": "Setting up primary"])
    let run = NotedRun()
    run.noted = { _ in try say(["conditions": [["type": "Ready", "status": "True"]]]) }
    try waited.waitUntilThere(run)
    #expect(run.notes == ["waiting for Cluster \(object.name): Setting up primary"])
  }
}
