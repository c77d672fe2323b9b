import YAML

extension YAMLNode {
  /// Whether both mean the same to Kubernetes, to which the order of keys is nothing.
  func isSame(as other: YAMLNode) -> Bool {
    switch (content, other.content) {
    case (.mapping(let pairs), .mapping(let others)): Self.areSame(pairs, others)
    case (.sequence(let nodes), .sequence(let others)): Self.areSame(nodes, others)
    default: content == other.content
    }
  }

  static func areSame(_ nodes: [YAMLNode], _ others: [YAMLNode]) -> Bool {
    nodes.count == others.count && zip(nodes, others).allSatisfy { $0.isSame(as: $1) }
  }

  private static func areSame(_ pairs: [YAMLPair], _ others: [YAMLPair]) -> Bool {
    guard pairs.count == others.count else { return false }
    // Objects of one builder have their keys in one order: looking beside finds nearly all.
    return pairs.indices.allSatisfy { index in
      let pair = pairs[index]
      let other =
        others[index].key == pair.key ? others[index].value : others.value(pair.key)
      return other.map { pair.value.isSame(as: $0) } ?? false
    }
  }
}

extension [YAMLPair] {
  /// The value under `key`.
  func value(_ key: String) -> YAMLNode? { first { $0.key == key }?.value }
}
