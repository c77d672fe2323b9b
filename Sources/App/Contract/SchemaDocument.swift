import JSON

extension Schema {
  /// The schema as JSON Schema 2020-12, which OpenAPI 3.1 uses.
  ///
  /// Objects that have a name are referred to; `components` collects them.
  var document: JSONValue {
    switch self {
    case .string(let lengths, let format): Self.document(lengths, format)
    case .integer(let range):
      [
        "type": "integer", "minimum": .integer(range.lowerBound),
        "maximum": .integer(range.upperBound),
      ]
    case .number: ["type": "number"]
    case .boolean: ["type": "boolean"]
    case .choice(let choices): ["type": "string", "enum": .array(choices.map(JSONValue.string))]
    case .array(let element): ["type": "array", "items": element.document]
    case .object(let object):
      object.name.map { ["$ref": .string("#/components/schemas/\($0)")] } ?? object.document
    case .any: .boolean(true)
    }
  }

  private static func document(_ lengths: ClosedRange<Int>, _ format: TextFormat?) -> JSONValue {
    var members = [JSONMember("type", "string")]
    if let name = format?.name { members.append(JSONMember("format", .string(name))) }
    if let pattern = format?.pattern { members.append(JSONMember("pattern", .string(pattern))) }
    if format?.name == nil, format?.pattern == nil {
      if lengths.lowerBound > 0 {
        members.append(JSONMember("minLength", .integer(Int64(lengths.lowerBound))))
      }
      members.append(JSONMember("maxLength", .integer(Int64(lengths.upperBound))))
    }
    return .object(members)
  }

  /// Every object below this one that has a name.
  var components: [ObjectSchema] {
    switch self {
    case .array(let element): element.components
    case .object(let object):
      (object.name == nil ? [] : [object]) + object.fields.flatMap { $0.schema.components }
    default: []
    }
  }
}

extension ObjectSchema {
  /// The object written out.
  var document: JSONValue {
    var members = [JSONMember("type", "object")]
    let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { members.append(JSONMember("required", .array(required))) }
    members.append(
      JSONMember(
        "properties", .object(fields.map { JSONMember($0.name, Self.document($0)) })))
    if refusesUnknown { members.append(JSONMember("additionalProperties", false)) }
    return .object(members)
  }

  private static func document(_ field: Field) -> JSONValue {
    var members = field.schema.document.members ?? []
    if !field.summary.isEmpty {
      members.append(JSONMember("description", .string(field.summary)))
    }
    if let standard = field.standard { members.append(JSONMember("default", standard)) }
    return .object(members)
  }
}
