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

  func put(_ call: Call) throws -> Response {
    let username = try username(call)
    let text = call.body["dateOfBirth"]?.text
    let date = try text.flatMap { CivilDate($0) }.required()
    guard date < today() else {
      throw Problem.invalid("#/dateOfBirth", "must be a day before today")
    }
    try store.save(
      date, for: username, at: .now(), deadline: call.request.deadline.within(databaseTimeout))
    return .empty()
  }

  func get(_ call: Call) throws -> Response {
    let username = try username(call)
    let deadline = call.request.deadline.within(databaseTimeout)
    guard let born = try store.find(username, deadline: deadline) else {
      throw Problem(status: 404, detail: "No birthday is kept under this name.")
    }
    let days = Birthday.daysUntil(born, from: today(), policy: leapPolicy)
    var writer = JSONWriter()
    writer.object {
      $0.member("message", Birthday.message(for: username.text, daysUntil: days))
    }
    return .json(writer.bytes)
  }

  private func username(_ call: Call) throws -> Username {
    let text = call.text("username")
    return try text.flatMap { Username($0) }.required()
  }
}
