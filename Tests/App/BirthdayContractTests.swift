import Core
import HTTPClient
import JSON
import POSIX
import Testing

@testable import App

@Suite struct BirthdayContractTests {
  @Test(arguments: TestDatabase.allCases)
  func aBirthdayThatWasPutIsTold(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let today = Timestamp.now().date
    let born = try #require(CivilDate(year: 2000, month: today.month, day: min(today.day, 28)))
    #expect(try service.put("Anna", #"{"dateOfBirth":"\#(born)"}"#).status == 204)
    let answer = try service.get("/hello/Anna")
    #expect(answer.status == 200)
    #expect(answer.header("Content-Type") == "application/json")
    let days = Birthday.daysUntil(born, from: Timestamp.now().date, policy: .february28)
    #expect(
      answer.text == #"{"message":"\#(Birthday.message(for: "Anna", daysUntil: days))"}"#)
  }

  @Test(arguments: TestDatabase.allCases)
  func aSecondPutReplacesTheFirst(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let yesterday = CivilDate(daysSinceEpoch: Timestamp.now().date.daysSinceEpoch - 1)
    for date in ["1990-01-01", yesterday.description] {
      #expect(try service.put("Anna", #"{"dateOfBirth":"\#(date)"}"#).status == 204)
    }
    let days = Birthday.daysUntil(yesterday, from: Timestamp.now().date, policy: .february28)
    #expect(
      try service.get("/hello/Anna").json["message"]?.text
        == Birthday.message(for: "Anna", daysUntil: days))
  }

  @Test(arguments: TestDatabase.allCases)
  func namesAreKeptAsGiven(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    #expect(try service.put("Anna", #"{"dateOfBirth":"1990-01-01"}"#).status == 204)
    #expect(try service.get("/hello/anna").status == 404)
    #expect(try service.get("/hello/Anna/").status == 200)
    #expect(try service.send("HEAD", "/hello/Anna").status == 200)
  }

  @Test(arguments: [
    (#"{"dateOfBirth":"1990-02-29"}"#, "#/dateOfBirth"),
    (#"{"dateOfBirth":"2100-02-29"}"#, "#/dateOfBirth"),
    (#"{"dateOfBirth":"1990-2-1"}"#, "#/dateOfBirth"),
    (#"{"dateOfBirth":"9999-12-31"}"#, "#/dateOfBirth"),
    (#"{"dateOfBirth":""}"#, "#/dateOfBirth"),
    (#"{"dateOfBirth":19900101}"#, "#/dateOfBirth"),
    (#"{"dateOfBirth":null}"#, "#/dateOfBirth"), (#"{}"#, "#/dateOfBirth"),
    (#"[]"#, "#"), (#""1990-01-01""#, "#"),
  ])
  func aWrongFieldIsNamed(_ body: String, _ pointer: String) throws {
    let answer = try RunningService().put("Anna", body)
    #expect(answer.status == 400)
    #expect(answer.header("Content-Type") == "application/problem+json")
    #expect(answer.json["errors"]?.elements?.first?["pointer"]?.text == pointer)
    #expect(answer.json["instance"]?.text == "/hello/Anna")
  }

  @Test func todayIsNotBeforeToday() throws {
    let service = try RunningService()
    let answer = try service.put("Anna", #"{"dateOfBirth":"\#(Timestamp.now().date)"}"#)
    #expect(answer.status == 400)
    #expect(
      answer.json["errors"]?.elements?.first?["detail"]?.text == "must be a day before today")
  }

  @Test(arguments: [
    (#"{"dateOfBirth":"1990-01-01""#, "line 1"), ("", "line 1"),
    ("{\"dateOfBirth\":\n\"1990-01-01\",}", "line 2"),
    (#"{"dateOfBirth":"1990-01-01","dateOfBirth":"1990-01-02"}"#, "duplicate"),
    (#"{"dateOfBirth":"1990-01-01"} x"#, "line 1"),
  ])
  func malformedJSONIsRefusedWithItsPlace(_ body: String, _ part: String) throws {
    let answer = try RunningService().put("Anna", body)
    #expect(answer.status == 400)
    #expect(answer.json["detail"]?.text?.contains(part) == true)
  }

  @Test(arguments: [nil, "text/plain", "application/jsonx", "application/json; charset=latin1"])
  func anotherMediaTypeIs415(_ type: String?) throws {
    let answer = try RunningService().put(
      "Anna", #"{"dateOfBirth":"1990-01-01"}"#, contentType: type)
    #expect(answer.status == 415)
  }

  @Test(arguments: ["Ann4", "Anna%20B", "%C3%A9", "a%2Fb", String(repeating: "x", count: 65)])
  func aNameOfAnythingButLettersIs400(_ name: String) throws {
    let service = try RunningService()
    #expect(try service.get("/hello/\(name)").status == 400)
    #expect(try service.put(name, #"{"dateOfBirth":"1990-01-01"}"#).status == 400)
  }

  @Test func anotherMethodIs405WithAllow() throws {
    let answer = try RunningService().send("DELETE", "/hello/Anna")
    #expect(answer.status == 405)
    #expect(answer.header("Allow") == "GET, HEAD, OPTIONS, PUT")
  }

  @Test func theZoneAndThePolicyAreThoseOfTheConfiguration() throws {
    let service = try RunningService(.sqlite, ["BIRTHDAY_LEAP_POLICY": "mar01"])
    #expect(service.service.configuration.birthdayLeapPolicy == .march1)
    #expect(try service.put("Leap", #"{"dateOfBirth":"1992-02-29"}"#).status == 204)
    let born = try #require(CivilDate("1992-02-29"))
    let days = Birthday.daysUntil(born, from: Timestamp.now().date, policy: .march1)
    #expect(
      try service.get("/hello/Leap").json["message"]?.text
        == Birthday.message(for: "Leap", daysUntil: days))
  }
}
