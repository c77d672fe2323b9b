import YAML

/// A type that is a mapping in platform.yaml.
///
/// Its initialiser is the one place that knows keys, types, defaults and documentation; the same
/// code decodes and describes. It gives nil only after a problem is reported.
protocol PlatformObject {
  init?(_ object: inout ObjectReader)
}

extension PlatformObject {
  /// What is told of each key, found by reading an empty mapping.
  static var fields: [FieldDescription] {
    let empty = YAMLNode.mapping([])
    var reader = ObjectReader(empty, Decoding(file: "", root: empty), path: [])
    _ = Self(&reader)
    return reader.fields
  }
}

/// Reads the keys of one mapping and remembers which it was asked for.
struct ObjectReader {
  let node: YAMLNode
  let decoding: Decoding
  /// The keys that lead here.
  let path: [String]
  private(set) var fields: [FieldDescription] = []
  private let values: [String: YAMLNode]

  init(_ node: YAMLNode, _ decoding: Decoding, path: [String]) {
    self.node = node
    self.decoding = decoding
    self.path = path
    // A key without a value is as good as a key that is not there.
    let pairs = (node.mapping ?? []).filter { $0.value.scalar?.kind != .null }
    values = Dictionary(pairs.map { ($0.key, $0.value) }) { first, _ in first }
  }

  /// The value of a key that may be left out.
  mutating func optional<Value>(
    _ key: String, _ type: FieldType<Value>, _ help: String, defaultText: String? = nil
  ) -> Value? {
    fields.append(
      FieldDescription(
        key: key, help: help, schema: type.schema, isRequired: false, defaultText: defaultText))
    return read(key, type)
  }

  /// The value of a key that must be there; nil after a problem is reported.
  mutating func required<Value>(
    _ key: String, _ type: FieldType<Value>, _ help: String
  ) -> Value? {
    fields.append(
      FieldDescription(
        key: key, help: help, schema: type.schema, isRequired: true, defaultText: nil))
    if values[key] == nil {
      decoding.report(.missingKey(key, wanted: type.wanted), at: node.mark, path: path)
    }
    return read(key, type)
  }

  /// The value of a key, or what its default is read as.
  mutating func value<Value>(
    _ key: String, _ type: FieldType<Value>, default text: String, _ help: String
  ) -> Value {
    if let value = optional(key, type, help, defaultText: text) { return value }
    let empty = Decoding(file: "", root: .string(text))
    let node = YAMLNode(.scalar(YAMLScalar(text, style: .plain)))
    guard let value = type.read(node, empty, [key]) else {
      preconditionFailure("the default of \(key) is not allowed")
    }
    return value
  }

  /// The value of a key that is a mapping with defaults of its own.
  mutating func object<Value: PlatformObject>(
    _ key: String, _ type: Value.Type, _ help: String
  ) -> Value? {
    let field = FieldType<Value>.object
    if let value = optional(key, field, help) { return value }
    let empty = YAMLNode.mapping([])
    return field.read(empty, Decoding(file: "", root: empty), [key])
  }

  /// Reports the keys that nothing asked for.
  func finish() {
    let known = fields.map(\.key)
    for pair in node.mapping ?? [] where !known.contains(pair.key) {
      decoding.report(.unknownKey(known: known), key: pair, path: path)
    }
  }

  private func read<Value>(_ key: String, _ type: FieldType<Value>) -> Value? {
    values[key].flatMap { type.read($0, decoding, path + [key]) }
  }
}
