import JSON
import YAML

@testable import Ops

/// As much of JSON Schema as our schemas use, written from the standard and not from our writer.
///
/// https://json-schema.org/draft-07/json-schema-validation
final class SchemaValidator {
  let root: JSONValue
  /// Expressions take longer to read than texts to match.
  private var expressions: [String: Regex<AnyRegexOutput>] = [:]

  init(_ root: JSONValue) { self.root = root }

  /// A keyword that this validator does not know is a mistake of the schema or of the validator.
  struct UnknownKeyword: Error {
    let keyword: String
  }

  func accepts(_ value: JSONValue) throws -> Bool { try accepts(value, root) }

  private static let notes: Set = [
    "$schema", "title", "description", "default", "examples", "patternErrorMessage", "definitions",
    "then",
  ]

  private func accepts(_ value: JSONValue, _ schema: JSONValue) throws -> Bool {
    if let truth = schema.truth { return truth }
    if let reference = schema["$ref"]?.text {
      let name = reference.split(separator: "/").last.map(String.init) ?? ""
      return try accepts(value, root["definitions"]?[name] ?? false)
    }
    for keyword in schema.members ?? [] where !Self.notes.contains(keyword.name) {
      guard try holds(keyword, of: value, schema) else { return false }
    }
    return true
  }

  private func holds(
    _ keyword: JSONMember, of value: JSONValue, _ schema: JSONValue
  ) throws -> Bool {
    let argument = keyword.value
    switch keyword.name {
    case "type":
      let types = argument.elements ?? [argument]
      return types.contains { $0.text.map { Self.isType(value, $0) } ?? false }
    case "enum": return argument.elements?.contains(value) ?? false
    case "const": return argument == value
    case "minimum": return value.asDouble.map { $0 >= argument.asDouble ?? 0 } ?? true
    case "maximum": return value.asDouble.map { $0 <= argument.asDouble ?? 0 } ?? true
    case "minLength":
      return value.text.map { $0.unicodeScalars.count >= Int(argument.number ?? 0) } ?? true
    case "pattern":
      guard let text = value.text else { return true }
      return try expression(argument.text ?? "").firstMatch(in: text) != nil
    case "anyOf":
      return try argument.elements?.contains { try accepts(value, $0) } ?? false
    case "allOf": return try argument.elements?.allSatisfy { try accepts(value, $0) } ?? false
    case "oneOf":
      return try argument.elements?.filter { try accepts(value, $0) }.count == 1
    case "not": return try !accepts(value, argument)
    case "if":
      guard try accepts(value, argument) else { return true }
      return try accepts(value, schema["then"] ?? true)
    case "minItems": return value.elements.map { $0.count >= Int(argument.number ?? 0) } ?? true
    case "items": return try value.elements?.allSatisfy { try accepts($0, argument) } ?? true
    default: return try holdsForObjects(keyword, of: value, schema)
    }
  }

  private func holdsForObjects(
    _ keyword: JSONMember, of value: JSONValue, _ schema: JSONValue
  ) throws -> Bool {
    guard let members = value.members else { return true }
    let argument = keyword.value
    switch keyword.name {
    case "required":
      return argument.elements?.allSatisfy { $0.text.map { value[$0] != nil } ?? false } ?? false
    case "minProperties": return members.count >= Int(argument.number ?? 0)
    case "properties":
      return try members.allSatisfy { try accepts($0.value, argument[$0.name] ?? true) }
    case "propertyNames":
      return try members.allSatisfy { try accepts(.string($0.name), argument) }
    case "patternProperties":
      return try members.allSatisfy { member in
        try (argument.members ?? []).allSatisfy { pattern in
          let isMeant = try expression(pattern.name).firstMatch(in: member.name) != nil
          return try !isMeant || accepts(member.value, pattern.value)
        }
      }
    case "additionalProperties":
      let patterns = try (schema["patternProperties"]?.members ?? []).map {
        try expression($0.name)
      }
      let others = try members.filter { member in
        try schema["properties"]?[member.name] == nil
          && patterns.allSatisfy { try $0.firstMatch(in: member.name) == nil }
      }
      return try others.allSatisfy { try accepts($0.value, argument) }
    default: throw UnknownKeyword(keyword: keyword.name)
    }
  }

  private func expression(_ source: String) throws -> Regex<AnyRegexOutput> {
    if let known = expressions[source] { return known }
    let expression = try Regex(source).matchingSemantics(.unicodeScalar)
    expressions[source] = expression
    return expression
  }

  private static func isType(_ value: JSONValue, _ type: String) -> Bool {
    switch (type, value) {
    case ("null", .null), ("boolean", .boolean), ("string", .string), ("array", .array),
      ("object", .object), ("integer", .integer), ("number", .integer), ("number", .real):
      true
    case ("integer", .real(let number)): number == number.rounded()
    default: false
    }
  }
}

extension JSONValue {
  fileprivate var asDouble: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .real(let number): number
    default: nil
    }
  }
}
