import HTTPClient
import POSIX
import TestSupport
import Testing

@testable import App

/// What is answered to every body of `JSONBodies`, to the letter, the same on both databases.
@Suite struct JSONGoldenTests {
  private static let uuid = "0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968"

  @Test(arguments: TestDatabase.allCases)
  func aNewPersonIsReadToTheLetter(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let whole = String(
      RunningService.person(["uuid": "\"\(Self.uuid)\""]).dropFirst().dropLast())
    let bodies = JSONBodies(
      valid: whole, with: { whole.replacing("\"age\":22", with: "\"age\":\($0)") })
    try expect(service, "POST", "/people", bodies.all, "json-people-age.txt")
  }

  @Test(arguments: TestDatabase.allCases)
  func aFareIsReadToTheLetter(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let whole = String(
      RunningService.person(["uuid": "\"\(Self.uuid)\""]).dropFirst().dropLast())
    let bodies = JSONBodies(
      valid: whole, with: { whole.replacing("\"fare\":7.25", with: "\"fare\":\($0)") })
    try expect(service, "POST", "/people", bodies.ofField, "json-people-fare.txt")
  }

  @Test(arguments: TestDatabase.allCases)
  func aNameIsReadToTheLetter(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let whole = String(
      RunningService.person(["uuid": "\"\(Self.uuid)\""]).dropFirst().dropLast())
    let bodies = JSONBodies(
      valid: whole,
      with: { whole.replacing("\"name\":\"Mr. Owen Braund\"", with: "\"name\":\($0)") })
    try expect(service, "POST", "/people", bodies.ofField, "json-people-name.txt")
  }

  @Test(arguments: TestDatabase.allCases)
  func aBirthdayIsReadToTheLetter(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let bodies = JSONBodies(
      valid: #""dateOfBirth":"1990-04-17""#, with: { "\"dateOfBirth\":\($0)" })
    try expect(service, "PUT", "/hello/Anna", bodies.all, "json-hello.txt")
  }

  private func expect(
    _ service: RunningService, _ method: String, _ path: String,
    _ bodies: [(name: String, bytes: [UInt8])],
    _ name: String, location: SourceLocation = #_sourceLocation
  ) throws {
    var text = ""
    for body in bodies {
      let answer = try service.client.send(
        HTTPRequest(
          "http://127.0.0.1:\(service.service.socket.port)\(path)", method: method,
          headers: [HTTPHeader("Content-Type", "application/json")], body: body.bytes))
      text += "\(body.name)\n  \(answer.status) \(answer.text)\n"
      if method == "POST", answer.status == 200 {
        #expect(try service.send("DELETE", "\(path)/\(Self.uuid)").status == 200)
      }
    }
    let directory = Path.parent(of: Path.parent(of: #filePath)) + "/Golden"
    let difference = try GoldenText.difference(text, name, in: directory)
    #expect(difference == nil, sourceLocation: location)
  }
}
