import Core
import HTTPServer
import JSON

/// `PUT` and `GET /hello/{username}`.
struct BirthdayHandlers: Sendable {
  let store: BirthdayStore
  let leapPolicy: LeapPolicy
  /// How long a request may spend on the database.
  let databaseTimeout: Duration
  /// Which day it is where birthdays are kept.
  let today: @Sendable () -> CivilDate

  func put(_ request: Request) throws -> Response {
    let username = try username(request)
    let date = try Self.dateOfBirth(in: request)
    guard date < today() else {
      throw Self.invalid("#/dateOfBirth", "must be a day before today")
    }
    try store.save(
      date, for: username, at: .now(), deadline: request.deadline.within(databaseTimeout))
    return .empty()
  }

  func get(_ request: Request) throws -> Response {
    let username = try username(request)
    guard
      let born = try store.find(username, deadline: request.deadline.within(databaseTimeout))
    else {
      throw Problem(status: 404, detail: "No birthday is kept under this name.")
    }
    let days = Birthday.daysUntil(born, from: today(), policy: leapPolicy)
    var writer = JSONWriter()
    writer.object {
      $0.member("message", Birthday.message(for: username.text, daysUntil: days))
    }
    return .json(writer.bytes)
  }

  private func username(_ request: Request) throws(Problem) -> Username {
    guard let username = Username(request.parameter("username") ?? "") else {
      throw Self.invalid(
        "#/path/username", "must be 1 to \(Username.lengthMax) letters from A to Z or a to z")
    }
    return username
  }

  private static func dateOfBirth(in request: Request) throws(Problem) -> CivilDate {
    guard MediaType.isJSON(request.headers["Content-Type"]) else {
      throw Problem(
        status: 415, detail: "The body must be application/json in UTF-8.",
        headers: [Problem.Header("Accept", "application/json")])
    }
    let body: JSONValue
    do throws(JSONError) {
      body = try JSONReader.read(request.body)
    } catch {
      throw Problem(status: 400, detail: "The body is not valid JSON: \(error).")
    }
    guard body.members != nil else {
      throw invalid("#", "must be an object, not \(body.typeName)")
    }
    guard let given = body["dateOfBirth"] else { throw invalid("#/dateOfBirth", "is missing") }
    guard let text = given.text else {
      throw invalid("#/dateOfBirth", "must be a string, not \(given.typeName)")
    }
    guard let date = CivilDate(text) else {
      throw invalid("#/dateOfBirth", "must be a day of the calendar as YYYY-MM-DD")
    }
    return date
  }

  private static func invalid(_ pointer: String, _ detail: String) -> Problem {
    Problem(
      status: 400, detail: "The request is not valid.",
      errors: [Problem.FieldError(pointer: pointer, detail: detail)])
  }
}
