import HTTPServer
import JSON

/// Everything that an operation may answer, by status.
struct OpenAPIAnswers {
  let operation: Operation
  private var contract: Contract { operation.contract }

  init(_ operation: Operation) { self.operation = operation }

  var document: JSONValue {
    var members = contract.answers.map { answer in
      JSONMember(String(answer.status), self.answer(answer))
    }
    let natural = NaturalFailure.all(of: operation)
    let own = contract.failures.map(\.status)
    for status in Set(own + natural.map(\.status)).sorted() {
      let failures = contract.failures.filter { $0.status == status }
      let byNature = natural.first { $0.status == status }
      members.append(
        JSONMember(
          String(status),
          failures.isEmpty
            ? byNature?.reference ?? .null : Self.failure(status, failures, byNature)))
    }
    return .object(members)
  }

  private func answer(_ answer: Answer) -> JSONValue {
    var headers = OpenAPIComponents.commonHeaders
    for promise in answer.headers {
      headers.append(JSONMember(promise.name, Self.header(promise)))
    }
    if operation.answersUnchanged, !answer.headers.contains(where: { $0.name == "ETag" }) {
      headers.append(JSONMember("ETag", ["$ref": "#/components/headers/ETag"]))
    }
    var members: [JSONMember] = [
      JSONMember("description", .string(answer.summary)),
      JSONMember("headers", .object(headers)),
    ]
    if !answer.contents.isEmpty {
      members.append(
        JSONMember(
          "content",
          .object(
            answer.contents.map {
              JSONMember($0.mediaType, ["schema": $0.schema.document, "example": $0.example])
            })))
    }
    if !answer.links.isEmpty {
      members.append(
        JSONMember(
          "links", .object(answer.links.map { JSONMember($0.operationID, Self.link($0)) })))
    }
    return .object(members)
  }

  private static func header(_ promise: Answer.HeaderPromise) -> JSONValue {
    [
      "description": .string(promise.summary), "schema": ["type": "string"],
      "example": .string(promise.example),
    ]
  }

  private static func link(_ link: Answer.Link) -> JSONValue {
    [
      "operationId": .string(link.operationID),
      "parameters": .object([
        JSONMember(link.parameter, .string("$response.body#\(link.pointer)"))
      ]),
    ]
  }

  /// A status that comes for reasons of the operation's own, beside those of its nature.
  private static func failure(
    _ status: Int, _ failures: [Failure], _ byNature: NaturalFailure?
  ) -> JSONValue {
    var contents: [(mediaType: String, bodies: [Failure.Body])] = []
    func add(_ mediaType: String, _ body: Failure.Body) {
      if let index = contents.firstIndex(where: { $0.mediaType == mediaType }) {
        contents[index].bodies.append(body)
      } else {
        contents.append((mediaType, [body]))
      }
    }
    for failure in failures {
      let body =
        failure.body ?? .json(OpenAPIComponents.problem(status, failure.summary))
      add(failure.body?.mediaType ?? OpenAPIComponents.problemType, body)
    }
    if let byNature, !contents.contains(where: { $0.mediaType == OpenAPIComponents.problemType }) {
      add(
        OpenAPIComponents.problemType,
        .json(OpenAPIComponents.problem(status, byNature.summary)))
    }
    let summaries = failures.map(\.summary)
    let headers = OpenAPIComponents.commonHeaders + NaturalFailure.headers(status)
    return [
      "description": .string(
        summaries.count == 1
          ? summaries[0] : summaries.map { "- \($0)" }.joined(separator: "\n")),
      "headers": .object(headers),
      "content": .object(
        contents.map { JSONMember($0.mediaType, content($0.mediaType, $0.bodies)) }),
    ]
  }

  private static func content(_ mediaType: String, _ bodies: [Failure.Body]) -> JSONValue {
    let schema: JSONValue =
      mediaType == OpenAPIComponents.problemType
      ? ["$ref": "#/components/schemas/Problem"] : ["type": "string"]
    if bodies.count == 1 { return ["schema": schema, "example": bodies[0].example] }
    return [
      "schema": schema,
      "examples": .object(
        bodies.enumerated().map { index, body in
          JSONMember("case\(index + 1)", ["value": body.example])
        }),
    ]
  }
}

extension Failure.Body {
  var mediaType: String {
    switch self {
    case .text(_, let mediaType): mediaType
    case .json: "application/json"
    }
  }

  fileprivate var example: JSONValue {
    switch self {
    case .text(let text, _): .string(text)
    case .json(let value): value
    }
  }
}
