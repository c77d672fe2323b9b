import HTTPServer
import JSON

/// One operation of the document.
struct OpenAPIOperation {
  let operation: Operation
  private var contract: Contract { operation.contract }

  init(_ operation: Operation) { self.operation = operation }

  var document: JSONValue {
    var members: [JSONMember] = [
      JSONMember("operationId", .string(contract.id)),
      JSONMember("tags", [.string(contract.tag.name)]),
      JSONMember("summary", .string(contract.summary)),
    ]
    if !contract.notes.isEmpty {
      members.append(JSONMember("description", .string(contract.notes)))
    }
    let parameters = contract.parameters.map(Self.parameter) + conditions
    if !parameters.isEmpty { members.append(JSONMember("parameters", .array(parameters))) }
    if let body = contract.body { members.append(JSONMember("requestBody", Self.body(body))) }
    members.append(JSONMember("responses", OpenAPIAnswers(operation).document))
    if let security { members.append(JSONMember("security", security)) }
    return .object(members)
  }

  /// Headers that the operation takes by its nature.
  private var conditions: [JSONValue] {
    var names: [String] = []
    if operation.answersUnchanged { names.append("IfNoneMatch") }
    if contract.takesIdempotencyKey { names.append("IdempotencyKey") }
    return names.map { ["$ref": .string("#/components/parameters/\($0)")] }
  }

  /// Who may ask; nil is anybody.
  ///
  /// An empty requirement beside the token says that the configuration decides.
  private var security: JSONValue? {
    switch contract.access {
    case .open: nil
    case .read, .write: [[:], ["bearer": []]]
    case .scope(let scope): [["bearer": [.string(scope)]]]
    }
  }

  private static func parameter(_ parameter: Parameter) -> JSONValue {
    var schema = parameter.schema.document.members ?? []
    if let standard = parameter.standard { schema.append(JSONMember("default", standard)) }
    var members: [JSONMember] = [
      JSONMember("name", .string(parameter.name)),
      JSONMember("in", .string(parameter.place.rawValue)),
      JSONMember("description", .string(parameter.summary)),
      JSONMember("required", .boolean(parameter.isRequired)),
      JSONMember("schema", .object(schema)),
    ]
    if let example = parameter.example { members.append(JSONMember("example", example)) }
    return .object(members)
  }

  private static func body(_ body: BodyContract) -> JSONValue {
    let schema: JSONValue
    let example: JSONValue
    switch body.kind {
    case .json(let content):
      schema = content.document
      example = (try? JSONReader.read(Array(body.example.utf8))) ?? .null
    case .raw:
      schema = ["type": "string"]
      example = .string(body.example)
    }
    return [
      "required": .boolean(body.isRequired),
      "content": .object([
        JSONMember(body.mediaType, ["schema": schema, "example": example])
      ]),
    ]
  }
}

extension Operation {
  /// Whether `If-None-Match` may be answered with 304.
  var answersUnchanged: Bool { contract.isConditional && method == .get }
}
