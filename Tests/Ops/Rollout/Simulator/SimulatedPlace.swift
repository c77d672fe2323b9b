import Core
import JSON

@testable import Ops

/// The environment that rollouts are simulated in, and the objects of its releases.
struct SimulatedPlace {
  private let platform: Platform
  private let environment: Environment

  init(_ policy: RolloutPolicy) throws {
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
            database: { mode: bundled, storage: 1Gi }
            rollout:
              probeRate: \(policy.probeRate)
              consecutive: \(policy.consecutive)
              soak: \(policy.soak.components.seconds)s
              failedMax: \(policy.failedMax)
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
    func object(_ version: String, _ kind: String, _ name: String, _ spec: JSONValue) -> JSONValue {
      [
        "apiVersion": .string(version), "kind": .string(kind),
        "metadata": [
          "name": .string(name), "namespace": "slipway",
          "labels": ["app.kubernetes.io/component": "app"],
        ],
        "spec": spec,
      ]
    }
    let template: JSONValue = [
      "spec": [
        "containers": [
          ["name": "app", "env": [["name": "REVISION", "value": .string(release.revision)]]]
        ]
      ]
    ]
    return [
      object("v1", "ConfigMap", "slipway", ["revision": .string(release.revision)]),
      object("v1", "Service", "slipway", ["of": .string(release.revision)]),
      object(
        "policy/v1", "PodDisruptionBudget", "slipway-\(release.revision)", ["maxUnavailable": 1]),
      object("apps/v1", "Deployment", "slipway", ["template": template]),
    ].compactMap { ClusterObject($0) }
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

  func replicas() -> [ReplicaCount]? { real.replicas() }
  func finish(_ run: any RolloutContext) throws { try real.finish(run) }
  func evidence() -> [RolloutEvidence] { real.evidence() }
  func rollBack(_ run: any RolloutContext) throws { try real.rollBack(run) }
}
