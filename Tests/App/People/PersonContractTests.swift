import HTTPClient
import JSON
import SQL
import Testing

@testable import App

@Suite struct PersonContractTests {
  private static let uuid = "0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968"

  @Test(arguments: TestDatabase.allCases)
  func somebodyWhoWasAddedIsTold(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let answer = try service.people(
      "POST", "", RunningService.person(["uuid": "\"\(Self.uuid.uppercased())\""]))
    #expect(answer.status == 200)
    #expect(answer.header("Content-Type") == "application/json")
    #expect(answer.header("Content-Location") == "/people/\(Self.uuid)")
    #expect(
      answer.text == """
        {"uuid":"\(Self.uuid)","survived":true,"passengerClass":3,"name":"Mr. Owen Braund",\
        "sex":"male","age":22,"siblingsOrSpousesAboard":1,"parentsOrChildrenAboard":0,"fare":7.25}
        """)
    let told = try service.people("GET", "/\(Self.uuid.uppercased())/")
    #expect(told.status == 200)
    #expect(told.text == answer.text)
    #expect(try service.people("GET").text == "[\(answer.text)]")
    #expect(try service.people("HEAD", "/\(Self.uuid)").status == 200)
  }

  @Test(arguments: TestDatabase.allCases)
  func theServiceMakesAUUIDAndAnythingUnknownIsIgnored(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let answer = try service.people(
      "POST", "?pretty=1", RunningService.person(["survived": nil, "cabin": "[null]"]))
    #expect(answer.status == 200)
    #expect(answer.json["survived"] == false)
    #expect(answer.json["cabin"] == nil)
    let uuid = try #require(answer.json["uuid"]?.text)
    #expect(UUID(uuid) != nil && uuid.dropFirst(14).first == "4")
  }

  @Test(arguments: TestDatabase.allCases)
  func aUUIDThatIsTakenIs409(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let body = RunningService.person(["uuid": "\"\(Self.uuid)\""])
    #expect(try service.people("POST", "", body).status == 200)
    let answer = try service.people("POST", "", body)
    #expect(answer.status == 409)
    #expect(answer.json["errors"]?.elements?.first?["pointer"] == "#/uuid")
  }

  @Test(arguments: TestDatabase.allCases)
  func aChangeLeavesTheOtherFieldsAsTheyAre(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let uuid = try service.add()
    var expected = try service.people("GET", "/\(uuid)").json
    for (name, text) in [
      ("name", #""Alex""#), ("survived", "false"), ("sex", #""other""#), ("age", "-2147483648"),
      ("passengerClass", "0"), ("siblingsOrSpousesAboard", "2147483647"),
      ("parentsOrChildrenAboard", "9"), ("fare", "1e308"),
    ] {
      let answer = try service.people("PUT", "/\(uuid)", "{\"\(name)\":\(text)}")
      #expect(answer.status == 200)
      let value = try JSONReader.read(text)
      expected = .object(
        (expected.members ?? []).map { $0.name == name ? JSONMember(name, value) : $0 })
      #expect(answer.json == expected)
    }
    #expect(try service.people("GET", "/\(uuid)").json == expected)
  }

  @Test(arguments: TestDatabase.allCases)
  func aChangeOfNothingChangesNothing(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let uuid = try service.add()
    let before = try service.people("GET", "/\(uuid)")
    for body in ["{}", #"{"uuid":1,"cabin":"C85"}"#] {
      let answer = try service.people("PUT", "/\(uuid)", body)
      #expect(answer.status == 200)
      #expect(answer.text == before.text)
      #expect(answer.header("ETag") == before.header("ETag"))
    }
  }

  @Test(arguments: TestDatabase.allCases)
  func somebodyWhoWasForgottenIsUnknown(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let uuid = try service.add()
    let answer = try service.people("DELETE", "/\(uuid)")
    #expect(answer.status == 200)
    #expect(answer.text == "{}")
    #expect(try service.people("GET", "/\(uuid)").status == 404)
    #expect(try service.people("DELETE", "/\(uuid)").status == 404)
    #expect(try service.people("PUT", "/\(uuid)", #"{"age":1}"#).status == 404)
    #expect(try service.people("PUT", "/\(uuid)", "{}").status == 404)
  }

  @Test(arguments: ["1", "not-a-uuid", "7d44e2d66b0a4f6c9a5b2f1c3a9d8e10", "%00", uuid + "0"])
  func aMalformedUUIDIs400(_ uuid: String) throws {
    let service = try RunningService()
    for method in ["GET", "PUT", "DELETE"] {
      let answer = try service.people(method, "/\(uuid)", method == "PUT" ? "{}" : "")
      #expect(answer.status == 400)
      #expect(answer.header("Content-Type") == "application/problem+json")
    }
  }

  @Test func anotherMethodIs405WithAllow() throws {
    let service = try RunningService()
    #expect(try service.people("DELETE").header("Allow") == "GET, HEAD, OPTIONS, POST")
    let answer = try service.people("POST", "/\(Self.uuid)", "{}")
    #expect(answer.status == 405)
    #expect(answer.header("Allow") == "DELETE, GET, HEAD, OPTIONS, PUT")
  }

  @Test(arguments: TestDatabase.allCases)
  func aFareComesBackExactly(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    for (sent, told) in [
      ("7", "7.0"), ("0.1", "0.1"), ("26.55", "26.55"), ("1e308", "1e+308"), ("-0.0", "0.0"),
      ("5e-324", "5e-324"), ("0.30000000000000004", "0.30000000000000004"),
      ("9007199254740992", "9007199254740992.0"),
      ("1.7976931348623157e308", "1.7976931348623157e+308"),
    ] {
      let uuid = try service.add(["fare": sent])
      let answer = try service.people("GET", "/\(uuid)")
      #expect(answer.text.hasSuffix("\"fare\":\(told)}"), "\(sent)")
    }
  }

  @Test(arguments: TestDatabase.allCases)
  func aNameComesBackAsItWasSent(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    for name in [
      String(repeating: "𝄞", count: 100), "e\u{301}", "\u{1}\u{7F}", "O'Neil \"x\" \\ <b>&", " ",
      "👩‍👩‍👧‍👦", "\u{202E}x", "%s$1",
    ] {
      let text = JSONValue.string(name).written()
      let uuid = try service.add(["name": text])
      #expect(
        try service.people("GET", "/\(uuid)").json["name"]?.text?.unicodeScalars.elementsEqual(
          name.unicodeScalars) == true)
    }
  }
}
