/// A value of a YAML document and where it was written.
public struct YAMLNode: Sendable {
  /// What the node holds.
  public enum Content: Sendable, Hashable {
    /// A text, number, boolean or null.
    case scalar(YAMLScalar)
    /// Nodes in order.
    case sequence([YAMLNode])
    /// Keys and their values in the order they were written; no key comes twice.
    case mapping([YAMLPair])
  }

  /// What the node holds.
  public let content: Content
  /// Where it begins; an alias has the place of what it stands for.
  public let mark: YAMLMark

  /// A node at `mark`; the writer does not look at it.
  public init(_ content: Content, at mark: YAMLMark = .start) {
    self.content = content
    self.mark = mark
  }
}

/// One key of a mapping with its value.
public struct YAMLPair: Sendable, Hashable {
  /// The key; only scalars are accepted as keys, and their text is the key.
  public let key: String
  /// Where the key is written.
  public let keyMark: YAMLMark
  /// The value.
  public let value: YAMLNode

  /// A key with its value.
  public init(_ key: String, _ value: YAMLNode, keyMark: YAMLMark = .start) {
    self.key = key
    self.value = value
    self.keyMark = keyMark
  }

  /// Where it was written is no part of what a pair is.
  public static func == (left: YAMLPair, right: YAMLPair) -> Bool {
    left.key == right.key && left.value == right.value
  }

  /// Agrees with `==`.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(key)
    hasher.combine(value)
  }
}

extension YAMLNode: Hashable {
  /// Where it was written is no part of what a node is.
  public static func == (left: YAMLNode, right: YAMLNode) -> Bool { left.content == right.content }

  /// Agrees with `==`.
  public func hash(into hasher: inout Hasher) { hasher.combine(content) }
}

extension YAMLNode {
  /// The scalar, nil for a collection.
  public var scalar: YAMLScalar? {
    if case .scalar(let scalar) = content { scalar } else { nil }
  }

  /// The elements, nil unless this is a sequence.
  public var sequence: [YAMLNode]? {
    if case .sequence(let nodes) = content { nodes } else { nil }
  }

  /// The pairs, nil unless this is a mapping.
  public var mapping: [YAMLPair]? {
    if case .mapping(let pairs) = content { pairs } else { nil }
  }

  /// The value under `key`, nil when there is none or this is no mapping.
  public subscript(_ key: String) -> YAMLNode? {
    mapping?.first { $0.key == key }?.value
  }

  /// A text, quoted by the writer where a reader could take it for something else.
  public static func string(_ text: String) -> YAMLNode {
    YAMLNode(.scalar(YAMLScalar(text, style: .doubleQuoted)))
  }

  /// A whole number.
  public static func integer(_ value: Int) -> YAMLNode {
    YAMLNode(.scalar(YAMLScalar(String(value), style: .plain)))
  }

  /// A truth value.
  public static func boolean(_ value: Bool) -> YAMLNode {
    YAMLNode(.scalar(YAMLScalar(value ? "true" : "false", style: .plain)))
  }

  /// Nothing.
  public static let null = YAMLNode(.scalar(YAMLScalar("null", style: .plain)))

  /// Nodes in order.
  public static func sequence(_ nodes: [YAMLNode]) -> YAMLNode { YAMLNode(.sequence(nodes)) }

  /// Keys with values, written in the order given; a key must not come twice.
  public static func mapping(_ pairs: [(String, YAMLNode)]) -> YAMLNode {
    YAMLNode(.mapping(pairs.map { YAMLPair($0.0, $0.1) }))
  }
}
