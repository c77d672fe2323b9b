import HTTPServer
import JSON

/// The words of the original service, each a JSON string.
enum LegacyViews {
  static let monthText = "error, month must be an int between 1 and 12"
  static let futureText = "error, queried date is in the future"
  static let errorText = "error"

  static var month: Response { words(monthText) }
  static var future: Response { words(futureText) }
  static var error: Response { words(errorText) }

  /// The same word with the status that tells it from "no count", so that clients may come again
  /// and caches do not keep it.
  static func unavailable(_ problem: Problem) -> Response {
    var response = words(errorText, status: problem.status)
    for header in problem.headers { response.headers.append(header.name, header.value) }
    return response
  }

  /// What is answered to a path whose year or month the contract does not take.
  ///
  /// Only digits made a path of the original service; the month was looked at first.
  static func refusal(_ fault: RequestFault, _ request: Request) -> Response? {
    guard let year = digits(request.parameter("year")),
      let month = digits(request.parameter("month"))
    else { return .problem(Problem(status: 404, detail: "Not Found", instance: request.path)) }
    guard let month = Int64(month), (1...12).contains(month) else { return self.month }
    guard let year = Int64(year), ViewMonth.years.contains(Int(year)) else {
      return year.contains { $0 != "0" } ? future : error
    }
    return error
  }

  private static func words(_ text: String, status: Int = 400) -> Response {
    .json(JSONValue.string(text).bytes(), status: status)
  }

  private static func digits(_ text: String?) -> String? {
    guard let text, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return text
  }
}
