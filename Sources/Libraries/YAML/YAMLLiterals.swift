// Nodes written in Swift: a manifest in code looks like the manifest in YAML.

extension YAMLNode: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  /// A text, quoted by the writer where a reader could take it for something else.
  public init(stringLiteral text: String) { self = .string(text) }
}

extension YAMLNode: ExpressibleByIntegerLiteral {
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
}

extension YAMLNode: ExpressibleByBooleanLiteral {
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension YAMLNode: ExpressibleByArrayLiteral {
  /// Nodes in order.
  public init(arrayLiteral nodes: YAMLNode...) { self = .sequence(nodes) }
}

extension YAMLNode: ExpressibleByDictionaryLiteral {
  /// Keys with values in the order given; a key must not come twice, and one without a value is
  /// left out.
  public init(dictionaryLiteral pairs: (String, YAMLNode?)...) {
    self.init(.mapping(pairs.compactMap { key, value in value.map { YAMLPair(key, $0) } }))
  }
}

extension YAMLNode {
  /// Texts by their keys, in the order of the keys.
  public static func texts(_ texts: [String: String]) -> YAMLNode {
    .mapping(texts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
  }

  /// This node unless it is an empty collection: what says nothing is not written.
  public var unlessEmpty: YAMLNode? {
    switch content {
    case .mapping(let pairs) where pairs.isEmpty: nil
    case .sequence(let nodes) where nodes.isEmpty: nil
    default: self
    }
  }
}
