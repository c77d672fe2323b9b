import Core
import JSON

@testable import Ops

/// The environment that rollouts are simulated in, and the objects of its releases.
struct SimulatedPlace {
  private let platform: Platform
  private let environment: Environment

  private let scenario: Scenario

  init(_ scenario: Scenario) throws {
    self.scenario = scenario
    let policy = scenario.policy
    let steps = scenario.steps.map {
      "{ weight: \($0.weight), for: \(DurationText.format($0.time)) }"
    }
    platform = try Platform(
      Array(
        """
        service: { name: slipway, image: ghcr.io/example/slipway, port: 8080 }
        environments:
          testing:
            target: kustomize
            settings: staging
            context: simulated
            namespace: slipway
            host: simulated.example.org
            gateway: { name: front }
            database: { mode: bundled, storage: 1Gi }
            rollout:
              probeRate: \(policy.probeRate)
              consecutive: \(policy.consecutive)
              soak: \(policy.soak.components.seconds)s
              failedMax: \(policy.failedMax)
              steps: [\(steps.joined(separator: ", "))]
              backup: skip
        """.utf8))
    environment = try platform.environment("testing")
  }

  /// The environment as a process sees it.
  func site(_ process: SimulatedProcess) throws -> ClusterSite {
    try ClusterSite(
      environment, of: platform, root: "/nowhere", client: process.client, kubectl: "nothing",
      interruption: process.interruption)
  }

  func release(_ release: SimulatedRelease, number: Int) -> ClusterRelease {
    ClusterRelease(
      number: number, revision: release.revision,
      image: "ghcr.io/example/slipway:\(release.revision)", version: nil,
      time: Timestamp(microsecondsSinceEpoch: 0))
  }

  /// What is applied of a release, in the order of an overlay.
  func objects(_ release: SimulatedRelease) -> [ClusterObject] {
    let isAutoscaled =
      release == scenario.incoming ? scenario.isAutoscaled.new : scenario.isAutoscaled.old
    var objects = [
      object("v1", "ConfigMap", "slipway", ["revision": .string(release.revision)]),
      object(
        "v1", "Service", "slipway",
        [
          "of": .string(release.revision), "selector": ["app": "slipway"],
          "ports": [["name": "http", "port": 80]],
        ]),
      object(
        "policy/v1", "PodDisruptionBudget", "slipway-\(release.revision)", ["maxUnavailable": 1]),
      object("apps/v1", "Deployment", "slipway", deployment(release, isAutoscaled: isAutoscaled)),
      object(
        "batch/v1", "Job", "slipway-migrate-\(release.revision)", ["backoffLimit": 0],
        component: Objects.migration),
    ]
    if isAutoscaled {
      objects.append(
        object("autoscaling/v2", "HorizontalPodAutoscaler", "slipway", ["maxReplicas": 5]))
    }
    if scenario.isWeighed {
      let rules: JSONValue = [["backendRefs": [["name": "slipway", "port": 80]]]]
      objects.append(
        object("gateway.networking.k8s.io/v1", "HTTPRoute", "slipway", ["rules": rules]))
    }
    return objects.compactMap { ClusterObject($0) }
  }

  private func deployment(_ release: SimulatedRelease, isAutoscaled: Bool) -> JSONValue {
    let container: JSONValue = [
      "name": "app", "env": [["name": "REVISION", "value": .string(release.revision)]],
    ]
    var members = [
      JSONMember("selector", ["matchLabels": ["app": "slipway"]]),
      JSONMember(
        "template",
        ["metadata": ["labels": ["app": "slipway"]], "spec": ["containers": [container]]]),
    ]
    // An autoscaler decides how many there are.
    if !isAutoscaled {
      members.append(JSONMember("replicas", .integer(Int64(scenario.replicas))))
    }
    return .object(members)
  }

  private func object(
    _ version: String, _ kind: String, _ name: String, _ spec: JSONValue,
    component: String = Objects.app
  ) -> JSONValue {
    [
      "apiVersion": .string(version), "kind": .string(kind),
      "metadata": [
        "name": .string(name), "namespace": "slipway",
        "labels": [
          "app.kubernetes.io/name": "slipway", "app.kubernetes.io/component": .string(component),
        ],
      ],
      "spec": spec,
    ]
  }
}

/// The real target, watched: when clients are judged from, and what it said of its releases.
///
/// What is known beforehand is a matter of files and permissions, which a simulation has none of.
final class WatchedTarget: RolloutTarget {
  private let real: any RolloutTarget
  private let time: SimulatedTime
  /// When clients began to be judged.
  private(set) var judgedFrom: Duration?
  /// What was said against releases, by revision.
  private(set) var failures: [(revision: String, cause: String)] = []

  init(_ real: any RolloutTarget, _ time: SimulatedTime) { (self.real, self.time) = (real, time) }

  var environment: String { real.environment }
  var entrance: Entrance { real.entrance }
  var incoming: ReleaseName { real.incoming }
  var outgoing: ReleaseName? { real.outgoing }
  var policy: RolloutPolicy { real.policy }
  var redaction: Redaction { real.redaction }
  /// Its first change is one that clients can notice.
  var canary: (any RolloutCanary)? { real.canary }

  func preflight() -> [PreflightCheck] { [] }
  func backup(_ run: any RolloutContext) throws -> String? { try real.backup(run) }

  func migrate(_ run: any RolloutContext) throws -> String {
    if run.isWatchedByClients { judgedFrom = judgedFrom ?? time.cluster.now }
    return try real.migrate(run)
  }

  func apply(_ run: any RolloutContext) throws {
    if run.isWatchedByClients { judgedFrom = judgedFrom ?? time.cluster.now }
    try real.apply(run)
    judgedFrom = judgedFrom ?? time.cluster.now
  }

  func observe(_ release: ReleaseName) -> PlatformObservation {
    let observation = real.observe(release)
    if case .failed(let cause) = observation { failures.append((release.revision, cause)) }
    return observation
  }

  func advice(on release: ReleaseName) -> CauseAdvice? { real.advice(on: release) }
  func replicas() -> [ReplicaCount]? { real.replicas() }
  func finish(_ run: any RolloutContext) throws { try real.finish(run) }
  func evidence() -> [RolloutEvidence] { real.evidence() }
  func rollBack(_ run: any RolloutContext) throws { try real.rollBack(run) }
}
