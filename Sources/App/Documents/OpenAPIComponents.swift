import HTTPServer
import JSON

/// What operations of the document refer to.
enum OpenAPIComponents {
  static let problemType = "application/problem+json"

  /// The headers that every answer has.
  static let commonHeaders = ["X-Request-Id", "X-Revision", "traceparent"].map {
    JSONMember($0, ["$ref": .string("#/components/headers/\($0)")])
  }

  static func document(_ operations: [Operation]) -> JSONValue {
    [
      "schemas": .object(schemas(operations) + [JSONMember("Problem", problemSchema)]),
      "responses": .object(responses(operations)), "parameters": parameters, "headers": headers,
      "securitySchemes": [
        "bearer": [
          "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
          "description": """
          A JSON Web Token with the scope that the operation names. Where an operation asks for \
          none by name, `AUTH` decides whether a token is needed.
          """,
        ]
      ],
    ]
  }

  /// Every object that has a name, once, in the order of the alphabet.
  private static func schemas(_ operations: [Operation]) -> [JSONMember] {
    var found: [String: ObjectSchema] = [:]
    for contract in operations.map(\.contract) {
      var all = contract.parameters.map(\.schema)
      if case .json(let schema)? = contract.body?.kind { all.append(schema) }
      all += contract.answers.flatMap(\.contents).map(\.schema)
      for object in all.flatMap(\.components) {
        guard let name = object.name else { continue }
        if let other = found[name] {
          precondition(other.document == object.document, "two schemas are called \(name)")
        }
        found[name] = object
      }
    }
    return found.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value.document) }
  }

  /// The failures that operations refer to; those that none has are left out.
  private static func responses(_ operations: [Operation]) -> [JSONMember] {
    let used = Set(
      operations.flatMap { operation in
        let own = Set(operation.contract.failures.map(\.status))
        return NaturalFailure.all(of: operation).map(\.status).filter { !own.contains($0) }
      })
    return NaturalFailure.known.filter { used.contains($0.status) }.map { failure in
      var members: [JSONMember] = [
        JSONMember("description", .string(failure.summary)),
        JSONMember("headers", .object(commonHeaders + NaturalFailure.headers(failure.status))),
      ]
      if failure.status >= 400 {
        members.append(
          JSONMember(
            "content",
            .object([
              JSONMember(
                problemType,
                [
                  "schema": ["$ref": "#/components/schemas/Problem"],
                  "example": problem(failure.status, failure.summary),
                ])
            ])))
      }
      return JSONMember(failure.name, .object(members))
    }
  }

  /// A problem as an example.
  static func problem(_ status: Int, _ detail: String) -> JSONValue {
    let problem = Problem(status: status)
    return [
      "type": .string(problem.type), "title": .string(problem.title),
      "status": .integer(Int64(status)), "detail": .string(detail),
    ]
  }

  private static let problemSchema: JSONValue = [
    "type": "object", "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status"],
    "properties": [
      "type": ["type": "string", "description": "`about:blank` where the status says it all."],
      "title": ["type": "string", "description": "The same for every problem of the type."],
      "status": [
        "type": "integer", "minimum": 400, "maximum": 599, "description": "The status.",
      ],
      "detail": ["type": "string", "description": "What happened this time."],
      "instance": ["type": "string", "description": "The path that was asked for."],
      "errors": [
        "type": "array", "description": "Every field that is wrong.",
        "items": [
          "type": "object", "required": ["pointer", "detail"],
          "properties": [
            "pointer": [
              "type": "string",
              "description": """
              A JSON pointer into the body as a URI fragment, or `#/query/name`, `#/path/name` \
              or `#/header/name`.
              """,
            ],
            "detail": ["type": "string", "description": "What is wrong with it."],
          ],
        ],
      ],
    ],
  ]

  private static let parameters: JSONValue = [
    "IfNoneMatch": [
      "name": "If-None-Match", "in": "header", "required": false, "schema": ["type": "string"],
      "description": "The `ETag` of what the client has; 304 where it is still right.",
    ],
    "IdempotencyKey": [
      "name": "Idempotency-Key", "in": "header", "required": false,
      "schema": ["type": "string", "pattern": .string("^[!#-~]{1,\(IdempotencyKey.lengthMax)}$")],
      "description": """
      A key of the client's own for this request: sent again with the same key and body, it gets \
      the stored answer and does nothing.
      """,
    ],
  ]

  private static let headers: JSONValue = [
    "X-Request-Id": header(
      "Names this request in the log.", "4bf92f3577b34da6a3ce929d0e0e4736"),
    "X-Revision": header("The release that answered.", "v2026.11.0"),
    "traceparent": header(
      "The request's place in its trace (W3C Trace Context).",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    "ETag": header("Names this state of what was asked for.", "\"h6vbt0c2x1s\""),
    "Retry-After": header("Seconds to wait before asking again.", "1"),
    "WWW-Authenticate": header("What is needed (RFC 6750).", "Bearer realm=\"slipway\""),
    "Accept": header("The media type that is taken.", "application/json"),
  ]

  private static func header(_ summary: String, _ example: String) -> JSONValue {
    [
      "description": .string(summary), "schema": ["type": "string"], "example": .string(example),
    ]
  }
}
