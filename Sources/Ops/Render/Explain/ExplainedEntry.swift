import YAML

/// A key with what is told of it and the value that counts, while paths are followed.
struct ExplainedEntry {
  /// The keys from the root of what is explained.
  let path: [String]
  let schema: FieldSchema
  let absence: FieldDescription.Absence
  let help: String
  /// The value that counts; nil where there is none.
  let node: YAMLNode?
  /// Whether the value is in the file, and not a default.
  let isWritten: Bool

  /// A mapping with these keys.
  init(path: [String], fields: [FieldDescription], help: String, node: YAMLNode) {
    self.init(
      path: path, schema: .object(fields), absence: .mapping, help: help, node: node,
      isWritten: true)
  }

  private init(
    path: [String], schema: FieldSchema, absence: FieldDescription.Absence, help: String,
    node: YAMLNode?, isWritten: Bool
  ) {
    self.path = path
    self.schema = schema
    self.absence = absence
    self.help = help
    self.node = node
    self.isWritten = isWritten
  }

  /// Whether there is nothing below that a list of all values shows.
  var isLeaf: Bool {
    switch schema {
    case .object, .oneKey, .either(_, .object):
      if case .mapping = absence { false } else { node == nil }
    case .dictionary: node?.mapping?.isEmpty ?? true
    default: true
    }
  }

  /// The values below that a list shows, in their order; the entry itself where it is one.
  var leaves: [ExplainedEntry] {
    if isLeaf { return [self] }
    let children = children
    if case .oneKey = schema { return children.filter { $0.node != nil }.flatMap(\.leaves) }
    return children.flatMap(\.leaves)
  }

  /// What can stand below, whether it is there or not.
  var children: [ExplainedEntry] {
    switch schema {
    case .object(let fields), .oneKey(let fields): fields.map { child($0, in: node) }
    case .either(_, .object(let fields)): fields.map { child($0, in: expanded(fields)) }
    case .dictionary(_, let element):
      (node?.mapping ?? []).map { self.element($0.key, element, $0.value) }
    case .list(let element):
      (node?.sequence ?? []).enumerated().map { self.element(String($0), element, $1) }
    default: []
    }
  }

  /// The mapping that a scalar is short for: the value of the key that must be there.
  private func expanded(_ fields: [FieldDescription]) -> YAMLNode? {
    guard let node, node.mapping == nil, let key = fields.first(where: \.isRequired)?.key else {
      return node
    }
    return .mapping([(key, node)])
  }

  private func child(_ field: FieldDescription, in node: YAMLNode?) -> ExplainedEntry {
    let written = node?[field.key].flatMap { $0.scalar?.kind == .null ? nil : $0 }
    var standard: YAMLNode?
    if case .value(_, let value) = field.absence { standard = value }
    return ExplainedEntry(
      path: path + [field.key], schema: field.schema, absence: field.absence, help: field.help,
      node: written ?? standard, isWritten: written != nil && isWritten)
  }

  private func element(
    _ key: String, _ schema: FieldSchema, _ node: YAMLNode
  ) -> ExplainedEntry {
    ExplainedEntry(
      path: path + [key], schema: schema, absence: .nothing, help: help, node: node,
      isWritten: isWritten)
  }
}
