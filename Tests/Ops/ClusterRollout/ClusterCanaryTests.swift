import Core
import HTTPClient
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

/// A canary beside what serves, in a fake cluster asked through a real kubectl.
@Suite struct ClusterCanaryTests {
  private let site: FakeClusterSite
  private let run = ContextOfTests()
  private let names = ClusterNames(service: "slipway", namespace: FakeClusterSite.namespace)

  init() throws { site = try FakeClusterSite() }

  /// The objects of a release of the service, as they are rendered.
  private static func objects(
    revision tag: String, values: String,
    _ kinds: Set<String> = ["Deployment", "Service", "HTTPRoute"]
  ) throws -> [ClusterObject] {
    let release = try TestRelease.of(
      values, namespace: FakeClusterSite.namespace, manager: .kustomize,
      image: ImageReference(repository: "ghcr.io/example/slipway", tag: tag))
    return Objects.all(of: release).compactMap { ClusterObject(JSONValue($0.node)) }
      .filter { kinds.contains($0.kind.kind) }
  }

  private func canary(_ objects: [ClusterObject], _ steps: [RolloutStep]) throws -> ClusterCanary {
    let deployment = try #require(objects.first { $0.kind == .deployment })
    let template = TemplateReading(deployment.json["spec"]?["template"] ?? .null)
    let revision = template.variable(DeploymentSubject.revisionVariable)
    return ClusterCanary(
      CanaryObjects(objects: objects, deployment: deployment),
      revision: try #require(revision.first), steps: steps,
      grace: .seconds(30), client: site.client,
      lease: ClusterLease(site.client, names),
      secrets: GivenSecrets(of: objects, site.client, in: FakeClusterSite.namespace),
      environment: "testing")
  }

  /// Brings a release that serves, and gives what the canary of the next is made of.
  private func serving(_ values: String) throws -> (before: JSONValue, next: [ClusterObject]) {
    for object in try Self.objects(revision: "1.0.0", values: values) {
      try site.client.apply(object.kind, object.json, in: FakeClusterSite.namespace)
    }
    #expect(
      try FakeClusterSite.eventually {
        try deployment("slipway")?["status"]?["availableReplicas"]?.number == 2
      })
    let before = try #require(try deployment("slipway"))
    return (before, try Self.objects(revision: "2.0.0", values: values))
  }

  private func deployment(_ name: String) throws -> JSONValue? {
    try site.client.get(.deployment, name, in: FakeClusterSite.namespace)
  }

  private func service(_ name: String) throws -> JSONValue? {
    try site.client.get(.service, name, in: FakeClusterSite.namespace)
  }

  /// How many of 100 requests each revision answers.
  private func answers(_ service: String) throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for _ in 1...100 {
      let answer = try HTTPClient().send(
        HTTPRequest(
          "http://localhost/api/v1/namespaces/\(FakeClusterSite.namespace)/services/\(service):http"
            + "/proxy/health", unixSocketPath: site.client.transport.proxy.socketPath,
          deadline: .after(FakeClusterSite.patience)))
      try #require(answer.status == 200, "\(answer.text)")
      counts[answer.header("X-Revision") ?? "", default: 0] += 1
    }
    return counts
  }

  @Test func aCanaryOfPodsHasTheirShareAndLeavesWhatServesAlone() throws {
    let (before, next) = try serving("replicas: 2")
    let canary = try canary(next, [])
    let words = try canary.bring(RolloutStep(weight: 50, time: .seconds(1)), run)
    #expect(words == "2 pods beside 2, 50 % of requests")
    let counts = try answers("slipway")
    #expect(counts.count == 2 && counts.values.allSatisfy { $0 == 50 }, "\(counts)")
    let after = try #require(try deployment("slipway"))
    #expect(after["metadata"]?["generation"] == before["metadata"]?["generation"])
    #expect(after["status"]?["replicas"] == 2)

    #expect(try canary.end(run))
    #expect(try !canary.end(run), "there is none any more")
    #expect(try deployment("slipway-canary") == nil)
    #expect(try answers("slipway").count == 1)
    #expect(
      try deployment("slipway")?["metadata"]?["generation"] == before["metadata"]?["generation"])
  }

  @Test func aCanaryIsMadeWithoutPodsAndThenGetsThemOverThatVersion() throws {
    let (_, next) = try serving("replicas: 2")
    let before = try site.calls("patch", "deployments.apps")
    let canary = try canary(next, [])
    _ = try canary.bring(RolloutStep(weight: 50, time: .seconds(1)), run)
    #expect(try site.calls("patch", "deployments.apps") == before + 2)
    #expect(try deployment("slipway-canary")?["metadata"]?["generation"] == 2)
    _ = try canary.bring(RolloutStep(weight: 10, time: .seconds(1)), run)
    #expect(try site.calls("patch", "deployments.apps") == before + 3)
    try canary.end(run)
  }

  @Test func aStepMoreScalesTheCanary() throws {
    let (_, next) = try serving("replicas: 2")
    let canary = try canary(next, [])
    #expect(try canary.bring(RolloutStep(weight: 10, time: .seconds(1)), run).hasPrefix("1 pod "))
    #expect(try canary.bring(RolloutStep(weight: 50, time: .seconds(1)), run).hasPrefix("2 pods "))
    #expect(canary.observe() == .complete)
    try canary.end(run)
  }

  @Test func aGatewayWeighsTheCanary() throws {
    let (before, next) = try serving(
      "replicas: 2\ngateway: { enabled: true, host: a.example.com, name: front }")
    try site.client.apply(
      .service,
      [
        "apiVersion": "v1", "kind": "Service",
        "metadata": [
          "name": "front", "labels": ["gateway.networking.k8s.io/gateway-name": "front"],
        ],
        "spec": ["ports": [["port": 80]]],
      ], in: FakeClusterSite.namespace)
    let canary = try canary(next, [])
    let words = try canary.bring(RolloutStep(weight: 10, time: .seconds(1)), run)
    #expect(words == "1 pod beside 2, 10 % of requests")
    #expect(try answers("front").values.sorted() == [10, 90])
    _ = try canary.bring(RolloutStep(weight: 80, time: .seconds(1)), run)
    #expect(try answers("front").values.sorted() == [20, 80])
    let after = try #require(try deployment("slipway"))
    #expect(after["metadata"]?["generation"] == before["metadata"]?["generation"])

    try canary.end(run)
    #expect(try answers("front").count == 1)
    let left = try [
      service("slipway-canary"), service("slipway-stable"), deployment("slipway-canary"),
    ]
    #expect(left == [nil, nil, nil])
  }

  private static let withNeeds: Set<String> = [
    "Deployment", "Service", "ServiceAccount", "ExternalSecret", "NetworkPolicy",
  ]

  @Test func aCanaryHasWhatItsReleaseBringsBesideTheDeployment() throws {
    let old =
      "replicas: 2\nserviceAccount: { create: false }\n"
      + "secrets: { database: { external: store/old } }\nnetwork: { upstreams: [192.0.2.0/24] }"
    let new =
      "replicas: 2\nsecrets: { database: { external: store/new }, jwt: { external: store/jwt } }\n"
      + "network: { upstreams: [198.51.100.0/24] }"
    for object in try Self.objects(revision: "1.0.0", values: old, Self.withNeeds) {
      try site.client.apply(object.kind, object.json, in: FakeClusterSite.namespace)
    }
    #expect(
      try FakeClusterSite.eventually {
        try deployment("slipway")?["status"]?["availableReplicas"]?.number == 2
      })
    let next = try Self.objects(revision: "2.0.0", values: new, Self.withNeeds)
    func live(_ kind: String, _ name: String) throws -> JSONValue? {
      let object = try #require(next.first { $0.kind.kind == kind && $0.component == Objects.app })
      return try site.client.get(object.kind, name, in: FakeClusterSite.namespace)
    }
    #expect(try live("ServiceAccount", "slipway") == nil)
    let policy = try live("NetworkPolicy", "slipway")
    let canary = try canary(next, [])
    let sources = canary.objects.needed.filter { $0.kind.kind == "ExternalSecret" }
    #expect(canary.objects.secrets.count == 2 && sources.count == 2)
    let database = try live("ExternalSecret", sources[0].name)?["spec"]
    // The operator takes its time: no pod comes before its Secret.
    let (client, secrets) = (site.client, canary.objects.secrets)
    let operating = try WorkThread.start("operator") {
      try? Crowd.wait {
        try client.get(sources[1].kind, sources[1].name, in: FakeClusterSite.namespace) != nil
      }
      WorkThread.sleep(.seconds(2))
      for name in secrets {
        let secret: JSONValue = [
          "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(name)],
          "data": [:],
        ]
        _ = try? client.apply(.secret, secret, in: FakeClusterSite.namespace)
      }
    }
    _ = try canary.bring(RolloutStep(weight: 50, time: .seconds(1)), run)
    operating.join()
    let made =
      try secrets.map { try client.get(.secret, $0, in: FakeClusterSite.namespace) }
      + [deployment("slipway-canary")]
    let versions = made.compactMap { $0?["metadata"]?["creationTimestamp"]?.text }
    #expect(versions.count == 3 && versions.max() == versions.last)
    #expect(try live("ServiceAccount", "slipway") != nil)
    // What serves starts with the secrets of before.
    #expect(database != nil)
    #expect(try live("ExternalSecret", sources[0].name)?["spec"] == database)
    // What serves is bound by the same policy as before.
    #expect(try live("NetworkPolicy", "slipway") == policy)
    let own = try live("NetworkPolicy", "slipway-canary")
    #expect(
      own?["spec"]?["podSelector"]?["matchLabels"]?[CanaryObjects.label]?.text
        == CanaryObjects.value)
    #expect(own?["spec"]?.written().contains("198.51.100.0/24") == true)

    try canary.end(run)
    #expect(try live("NetworkPolicy", "slipway-canary") == nil)
    #expect(try live("NetworkPolicy", "slipway") == policy)
  }

  @Test func whatADeadRunLeftIsTakenAwayByTheNext() throws {
    let (_, next) = try serving(
      "replicas: 2\ngateway: { enabled: true, host: a.example.com, name: front }")
    _ = try canary(next, []).bring(RolloutStep(weight: 10, time: .seconds(1)), run)
    #expect(try canary(next, []).end(run))
    #expect(try !canary(next, []).end(run), "there is none any more")
    let left = try [
      service("slipway-canary"), service("slipway-stable"), deployment("slipway-canary"),
    ]
    #expect(left == [nil, nil, nil])
    let route = try site.client.get(.httpRoute, "slipway", in: FakeClusterSite.namespace)
    let backends = route?["spec"]?["rules"]?.elements?.first?["backendRefs"]?.elements ?? []
    #expect(backends.map { $0["name"]?.text } == ["slipway"])
  }

  @Test func aCanaryThatDoesNotRunIsToldInOneLine() throws {
    let (_, next) = try serving("replicas: 2")
    let broken = try Self.objects(revision: "2.0.0-crash", values: "replicas: 2")
    #expect(next.count == broken.count)
    let canary = try canary(broken, [])
    let failure = #expect(throws: PhaseFailure.self) {
      try canary.bring(RolloutStep(weight: 50, time: .seconds(1)), run)
    }
    #expect(
      failure?.cause.contains("container app of pod slipway-canary-") == true, "\(failure as Any)")
    #expect(failure?.advice?.id == "container-exited")
    try canary.end(run)
    #expect(try deployment("slipway-canary") == nil)
  }
}

/// A run whose lock is always held.
private final class ContextOfTests: RolloutContext {
  var heldCheck: @Sendable () throws -> Void { {} }
  var clock: RolloutClock { .system }
  var isWatchedByClients: Bool { true }
  var remaining: Duration { .seconds(600) }
  let patience: Duration = .seconds(60)
  func check() {}
  func wait(_ duration: Duration) { WorkThread.sleep(duration) }
  func change<Result>(_ body: (Int64) throws -> Result) throws -> Result { try body(1) }
  func cancelling<Result>(
    with cancel: @escaping @Sendable () -> Void, _ body: () throws -> Result
  ) throws -> Result { try body() }
  func note(_ text: String) {}
  func clientsMayCome() {}
}
