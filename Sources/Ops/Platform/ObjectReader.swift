import YAML

/// A type that is a mapping in platform.yaml.
///
/// Its initialiser is the one place that knows keys, types, defaults and documentation; the same
/// code decodes and describes. It gives nil only after a problem is reported.
protocol PlatformObject {
  init?(_ object: inout ObjectReader)
}

extension PlatformObject {
  /// What an empty mapping stands for; nil where a key has no default.
  static var defaults: Self? { FieldType<Self>.object.value(of: .mapping([])) }

  /// What is told of each key, found by reading an empty mapping.
  static var fields: [FieldDescription] { ObjectReader.described { Self(&$0) } }
}

/// Reads the keys of one mapping and remembers which it was asked for.
struct ObjectReader {
  let node: YAMLNode
  let decoding: Decoding
  /// The keys that lead here.
  let path: [String]
  /// The keys that were asked for, in their order.
  private(set) var keys: [String] = []
  /// What is told of them; empty unless somebody wants to know.
  private(set) var fields: [FieldDescription] = []
  private let isDescribing: Bool
  private let values: [String: YAMLNode]

  init(_ node: YAMLNode, _ decoding: Decoding, path: [String], isDescribing: Bool = false) {
    self.node = node
    self.decoding = decoding
    self.path = path
    self.isDescribing = isDescribing
    // A key without a value is as good as a key that is not there.
    let pairs = (node.mapping ?? []).filter { pair in
      let kind = pair.value.scalar?.kind
      return kind != .null && !(decoding.isEmptyAbsent && kind == .string(""))
    }
    values = Dictionary(pairs.map { ($0.key, $0.value) }) { first, _ in first }
  }

  /// What is told of each key that `make` asks a mapping for, which has none of them.
  static func described<Value>(_ make: (inout ObjectReader) -> Value?) -> [FieldDescription] {
    let empty = YAMLNode.mapping([])
    var reader = ObjectReader(
      empty, Decoding(file: "", root: empty), path: [], isDescribing: true)
    _ = make(&reader)
    return reader.fields
  }

  /// The value of a key that may be left out.
  ///
  /// `defaultText` is the value that counts then, as it would be written; where it depends on
  /// others, `defaultWords` tell of it.
  mutating func optional<Value>(
    _ key: String, _ type: FieldType<Value>, _ help: String, defaultText: String? = nil,
    defaultWords: String? = nil, example: String? = nil
  ) -> Value? {
    describe(key, type, help, example) {
      guard let text = defaultText else { return defaultWords.map { .told($0) } ?? .nothing }
      guard let node = type.written(text) else { Self.refuseDefault(key) }
      return .value(text, node)
    }
    return read(key, type)
  }

  /// The value of a key that must be there; nil after a problem is reported.
  mutating func required<Value>(
    _ key: String, _ type: FieldType<Value>, _ help: String, example: String? = nil
  ) -> Value? {
    describe(key, type, help, example) { .error }
    if values[key] == nil, !decoding.isPartial {
      decoding.report(.missingKey(key, wanted: type.wanted), at: node.mark, path: path)
    }
    return read(key, type)
  }

  /// The value of a key, or what its default is read as.
  mutating func value<Value>(
    _ key: String, _ type: FieldType<Value>, default text: String, _ help: String,
    example: String? = nil
  ) -> Value {
    let node = YAMLNode(.scalar(YAMLScalar(text, style: .plain)))
    describe(key, type, help, example) { .value(text, node) }
    if let value = read(key, type) { return value }
    guard let value = type.value(of: node) else { Self.refuseDefault(key) }
    return value
  }

  /// The value of a key that is a mapping with defaults of its own.
  mutating func object<Value: PlatformObject>(
    _ key: String, _ type: Value.Type, _ help: String
  ) -> Value? {
    object(key, FieldType<Value>.object, help)
  }

  /// The same of a mapping that is no type of its own.
  mutating func object<Value>(
    _ key: String, _ type: FieldType<Value>, _ help: String
  ) -> Value? {
    describe(key, type, help, nil) { .mapping }
    return read(key, type) ?? type.value(of: .mapping([]))
  }

  /// Reports that the value of a key does not go with others of the mapping.
  func report(_ rule: PlatformRule, at key: String) {
    let mark = (values[key] ?? node).mark
    decoding.report(.rule(rule), at: mark, path: path + [key])
  }

  /// Reports the keys that nothing asked for.
  func finish() {
    for pair in node.mapping ?? [] where !keys.contains(pair.key) {
      decoding.report(.unknownKey(known: keys), key: pair, path: path)
    }
  }

  /// A default is written in this program: one that is not allowed is a mistake of ours.
  private static func refuseDefault(_ key: String) -> Never {
    preconditionFailure("the default of \(key) is not allowed")
  }

  private func read<Value>(_ key: String, _ type: FieldType<Value>) -> Value? {
    values[key].flatMap { type.read($0, decoding, path + [key]) }
  }

  private mutating func describe<Value>(
    _ key: String, _ type: FieldType<Value>, _ help: String, _ example: String?,
    absence: () -> FieldDescription.Absence
  ) {
    keys.append(key)
    // Schemas of mappings are as deep as the mappings: they are made only for those who ask.
    guard isDescribing else { return }
    fields.append(
      FieldDescription(
        key: key, help: help, schema: type.schema, absence: absence(), example: example))
  }
}
