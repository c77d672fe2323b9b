import YAML

extension FieldDescription {
  /// A value as somebody might write it.
  var exampleNode: YAMLNode {
    if let example, let node = try? YAMLReader.read(example) { return node }
    if case .value(_, let node) = absence, !node.isEmptyCollection { return node }
    return schema.exampleNode
  }
}

extension FieldSchema {
  /// A value of this shape.
  var exampleNode: YAMLNode {
    switch self {
    case .text(let form): .string(form.examples.first ?? "name")
    case .integer(let range): .integer(range.lowerBound)
    case .number(let min): .integer(Int(min))
    case .boolean: true
    case .scalar: "text"
    case .choice(let words): .string(words[0])
    case .list(let element): [element.exampleNode]
    case .dictionary(let keys, let element):
      .mapping([(keys.examples.first ?? "name", element.exampleNode)])
    case .object(let fields): .mapping(fields.map { ($0.key, $0.exampleNode) })
    case .oneKey(let fields): .mapping(fields.prefix(1).map { ($0.key, $0.exampleNode) })
    case .either(let short, .object): short.exampleNode
    case .either(let short, _): short.exampleNode
    }
  }
}

extension YAMLNode {
  /// Whether it is a list or a mapping of nothing.
  fileprivate var isEmptyCollection: Bool { unlessEmpty == nil }
}
