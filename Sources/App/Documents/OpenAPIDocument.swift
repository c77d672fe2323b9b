import Core
import HTTPServer
import JSON
import Logging
import SQL
import Schema

/// The OpenAPI 3.1 document, made from the route table: the same table always gives the same bytes.
///
/// https://spec.openapis.org/oas/v3.1.1.html
struct OpenAPIDocument: Sendable {
  let value: JSONValue

  init(_ operations: [Operation]) {
    value = [
      "openapi": "3.1.1", "info": Self.info,
      "servers": [["url": "/", "description": "Where this document was found."]],
      "tags": Self.tags(operations), "paths": Self.paths(operations),
      "components": OpenAPIComponents.document(operations),
    ]
  }

  var json: [UInt8] { value.bytes(pretty: true) + [UInt8(ascii: "\n")] }
  var yaml: [UInt8] { Array(value.yaml.utf8) }

  /// The document of a service that is configured so, without any of it being started.
  static func describing(_ configuration: Configuration) throws -> OpenAPIDocument {
    let empty = MeasuredDatabase(try DatabaseURL("sqlite::memory:").open())
    defer { empty.close() }
    let watch = DatabaseWatch(empty, try ServiceSchema.migrations(for: .sqlite))
    let silent = Logger(level: .error, format: .text, sink: MemorySink())
    let routes = Routes(
      filters: Filters(),
      operations: Operations(
        configuration: configuration, state: ServiceState(), watch: watch,
        metrics: MetricsPage(database: empty, watch: watch, revision: configuration.revision)),
      payloads: Payloads(configuration, empty, logger: silent), hasPage: configuration.hasDocs,
      assets: nil)
    return OpenAPIDocument(routes.documented)
  }

  private static let info: JSONValue = [
    "title": "Slipway", "version": .string(Version.current),
    "summary": "One service for five payloads.",
    "description": """
    Bodies are JSON in UTF-8. Errors are `application/problem+json` (RFC 9457), save where a \
    path keeps the words of an original service.

    Every `GET` is answered to `HEAD` too, without a body. A slash at the end of a path makes no \
    difference. A method that a path does not have gets 405 with `Allow`. Query parameters that \
    nobody knows are 400 on newer paths and ignored on older ones.

    `X-Request-Id` and `traceparent` are taken from the request where they are well-formed, and \
    made otherwise. Beyond what each operation tells, a request that is malformed, too slow or \
    too large in its head is refused with 400, 408, 414, 417 or 431 before it reaches any.
    """,
    "license": ["name": "Apache License 2.0", "identifier": "Apache-2.0"],
  ]

  private static func tags(_ operations: [Operation]) -> JSONValue {
    var seen: [Tag] = []
    for operation in operations where !seen.contains(operation.contract.tag) {
      seen.append(operation.contract.tag)
    }
    return .array(
      seen.map { ["name": .string($0.name), "description": .string($0.summary)] })
  }

  private static func paths(_ operations: [Operation]) -> JSONValue {
    var templates: [String] = []
    for operation in operations where !templates.contains(operation.template) {
      templates.append(operation.template)
    }
    return .object(
      templates.map { template in
        JSONMember(
          template,
          .object(
            operations.filter { $0.template == template }.map {
              JSONMember($0.method.rawValue.lowercased(), OpenAPIOperation($0).document)
            }))
      })
  }
}
