import Core
import HTTPClient
import HTTPServer
import JSON

@testable import App

/// The request that a contract gives as its example, as it is sent.
struct ExampleRequest {
  let operation: Operation
  var values: [String: JSONValue] = [:]
  var headers: [String: String] = [:]
  var body = ""
  /// Beyond the parameters.
  var query = ""
  var hasSlash = false

  init(_ operation: Operation) {
    self.operation = operation
    for parameter in operation.contract.parameters {
      guard let example = parameter.example else { continue }
      if parameter.place == .header {
        headers[parameter.name] = Self.text(example)
      } else {
        values[parameter.name] = example
      }
    }
    if let body = operation.contract.body {
      self.body = body.example
      headers["Content-Type"] = body.mediaType
    }
  }

  /// The same as it goes wrong; nil where no request brings that about.
  func failing(_ cause: Failure.Cause) -> ExampleRequest? {
    var copy = self
    switch cause {
    case .body(let body): copy.body = body
    case .parameter(let name, let value): copy.values[name] = .string(value)
    case .parameters(let values):
      for (name, value) in values { copy.values[name] = .string(value) }
    case .header(let name, let value): copy.headers[name] = value
    case .circumstance: return nil
    }
    return copy
  }

  var target: String {
    var path = operation.template
    var pairs: [String] = []
    for parameter in operation.contract.parameters {
      guard let value = values[parameter.name] else { continue }
      let text = PercentEncoding.encode(Self.text(value))
      switch parameter.place {
      case .path: path = path.replacing("{\(parameter.name)}", with: text)
      case .query: pairs.append("\(parameter.name)=\(text)")
      case .header: break
      }
    }
    if !query.isEmpty { pairs.append(query) }
    return path + (hasSlash ? "/" : "") + (pairs.isEmpty ? "" : "?\(pairs.joined(separator: "&"))")
  }

  func send(to service: RunningService, method: String? = nil) throws -> HTTPResponse {
    try service.send(
      method ?? operation.method.rawValue, target, headers: headers, body: body)
  }

  private static func text(_ value: JSONValue) -> String { value.text ?? value.written() }
}

/// Knows every operation of a running service, and how to come by what they are about.
struct Walk {
  let service: RunningService
  /// A token that allows everything.
  let token: Secret
  var operations: [Operation] { service.service.routes.documented }

  /// The example of `operation`, about something that is there.
  ///
  /// Where another operation links to it, that one is asked first; where the same path can be put,
  /// it is put.
  func example(_ operation: Operation) throws -> ExampleRequest {
    var request = ExampleRequest(operation)
    if operation.contract.access != .open {
      request.headers["Authorization"] = "Bearer \(token.reveal())"
    }
    for source in operations {
      let links = source.contract.answers.flatMap(\.links)
        .filter { $0.operationID == operation.contract.id }
      guard !links.isEmpty else { continue }
      let answer = try example(source).send(to: service)
      for link in links {
        request.values[link.parameter] = answer.json[String(link.pointer.dropFirst())]
      }
      return request
    }
    let putting = operations.first { $0.template == operation.template && $0.method == .put }
    if let putting, putting !== operation { _ = try ExampleRequest(putting).send(to: service) }
    return request
  }
}
