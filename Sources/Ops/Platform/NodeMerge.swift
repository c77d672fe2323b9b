import YAML

extension YAMLNode {
  /// This node with `other` laid over it: mappings are merged, anything else is replaced.
  ///
  /// A key set to null in `other` is removed. Every value keeps the mark of where it was written,
  /// so that its origin can be told.
  func overlaid(with other: YAMLNode) -> YAMLNode {
    guard let under = mapping, let over = other.mapping else { return other }
    var pairs: [YAMLPair] = []
    for pair in under {
      guard let replacement = over.first(where: { $0.key == pair.key }) else {
        pairs.append(pair)
        continue
      }
      if replacement.value.scalar?.kind == .null { continue }
      pairs.append(
        YAMLPair(
          pair.key, pair.value.overlaid(with: replacement.value), keyMark: replacement.keyMark))
    }
    pairs += over.filter { pair in !under.contains { $0.key == pair.key } }
    return YAMLNode(.mapping(pairs), at: other.mark)
  }

  /// The value under these keys, nil where one of them is missing.
  func value(at path: some Sequence<String>) -> YAMLNode? {
    var node: YAMLNode? = self
    for key in path { node = node?[key] }
    return node
  }
}
