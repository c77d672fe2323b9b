import JSON
import YAML

/// A Role with the rights of rollouts, as kubectl apply takes it.
///
/// Whoever brings releases is bound to it, and to nothing else.
/// https://kubernetes.io/docs/reference/access-authn-authz/rbac/
struct RolloutRole {
  static let name = "slipway-rollout"
  /// In the order in which people read them.
  private static let verbs = ["get", "list", "watch", "create", "update", "patch", "delete"]

  let rights: [ClusterRight]
  /// Nil where whoever applies it names one.
  var namespace: String?

  var node: YAMLNode {
    [
      "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
      "metadata": ["name": .string(Self.name), "namespace": namespace.map { .string($0) }],
      "rules": .sequence(rules),
    ]
  }

  private struct Place: Hashable {
    let group: String
    let resource: String
  }

  /// One rule for each resource, with all that any right needs of it.
  private var rules: [YAMLNode] {
    var verbs: [Place: Set<String>] = [:]
    var places: [Place] = []
    for right in rights {
      let place = Place(group: right.kind.group, resource: right.resource)
      if verbs[place] == nil { places.append(place) }
      verbs[place, default: []].formUnion(right.verbs)
    }
    return places.map { place in
      let wanted = Self.verbs.filter { verbs[place]?.contains($0) == true }
      return [
        "apiGroups": [.string(place.group)], "resources": [.string(place.resource)],
        "verbs": .sequence(wanted.map { .string($0) }),
      ]
    }
  }
}

extension RolloutRole {
  /// The Role for every environment that there could be.
  static let ofAll = RolloutRole(
    rights: ClusterRight.needed(
      for: ClusterRight.kindsOfAll, throughPods: true,
      removedByHelm: Set(ClusterRight.kindsOfAll).subtracting(ClusterRight.kindsOfData)))

  /// The Role for one environment.
  init(_ environment: Environment, of platform: Platform) throws {
    let manager: ChartRelease.Manager = environment.target == .helm ? .helm : .kustomize
    let release = try ChartRelease(
      environment, of: platform.service,
      image: ImageReference(repository: platform.service.image), manager: manager)
    let objects = Objects.all(of: release).compactMap { ClusterObject(JSONValue($0.node)) }
    rights = ClusterRight.needed(
      for: objects, throughPods: environment.url == nil,
      byHelm: environment.target == .helm)
    namespace = environment.namespace
  }
}
