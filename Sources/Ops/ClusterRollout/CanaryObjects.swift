import Core
import JSON

/// The objects that a canary is made of, derived from those of the release that it tries.
///
/// Its pods carry the labels of the service's pods and one more: the Service, the NetworkPolicies
/// and the disruption budget find them as they find the others. The Deployment of the release that
/// serves could select them too, and does not: controllers leave pods and ReplicaSets alone that
/// another one owns, and the hash of the template keeps the ReplicaSets apart. The canary's own
/// Deployment selects by the label that nobody else has.
/// https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
struct CanaryObjects: Sendable {
  /// The label of a canary's pods.
  static let label = "slipway/track"
  static let value = "canary"
  /// The annotation of its Deployment with the share that was wanted last, in percent.
  static let weightKey = "slipway/weight"
  /// The label that tells one ReplicaSet's pods from another's.
  static let hashLabel = "pod-template-hash"

  let deployment: ClusterObject
  let service: ClusterObject?
  /// Nil where no Gateway weighs.
  let route: ClusterObject?
  /// What its pods can not do without: accounts, and what Secrets are made of.
  let needed: [ClusterObject]
  /// The policies of its pods alone.
  ///
  /// What two allow together is allowed, so that its pods may do all that either release may.
  let policies: [ClusterObject]

  init(objects: [ClusterObject], deployment: ClusterObject) {
    self.deployment = deployment
    let own = objects.filter { $0.component == Objects.app }
    needed = own.filter { ["ServiceAccount", "ExternalSecret"].contains($0.kind.kind) }
    policies = own.filter { $0.kind.kind == "NetworkPolicy" }.compactMap(Self.policy)
    service = objects.first { $0.kind == .service && $0.name == deployment.name }
    route = objects.first { $0.kind == .httpRoute && $0.name == deployment.name }
  }

  /// The Secrets that are made of `needed`.
  var secrets: [String] {
    needed.compactMap { $0.json.value(at: ["spec", "target", "name"])?.text }
  }

  var name: String { Self.name(of: deployment.name) }
  /// The Service of the pods that served before.
  var stableName: String { "\(deployment.name)-stable" }

  static func name(of deployment: String) -> String { "\(deployment)-canary" }

  /// Selects a canary's pods.
  var selector: String {
    let labels = deployment.json["spec"]?["selector"]?["matchLabels"]?.members ?? []
    return (labels + [JSONMember(Self.label, .string(Self.value))])
      .map { "\($0.name)=\($0.value.text ?? "")" }.joined(separator: ",")
  }

  private static let mark = JSONMember(label, .string(value))

  private static func policy(_ object: ClusterObject) -> ClusterObject? {
    ClusterObject(
      object.json.replacing(["metadata", "name"], with: .string(name(of: object.name)))
        .adding(mark, to: ["metadata", "labels"])
        .adding(mark, to: ["spec", "podSelector", "matchLabels"]))
  }

  /// The Deployment of a canary of so many pods.
  func deployment(pods: Int, weight: Int) -> ClusterObject? {
    let mark = Self.mark
    let changed = deployment.json
      .replacing(["metadata", "name"], with: .string(name))
      .adding(mark, to: ["metadata", "labels"])
      .adding(
        JSONMember(Self.weightKey, .string(String(weight))), to: ["metadata", "annotations"]
      )
      .replacing(["spec", "replicas"], with: .integer(Int64(pods)))
      .adding(mark, to: ["spec", "selector", "matchLabels"])
      .adding(mark, to: ["spec", "template", "metadata", "labels"])
    return ClusterObject(changed)
  }

  /// A Service of the canary's pods alone.
  var canaryService: ClusterObject? { service(name, Self.mark) }

  /// A Service of the pods that serve, without the canary's: those of one ReplicaSet.
  func stableService(hash: String) -> ClusterObject? {
    service(stableName, JSONMember(Self.hashLabel, .string(hash)))
  }

  private func service(_ name: String, _ chosen: JSONMember) -> ClusterObject? {
    let changed = service?.json.replacing(["metadata", "name"], with: .string(name))
      .replacing(["spec", "type"], with: "ClusterIP")
      .adding(chosen, to: ["spec", "selector"])
    return changed.flatMap(ClusterObject.init)
  }

  /// The rules of a route that weigh the canary so much, in percent.
  func rules(_ live: JSONValue, weight: Int) -> JSONValue {
    rules(live, [(stableName, 100 - weight), (name, weight)])
  }

  /// The rules of a route by which all goes to the Service again.
  func plainRules(_ live: JSONValue) -> JSONValue { rules(live, [(deployment.name, 1)]) }

  private func rules(_ live: JSONValue, _ weights: [(name: String, weight: Int)]) -> JSONValue {
    let port = service?.json["spec"]?["ports"]?.elements?.first?["port"] ?? .null
    let backends = weights.map { backend -> JSONValue in
      ["name": .string(backend.name), "port": port, "weight": .integer(Int64(backend.weight))]
    }
    let rules = live["spec"]?["rules"]?.elements ?? []
    return [
      "spec": ["rules": .array(rules.map { $0.replacing(["backendRefs"], with: .array(backends)) })]
    ]
  }

  /// Whether a route hands requests to the canary.
  func leadsToCanary(_ live: JSONValue) -> Bool {
    (live["spec"]?["rules"]?.elements ?? []).flatMap { $0["backendRefs"]?.elements ?? [] }
      .contains { $0["name"]?.text == name }
  }
}

extension ResourceKind {
  static let httpRoute = ResourceKind(
    "gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes")
}
