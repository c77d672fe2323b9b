import HTTPClient
import JSON

extension RunningService {
  /// Somebody complete, as the fields of a body.
  static let fields = [
    "survived": "true", "passengerClass": "3", "name": #""Mr. Owen Braund""#, "sex": #""male""#,
    "age": "22", "siblingsOrSpousesAboard": "1", "parentsOrChildrenAboard": "0", "fare": "7.25",
  ]

  /// A body with some fields put in another way; nil leaves one out.
  static func person(_ changes: [String: String?] = [:]) -> String {
    let all = fields.mapValues { Optional($0) }.merging(changes) { _, changed in changed }
    let members = all.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }
    return "{\(members.sorted().joined(separator: ","))}"
  }

  func people(
    _ method: String, _ path: String = "", _ body: String = "", headers: [String: String] = [:]
  ) throws -> HTTPResponse {
    let type = body.isEmpty ? [:] : ["Content-Type": "application/json"]
    return try send(
      method, "/people\(path)", headers: headers.merging(type) { given, _ in given }, body: body)
  }

  /// Adds somebody and gives the uuid.
  func add(_ changes: [String: String?] = [:]) throws -> String {
    let answer = try people("POST", "", Self.person(changes))
    guard answer.status == 200, let uuid = answer.json["uuid"]?.text else {
      throw Unexpected(status: answer.status, body: answer.text)
    }
    return uuid
  }

  struct Unexpected: Error {
    let status: Int
    let body: String
  }
}
