import HTTPServer
import JSON

/// What goes wrong for reasons that follow from what an operation is, not from what it does.
struct NaturalFailure: Sendable {
  let status: Int
  let summary: String

  /// The name of the answer among the components.
  var name: String { Problem(status: status).title.filter(\.isLetter) }

  var reference: JSONValue { ["$ref": .string("#/components/responses/\(name)")] }

  /// Those of an operation, by status.
  ///
  /// Probes have none: nothing stands before their handler.
  static func all(of operation: Operation) -> [NaturalFailure] {
    let contract = operation.contract
    if contract.isProbe { return [] }
    var statuses: [Int] = [429, 500]
    if operation.answersUnchanged { statuses.append(304) }
    if !contract.parameters.isEmpty || contract.body != nil || !contract.isLegacy {
      statuses.append(400)
    }
    switch contract.access {
    case .open: break
    case .read, .write: statuses.append(401)
    case .scope: statuses += [401, 403]
    }
    if contract.isNegotiated { statuses.append(406) }
    if contract.takesIdempotencyKey { statuses += [400, 409] }
    if contract.body != nil { statuses += [413, 415] }
    if case .inline = operation.execution {} else { statuses.append(503) }
    return known.filter { statuses.contains($0.status) }
  }

  static let known = [
    NaturalFailure(status: 304, summary: "What the client has is still right."),
    NaturalFailure(
      status: 400,
      summary: "The request is malformed, or a parameter or a field is not as it must be."),
    NaturalFailure(status: 401, summary: "No token was shown, or none that is valid."),
    NaturalFailure(status: 403, summary: "The token does not allow this."),
    NaturalFailure(status: 406, summary: "The client accepts none of the representations."),
    NaturalFailure(
      status: 409,
      summary: "The `Idempotency-Key` came with another request, or that one is in progress."),
    NaturalFailure(status: 413, summary: "The body is too large."),
    NaturalFailure(status: 415, summary: "The body has another media type."),
    NaturalFailure(status: 429, summary: "The client asks too often."),
    NaturalFailure(status: 500, summary: "A mistake of the service; the log has it under the id."),
    NaturalFailure(
      status: 503, summary: "The service or what it depends on is not available for the moment."),
  ]

  /// Headers that go with a status, beside the common ones.
  static func headers(_ status: Int) -> [JSONMember] {
    let names: [Int: [String]] = [
      304: ["ETag"], 401: ["WWW-Authenticate"], 403: ["WWW-Authenticate"], 415: ["Accept"],
      429: ["Retry-After"], 503: ["Retry-After"],
    ]
    return (names[status] ?? []).map {
      JSONMember($0, ["$ref": .string("#/components/headers/\($0)")])
    }
  }
}
