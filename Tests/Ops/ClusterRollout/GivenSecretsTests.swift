import Core
import JSON
import TestSupport
import Testing

@testable import Ops

@Suite struct GivenSecretsTests {
  private static let password = "Y29ycmVjdCBob3JzZQ=="  // correct horse

  private static func secret(_ name: String, _ data: [(String, JSONValue)]) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(name)],
      "data": .object(data.map { JSONMember($0.0, $0.1) }),
    ]
  }

  @Test func whatPodsAreGivenIsTakenOutOnceItIsThere() throws {
    let site = try FakeClusterSite()
    let release = try TestRelease.of("database: { mode: bundled }", manager: .kustomize)
    let objects = Objects.all(of: release).compactMap { ClusterObject(JSONValue($0.node)) }
    let secrets = GivenSecrets(of: objects, site.client, in: FakeClusterSite.namespace)
    let name = try #require(secrets.names.first)
    secrets.look()
    let line = "the password is correct horse"
    #expect(secrets.redaction.applied(to: line) == line)
    try site.client.create(
      .secret, Self.secret(name, [("password", .string(Self.password))]),
      in: FakeClusterSite.namespace)
    secrets.look()
    #expect(secrets.redaction.applied(to: line) == "the password is [redacted]")
  }

  private static func pod(_ secrets: [String]) throws -> ClusterObject {
    let object = FakeClusterSite.deployment("web", image: "registry.example/app:1")
      .replacing(
        ["spec", "template", "spec", "volumes"],
        with: .array(
          secrets.map {
            ["name": .string($0), "secret": ["secretName": .string($0)]]
          }))
    return try #require(ClusterObject(object))
  }

  @Test func aSecretThatChangesBeneathARolloutIsTakenOutAsItWasAndAsItIs() throws {
    let site = try FakeClusterSite()
    let namespace = FakeClusterSite.namespace
    let secrets = GivenSecrets(of: [try Self.pod(["web"])], site.client, in: namespace)
    try site.client.create(
      .secret, Self.secret("web", [("password", .string(Self.password))]), in: namespace)
    secrets.look()
    try site.client.mergePatch(
      .secret, "web", in: namespace, ["data": ["password": "YmF0dGVyeSBzdGFwbGU="]])
    secrets.look()
    #expect(
      secrets.redaction.applied(to: "neither correct horse nor battery staple")
        == "neither [redacted] nor [redacted]")
  }

  @Test func aSecretThatMayNotBeReadKeepsNoOtherFromIt() throws {
    let site = try FakeClusterSite()
    let namespace = FakeClusterSite.namespace
    let secrets = GivenSecrets(of: [try Self.pod(["api", "web"])], site.client, in: namespace)
    try site.client.create(
      .secret, Self.secret("web", [("password", .string(Self.password))]), in: namespace)
    // The first in order of their names, which is the other.
    try site.fault("fail", ["status": 403, "count": 1, "verb": "get", "resource": "secrets"])
    secrets.look()
    #expect(secrets.redaction.applied(to: "correct horse") == "[redacted]")
    #expect(secrets.unread == ["api"] && secrets.awaited == [])
  }

  @Test func aSecretIsTakenOutOfALineBeforeThatIsCut() throws {
    let site = try FakeClusterSite()
    let namespace = FakeClusterSite.namespace
    try site.client.create(
      .secret, Self.secret("web", [("password", .string(Self.password))]), in: namespace)
    // The middle of a long line is left out: it is amid the secret where it begins and ends.
    let line =
      String(repeating: "a", count: 95) + " correct horse " + String(repeating: "b", count: 191)
      + " correct horse"
    let object = FakeClusterSite.deployment("web", image: "registry.example/app-crash:1")
      .replacing(["metadata", "namespace"], with: .string(namespace))
      .replacing(
        ["spec", "template", "metadata", "annotations"], with: ["fake/says": .string(line)]
      )
      .replacing(
        ["spec", "template", "spec", "volumes"],
        with: [["name": "web", "secret": ["secretName": "web"]]])
    let made = try site.client.apply(.deployment, object, in: namespace)
    let feed = try WitnessFeed(
      DeploymentSubject(
        name: "web", generation: made["metadata"]?["generation"]?.number ?? 0), of: site.client,
      in: namespace,
      secrets: GivenSecrets(
        of: [try #require(ClusterObject(object))], site.client, in: namespace))
    defer { feed.stop() }
    #expect(FakeClusterSite.eventually { if case .failed = feed.finding { true } else { false } })
    guard case .failed(let cause) = feed.finding else { return }
    let told = feed.line(of: cause)
    #expect(told.contains("last line: aaa"), "\(told)")
    #expect(!told.contains("corr") && !told.contains("orse"), "\(told)")
  }

  @Test func whatAnotherKeyHoldsIsASecretByItsNameAlone() {
    let secret = Self.secret(
      "s", [("username", "c2xpcHdheQ=="), ("password", .string(Self.password))])
    #expect(GivenSecrets.texts(of: secret, keys: []) == ["correct horse"])
    #expect(GivenSecrets.texts(of: secret, keys: ["username"]).contains("slipway"))
  }

  @Test func aSecretAmongTheVariablesOfAReleaseIsRefused() throws {
    let platform = try Platform(
      Array(
        """
        service: { name: slipway, image: ghcr.io/example/slipway }
        environments:
          here: { target: local }
          there:
            target: kustomize
            context: c
            namespace: n
            auth: off
            database: { mode: bundled, storage: 1Gi }

        """.utf8))
    var request = RolloutRequest()
    request.variables = ["LOG_LEVEL": "debug", "API_TOKEN": "correct horse"]
    #expect(throws: SecretInVariable(name: "API_TOKEN")) {
      try request.check(for: platform.environment("there"))
    }
    try request.check(for: platform.environment("here"))
    request.variables = ["UPSTREAM_URL": "https://me:battery@host/"]
    #expect(throws: SecretInVariable(name: "UPSTREAM_URL")) {
      try request.check(for: platform.environment("there"))
    }
  }
}
