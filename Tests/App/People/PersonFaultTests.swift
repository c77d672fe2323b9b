import HTTPClient
import JSON
import Testing

@testable import App

@Suite struct PersonFaultTests {
  @Test(arguments: [
    ("age", "\"20\"", "'20' is not of type 'integer' - 'age'"),
    ("passengerClass", "\"20\"", "'20' is not of type 'integer' - 'passengerClass'"),
    (
      "siblingsOrSpousesAboard", "\"20\"",
      "'20' is not of type 'integer' - 'siblingsOrSpousesAboard'"
    ),
    (
      "parentsOrChildrenAboard", "\"20\"",
      "'20' is not of type 'integer' - 'parentsOrChildrenAboard'"
    ),
    ("fare", "\"20\"", "'20' is not of type 'number' - 'fare'"),
    ("sex", "\"20\"", "'20' is not one of ['male', 'female', 'other'] - 'sex'"),
    ("name", "1", "1 is not of type 'string' - 'name'"),
    ("survived", "1", "1 is not of type 'boolean' - 'survived'"),
    ("age", "true", "True is not of type 'integer' - 'age'"),
    ("age", "22.0", "22.0 is not of type 'integer' - 'age'"),
    ("age", "null", "None is not of type 'integer' - 'age'"),
    ("fare", "false", "False is not of type 'number' - 'fare'"),
    ("survived", "null", "None is not of type 'boolean' - 'survived'"),
    ("sex", "20", "20 is not of type 'string' - 'sex'"),
    ("name", "[1,\"a\",{\"b\":null}]", "[1, 'a', {'b': None}] is not of type 'string' - 'name'"),
    ("uuid", "1", "1 is not of type 'string' - 'uuid'"),
  ])
  func aWrongTypeIsToldAsItAlwaysWas(_ field: String, _ value: String, _ detail: String) throws {
    let answer = try RunningService().people("POST", "", RunningService.person([field: value]))
    try expect(answer, "about:blank", detail, "#/\(field)")
  }

  @Test(arguments: [
    "passengerClass", "name", "sex", "age", "siblingsOrSpousesAboard", "parentsOrChildrenAboard",
    "fare",
  ])
  func aMissingFieldIsToldAsItAlwaysWas(_ field: String) throws {
    let answer = try RunningService().people("POST", "", RunningService.person([field: nil]))
    try expect(answer, "validation", "No `\(field)` provided", "#/\(field)")
  }

  @Test(arguments: [
    (
      "name", "\"\(String(repeating: "é", count: 101))\"",
      "To long value for `name`. Max 100 chars."
    ),
    ("name", "\"\"", "Incorrect value for `name`"),
    ("name", #""a\u0000b""#, "Incorrect value for `name`"),
    ("age", "2147483648", "Incorrect value for `age`"),
    ("age", "-2147483649", "Incorrect value for `age`"),
    ("fare", "9007199254740993", "Incorrect value for `fare`"),
    ("uuid", "\"x\"", "Incorrect value for `uuid`"),
  ])
  func aWrongValueIsToldInTheSameVoice(_ field: String, _ value: String, _ detail: String) throws {
    let answer = try RunningService().people("POST", "", RunningService.person([field: value]))
    try expect(answer, "validation", detail, "#/\(field)")
  }

  private func expect(
    _ answer: HTTPResponse, _ type: String, _ detail: String, _ pointer: String
  ) throws {
    #expect(answer.status == 400)
    #expect(answer.header("Content-Type") == "application/problem+json")
    #expect(answer.json["type"]?.text == type)
    #expect(answer.json["title"] == "Bad Request")
    #expect(answer.json["status"] == 400)
    #expect(answer.json["detail"]?.text == detail)
    #expect(answer.json["instance"] == "/people")
    #expect(answer.json["errors"]?.elements?.map { $0["pointer"]?.text } == [pointer])
  }

  @Test func everyFaultIsListedAndTypesAreToldFirst() throws {
    let body = RunningService.person(["passengerClass": nil, "age": "\"x\"", "name": "\"\""])
    let answer = try RunningService().people("POST", "", body)
    #expect(answer.json["detail"] == "'x' is not of type 'integer' - 'age'")
    #expect(
      answer.json["errors"] == [
        ["pointer": "#/passengerClass", "detail": "is missing"],
        ["pointer": "#/name", "detail": "must have 1 to 100 characters, not 0"],
        ["pointer": "#/age", "detail": "must be an integer, not string"],
      ])
  }

  @Test func aChangeIsCheckedLikeANewPerson() throws {
    let service = try RunningService()
    let uuid = try service.add()
    let answer = try service.people("PUT", "/\(uuid)", #"{"name":1,"age":null}"#)
    #expect(answer.status == 400)
    #expect(answer.json["detail"] == "1 is not of type 'string' - 'name'")
    #expect(answer.json["errors"]?.elements?.count == 2)
    #expect(answer.json["instance"]?.text == "/people/\(uuid)")
  }

  @Test func anotherMediaTypeIs415() throws {
    let answer = try RunningService().people(
      "POST", "", RunningService.person(), headers: ["Content-Type": "text/plain"])
    #expect(answer.status == 415)
  }
}
