import Core
import HTTPClient
import JSON
import Logging
import SQL
import Testing

@testable import App

@Suite struct LegacyMessageTests {
  private static let fields = "Malformed request, missing JSON fields required"

  @Test(arguments: TestDatabase.allCases)
  func aMessageIsSentAndListedAsItWas(_ kind: TestDatabase) throws {
    let service = try RunningService(kind)
    let sent = try service.message("/message", "ada", "grace", "Lunch at noon?")
    #expect(sent.status == 200)
    #expect(sent.header("Content-Type") == "text/plain; charset=utf-8")
    let prefix = "Message saved with id: "
    #expect(sent.text.hasPrefix(prefix))
    #expect(UUID(sent.text.dropFirst(prefix.count)) != nil)
    let list = try service.get("/message")
    #expect(list.status == 200)
    #expect(list.header("Content-Type") == "application/json")
    #expect(
      list.text == #"[{"sender":"ada","recipient":"grace","message":"Lunch at noon?"}]"#)
    #expect(try service.get("/messages/\(sent.text.dropFirst(prefix.count))").status == 200)
  }

  @Test(arguments: TestDatabase.allCases)
  func onlyBothNamesTogetherFilter(_ kind: TestDatabase) throws {
    let service = try RunningService(kind)
    for (sender, recipient, text) in [("a", "b", "1"), ("b", "a", "2"), ("a", "c", "3")] {
      _ = try service.message("/message", sender, recipient, text)
    }
    for (query, texts) in [
      ("", ["3", "2", "1"]), ("?sender=a", ["3", "2", "1"]), ("?recipient=b", ["3", "2", "1"]),
      ("?sender=a&recipient=b", ["1"]), ("?sender=b&recipient=a", ["2"]),
      ("?sender=&recipient=b", ["3", "2", "1"]), ("?sender=c&recipient=a", []),
      ("?page=2&whatever=1", ["3", "2", "1"]),
    ] as [(String, [String])] {
      #expect(try service.texts("/message\(query)") == texts, "\(query)")
    }
  }

  @Test(arguments: TestDatabase.allCases)
  func theNewest100Of30DaysAreListed(_ kind: TestDatabase) throws {
    let service = try RunningService(kind)
    let database = try DatabaseURL(service.databaseURL).open()
    defer { database.close() }
    let store = MessageStore(database: database)
    let now = Timestamp.now()
    let day: Int64 = 86_400
    let ages: [Int64] = [30 * day + 60, 30 * day - 60] + (1...100)
    for age in ages {
      try store.add(
        Message(
          position: MessagePosition(created: now.advanced(by: .seconds(-age)), id: .random()),
          sender: "a", recipient: age > 100 ? "old" : "b", text: "\(age)"),
        deadline: .after(.seconds(20)))
    }
    #expect(try service.texts("/message") == (1...100).map(String.init))
    #expect(try service.texts("/message?sender=a&recipient=old") == ["\(30 * day - 60)"])
    let cleaner = Cleaner(
      MessageStore.cleaning(retention: .seconds(30 * day)), database,
      logger: Logger(level: .warning, format: .json, sink: MemorySink()))
    cleaner.clean(now: now)
    #expect(try service.texts("/messages?recipient=old") == ["\(30 * day - 60)"])
  }

  @Test(arguments: [
    "{}", "[]", "null", "", "{", #"{"sender":"a","recipient":"b"}"#,
    #"{"sender":"a","recipient":"b","message":""}"#,
    #"{"sender":"","recipient":"b","message":"c"}"#,
    #"{"sender":null,"recipient":"b","message":"c"}"#,
  ])
  func aMissingFieldIsToldInTheOldWords(_ body: String) throws {
    let answer = try RunningService().send(
      "POST", "/message", headers: ["Content-Type": "application/json"], body: body)
    #expect(answer.status == 400)
    #expect(answer.text == Self.fields)
    #expect(answer.header("Content-Type") == "text/plain; charset=utf-8")
  }

  @Test(arguments: [nil, "text/plain", "application/x-www-form-urlencoded"])
  func anotherMediaTypeIsToldInTheOldWords(_ type: String?) throws {
    let answer = try RunningService().send(
      "POST", "/message", headers: type.map { ["Content-Type": $0] } ?? [:],
      body: #"{"sender":"a","recipient":"b","message":"c"}"#)
    #expect(answer.status == 400)
    #expect(answer.text == "Request mimetype not application/json")
  }

  @Test func otherFaultsAreToldFieldByField() throws {
    let service = try RunningService()
    for (sender, text) in [(String(repeating: "a", count: 65), "c"), ("a", "\u{0}")] {
      let answer = try service.message("/message", sender, "b", text)
      #expect(answer.status == 400)
      #expect(answer.header("Content-Type") == "application/problem+json")
      #expect(answer.json["errors"]?.elements?.count == 1)
    }
  }

  @Test func fieldsThatNobodyKnowsAreIgnoredAndASlashIsAccepted() throws {
    let answer = try RunningService().send(
      "POST", "/message/", headers: ["Content-Type": "application/json"],
      body: #"{"sender":"a","recipient":"b","message":"c","subject":"d"}"#)
    #expect(answer.status == 200)
  }
}
