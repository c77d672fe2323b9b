import JSON
import YAML

/// Turns what is told of keys into JSON Schema.
///
/// Draft 7, which editors and Helm both read; every mapping refuses keys that it does not know.
/// https://json-schema.org/draft-07/json-schema-validation
struct SchemaDocument {
  static let dialect: JSONValue = "http://json-schema.org/draft-07/schema#"

  /// What may be missing.
  enum Completeness {
    /// What has a default, as in a file that stands for itself.
    case whole
    /// Anything, in a mapping that is laid over or under another.
    case part
    /// Nothing that has a default: Helm lays values over the defaults before it looks. A key that
    /// somebody sets to null is taken away by that, and templates would miss it.
    case merged
    /// What has a default, as in an element of a list of such values: nothing lies under it.
    case element
  }

  let completeness: Completeness

  /// A mapping with these keys; `path` leads to it.
  func object(_ fields: [FieldDescription], at path: [String] = []) -> [JSONMember] {
    var members = [JSONMember("type", "object")]
    let required = fields.filter(isRequired).map { JSONValue.string($0.key) }
    if !required.isEmpty { members.append(JSONMember("required", .array(required))) }
    members.append(JSONMember("properties", properties(fields, at: path)))
    members.append(JSONMember("additionalProperties", false))
    return members
  }

  private func isRequired(_ field: FieldDescription) -> Bool {
    switch (completeness, field.absence) {
    case (.part, _), (_, .nothing), (_, .told): false
    case (_, .error): true
    case (_, .value), (_, .mapping): completeness == .merged
    }
  }

  /// The same for what stands in lists: those are laid over none.
  private var ofListed: SchemaDocument {
    completeness == .part ? SchemaDocument(completeness: .whole) : ofElements
  }

  /// The same for what stands behind keys that the file chooses.
  private var ofElements: SchemaDocument {
    completeness == .merged ? SchemaDocument(completeness: .element) : self
  }

  /// Whether an empty text counts as none: a default has to be written somehow.
  private var isEmptyAbsent: Bool { completeness == .merged || completeness == .element }

  /// The keys of a mapping with all that is told of them.
  func properties(_ fields: [FieldDescription], at path: [String]) -> JSONValue {
    .object(fields.map { JSONMember($0.key, property($0, at: path)) })
  }

  private func property(_ field: FieldDescription, at path: [String]) -> JSONValue {
    let path = path + [field.key]
    var members = [
      JSONMember("title", .string(path.joined(separator: "."))),
      JSONMember("description", .string(Self.description(field))),
    ]
    members += value(of: field, at: path)
    if case .value(_, let node) = field.absence { members.append(JSONMember("default", node.json)) }
    return .object(members)
  }

  /// What a key's value must be.
  ///
  /// A key without a value counts as one that is not there.
  private func value(of field: FieldDescription, at path: [String]) -> [JSONMember] {
    let isNullable = !isRequired(field)
    let schema = isEmptyAbsent && isNullable ? field.schema.orEmpty : field.schema
    return value(schema, isNullable: isNullable, at: path)
  }

  private static func description(_ field: FieldDescription) -> String {
    if case .told(let words) = field.absence { return "\(field.help) Unless given: \(words)." }
    return field.help
  }

  /// What a value must be; `path` leads to it.
  func value(_ schema: FieldSchema, isNullable: Bool, at path: [String]) -> [JSONMember] {
    let members = value(schema, at: path)
    guard isNullable else { return members }
    return members.map { member in
      switch (member.name, member.value) {
      case ("type", .string(let type)): JSONMember("type", [.string(type), "null"])
      case ("type", .array(let types)): JSONMember("type", .array(types + ["null"]))
      case ("enum", .array(let words)): JSONMember("enum", .array(words + [nil]))
      case ("anyOf", .array(let choices)), ("oneOf", .array(let choices)):
        JSONMember(member.name, .array(choices + [["type": "null"]]))
      default: member
      }
    }
  }

  private func value(_ schema: FieldSchema, at path: [String]) -> [JSONMember] {
    switch schema {
    case .text(let form): return Self.text(form)
    case .integer(let range): return Self.integer(range)
    case .number(let min):
      return [JSONMember("type", "number"), JSONMember("minimum", .number(min))]
    case .boolean: return [JSONMember("type", "boolean")]
    case .scalar: return [JSONMember("type", ["string", "number", "boolean"])]
    case .choice(let words):
      return [
        JSONMember("type", "string"), JSONMember("enum", .array(words.map { .string($0) })),
      ]
    case .list(let element):
      let items = ofListed.value(element, isNullable: false, at: path)
      return [JSONMember("type", "array"), JSONMember("items", .object(items))]
    case .dictionary(let keys, let element):
      return [
        JSONMember("type", "object"), JSONMember("propertyNames", .object(Self.text(keys))),
        JSONMember(
          "additionalProperties",
          .object(ofElements.value(element, isNullable: !isEmptyAbsent, at: path))),
      ]
    case .object(let fields): return object(fields, at: path)
    case .oneKey(let fields): return oneKey(fields, at: path)
    case .either(let one, let other):
      let choices = [one, other].map { JSONValue.object(value($0, at: path)) }
      return [JSONMember("anyOf", .array(choices))]
    }
  }

  private func oneKey(_ fields: [FieldDescription], at path: [String]) -> [JSONMember] {
    let choices = fields.map { field -> JSONValue in
      let present = JSONMember(field.key, Self.something)
      return [
        "type": "object", "required": [.string(field.key)], "properties": .object([present]),
      ]
    }
    return object(fields, at: path) + [JSONMember("oneOf", .array(choices))]
  }

  /// A value that counts as one.
  static let something: JSONValue = ["not": ["enum": ["", nil]]]

  private static func text(_ form: TextForm) -> [JSONMember] {
    var members = [JSONMember("type", "string")]
    if let pattern = form.pattern {
      let source = form.isEmptyAllowed ? "^(\(pattern.source))?$" : pattern.anchored
      members.append(JSONMember("pattern", .string(source)))
      // What editors show in place of the expression.
      members.append(JSONMember("patternErrorMessage", .string("wanted: " + form.wanted)))
    } else if !form.isEmptyAllowed {
      members.append(JSONMember("minLength", 1))
    }
    if !form.examples.isEmpty {
      members.append(JSONMember("examples", .array(form.examples.map { .string($0) })))
    }
    return members
  }

  private static func integer(_ range: ClosedRange<Int>) -> [JSONMember] {
    let members = [
      JSONMember("type", "integer"), JSONMember("minimum", .integer(Int64(range.lowerBound))),
    ]
    if range.upperBound == Int.max { return members }
    return members + [JSONMember("maximum", .integer(Int64(range.upperBound)))]
  }
}

extension FieldSchema {
  /// The same where an empty text stands for nothing.
  var orEmpty: FieldSchema {
    switch self {
    case .text(let form): .text(form.orEmpty)
    case .choice(let words): .choice(words + [""])
    case .either(let short, let long): .either(short.orEmpty, long)
    default: self
    }
  }
}

extension JSONValue {
  /// A whole number without a fraction where it is one.
  fileprivate static func number(_ number: Double) -> JSONValue {
    Int64(exactly: number).map { .integer($0) } ?? .real(number)
  }
}

extension YAMLNode {
  /// The value as JSON.
  var json: JSONValue {
    switch content {
    case .mapping(let pairs): .object(pairs.map { JSONMember($0.key, $0.value.json) })
    case .sequence(let nodes): .array(nodes.map(\.json))
    case .scalar(let scalar):
      switch scalar.kind {
      case .null: .null
      case .boolean(let truth): .boolean(truth)
      case .integer(let number): .integer(Int64(number))
      case .real(let number): .real(number)
      case .string(let text): .string(text)
      }
    }
  }
}
