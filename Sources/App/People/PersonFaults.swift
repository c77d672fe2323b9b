import HTTPServer
import JSON

/// Tells what is wrong with a person in the words of the original service.
///
/// It checked types first and told the first fault only; so `detail` does, and `errors` has all.
enum PersonFaults {
  /// Nil leaves it to the general form: what is wrong lies outside of the body.
  static func refusal(_ fault: RequestFault, _ request: Request) -> Response? {
    switch fault {
    case .mediaType: nil
    case .malformed(let error):
      refusal(
        request, "about:blank", "Request body is not valid JSON",
        [Problem.FieldError(pointer: "#", detail: "is not valid JSON: \(error)")])
    case .invalid(let violations):
      legacy(violations.told).map { type, detail in
        refusal(
          request, type, detail,
          violations.told.map { Problem.FieldError(pointer: $0.pointer, detail: $0.detail) })
      }
    }
  }

  private static func refusal(
    _ request: Request, _ type: String, _ detail: String, _ errors: [Problem.FieldError]
  ) -> Response {
    .problem(
      Problem(
        status: 400, type: type, detail: detail, instance: request.path, errors: errors))
  }

  private static func legacy(_ violations: [Violation]) -> (type: String, detail: String)? {
    let ofBody = violations.filter { !$0.isOfTarget }
    if let words = ofBody.lazy.compactMap(\.wordsOfSchema).first { return ("about:blank", words) }
    return ofBody.first.map { ("validation", $0.wordsOfModel) }
  }
}

extension Violation {
  /// Whether it is about a part of the path or the query.
  fileprivate var isOfTarget: Bool {
    pointer.hasPrefix("#/path/") || pointer.hasPrefix("#/query/")
  }

  /// As the original's schema said it; nil for what its schema let pass.
  fileprivate var wordsOfSchema: String? {
    let place = field == "#" ? "" : " - '\(field)'"
    switch kind {
    case .type(let expected, let value):
      return "\(PythonText.of(value)) is not of type '\(expected)'\(place)"
    case .choice(let choices, let value):
      guard case .string = value else {
        return "\(PythonText.of(value)) is not of type 'string'\(place)"
      }
      let list = PythonText.of(.array(choices.map { .string($0) }))
      return "\(PythonText.of(value)) is not one of \(list)\(place)"
    default: return nil
    }
  }

  /// As the original's model said it, or would have.
  fileprivate var wordsOfModel: String {
    switch kind {
    case .missing: "No `\(field)` provided"
    case .length(let allowed, let count) where count > allowed.upperBound:
      "To long value for `\(field)`. Max \(allowed.upperBound) chars."
    default: "Incorrect value for `\(field)`"
    }
  }
}
