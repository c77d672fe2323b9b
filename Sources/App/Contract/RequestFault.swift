import HTTPServer
import JSON

/// Why a request was not handed to its handler.
enum RequestFault: Error, Sendable {
  /// The body's media type is not the one that is taken.
  case mediaType(expected: String)
  /// The body is no JSON.
  case malformed(JSONError)
  /// Parameters or fields are wrong; at least one.
  case invalid(Violations)

  /// As every operation tells it that has no way of its own.
  var problem: Problem {
    switch self {
    case .mediaType(let expected):
      Problem(
        status: 415,
        detail: "The body must be \(expected)" + (expected.hasSuffix("json") ? " in UTF-8." : "."),
        headers: [Problem.Header("Accept", expected)])
    case .malformed(let error):
      Problem(status: 400, detail: "The body is not valid JSON: \(error).")
    case .invalid(let violations): .invalid(violations)
    }
  }
}

extension Problem {
  /// 400 with every field that is wrong.
  static func invalid(_ violations: Violations) -> Problem {
    let count = violations.untoldCount
    let more = count == 0 ? "" : " \(count) more faults are not listed."
    return Problem(
      status: 400, detail: "The request is not valid." + more,
      errors: violations.told.map { FieldError(pointer: $0.pointer, detail: $0.detail) })
  }

  /// 400 for one rule that goes beyond types.
  static func invalid(_ pointer: String, _ words: String) -> Problem {
    var violations = Violations()
    violations.add(Violation(pointer: pointer, kind: .rule(words)))
    return invalid(violations)
  }
}
