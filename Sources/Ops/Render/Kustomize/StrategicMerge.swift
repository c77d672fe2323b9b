import YAML

/// Does to an object what kustomize does with a patch, as far as our patches go.
///
/// The renderer asks it whether its patches give what they should; a test asks kustomize itself.
struct StrategicMerge {
  private let kind: String

  /// `base` as kustomize gives it after `patch`.
  static func result(of patch: Manifest, on base: Manifest) -> Manifest {
    let merge = StrategicMerge(kind: "\(base.apiVersion)/\(base.kind)")
    return Manifest(
      YAMLNode(.mapping(merge.merged(base.node.mapping ?? [], patch.node.mapping ?? []))))
  }

  private func merged(_ base: [YAMLPair], _ patch: [YAMLPair]) -> [YAMLPair] {
    let kept = base.compactMap { pair -> YAMLPair? in
      guard let change = patch.value(pair.key) else { return pair }
      if change.scalar?.kind == .null { return nil }
      return YAMLPair(pair.key, merged(pair.key, pair.value, change))
    }
    return kept + patch.filter { base.value($0.key) == nil && $0.value.scalar?.kind != .null }
  }

  private func merged(_ field: String, _ base: YAMLNode, _ patch: YAMLNode) -> YAMLNode {
    switch (base.content, patch.content) {
    case (.mapping(let base), .mapping(let patch)): YAMLNode(.mapping(merged(base, patch)))
    case (.sequence(let base), .sequence(let patch)): list(field, base, patch)
    default: patch
    }
  }

  private func list(_ field: String, _ base: [YAMLNode], _ patch: [YAMLNode]) -> YAMLNode {
    guard case .keyed(let key) = ListMerge(field, in: kind) else {
      return .sequence(patch.filter { $0[StrategicPatch.directive] == nil })
    }
    func name(_ element: YAMLNode) -> String { element[key]?.scalar?.text ?? "" }
    let named = Set(patch.map(name))
    let first = patch.filter { $0[StrategicPatch.directive] == nil }.map { element in
      guard let old = base.first(where: { name($0) == name(element) }) else { return element }
      return YAMLNode(.mapping(merged(old.mapping ?? [], element.mapping ?? [])))
    }
    return .sequence(first + base.filter { !named.contains(name($0)) })
  }
}
