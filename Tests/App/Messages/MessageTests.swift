import Core
import HTTPClient
import JSON
import Logging
import POSIX
import SQL
import Testing

@testable import App

@Suite struct MessageTests {
  @Test(arguments: TestDatabase.allCases)
  func aMessageThatWasSentIsShown(_ kind: TestDatabase) throws {
    let service = try RunningService(kind)
    let sent = try service.message("/messages", "ada", "grace", "Lunch at noon?")
    #expect(sent.status == 201)
    let id = try #require(sent.json["id"]?.text)
    #expect(sent.header("Location") == "/messages/\(id)")
    #expect(sent.json["sender"] == "ada")
    #expect(sent.json["recipient"] == "grace")
    #expect(sent.json["message"] == "Lunch at noon?")
    let created = try #require(sent.json["created"]?.text.flatMap { Timestamp(iso8601: $0) })
    #expect(abs(Timestamp.now().since(created).inSeconds) < 600)
    let shown = try service.get("/messages/\(id)")
    #expect(shown.status == 200)
    #expect(shown.body == sent.body)
    let tag = try #require(shown.header("ETag"))
    #expect(try service.get("/messages/\(id)", headers: ["If-None-Match": tag]).status == 304)
  }

  @Test(arguments: TestDatabase.allCases)
  func aMessageThatWasForgottenIsGone(_ kind: TestDatabase) throws {
    let service = try RunningService(kind)
    let id = try #require(try service.message("/messages", "ada", "grace", "x").json["id"]?.text)
    #expect(try service.send("DELETE", "/messages/\(id)").status == 204)
    #expect(try service.send("DELETE", "/messages/\(id)").status == 404)
    #expect(try service.get("/messages/\(id)").status == 404)
    #expect(try service.get("/messages/none").status == 400)
  }

  @Test(arguments: TestDatabase.allCases)
  func aListIsForARecipientTheNewestFirst(_ kind: TestDatabase) throws {
    let service = try RunningService(kind)
    for (sender, recipient, text) in [
      ("ada", "grace", "1"), ("alan", "grace", "2"), ("ada", "alan", "3"), ("ada", "grace", "4"),
    ] { #expect(try service.message("/messages", sender, recipient, text).status == 201) }
    #expect(try service.texts("/messages?recipient=grace") == ["4", "2", "1"])
    #expect(try service.texts("/messages?recipient=grace&sender=ada") == ["4", "1"])
    #expect(try service.texts("/messages?recipient=Grace") == [])
    #expect(try service.get("/messages").status == 400)
    #expect(try service.get("/messages?recipient=grace&to=ada").status == 400)
    #expect(try service.get("/messages?recipient=grace&recipient=ada").status == 400)
  }

  @Test(arguments: TestDatabase.allCases)
  func pagesFollowEachOtherThroughMessagesOfOneMoment(_ kind: TestDatabase) throws {
    let service = try RunningService(kind)
    let database = try DatabaseURL(service.databaseURL).open()
    defer { database.close() }
    let store = MessageStore(database: database)
    let now = Timestamp.now()
    for number in 0..<7 {
      try store.add(
        Message(
          position: MessagePosition(
            created: number < 5 ? now : now.advanced(by: .microseconds(1)), id: .random()),
          sender: "ada", recipient: "grace", text: "\(number)"), deadline: .after(.seconds(20)))
    }
    var seen: [String] = []
    var path: String? = "/messages?recipient=grace&sender=ada&limit=3"
    for _ in 0..<4 {
      guard let next = path else { break }
      let answer = try service.get(next)
      #expect(answer.status == 200)
      seen += (answer.json.elements ?? []).compactMap { $0["message"]?.text }
      path = answer.header("Link").map { String($0.dropFirst().prefix { $0 != ">" }) }
    }
    #expect(path == nil)
    #expect(seen.sorted() == (0..<7).map(String.init))
    #expect(Set(seen.prefix(2)) == ["5", "6"])
  }

  @Test(arguments: TestDatabase.allCases)
  func sinceLeavesOutWhatCameBefore(_ kind: TestDatabase) throws {
    let service = try RunningService(kind)
    let database = try DatabaseURL(service.databaseURL).open()
    defer { database.close() }
    let noon = try #require(Timestamp(iso8601: "2026-01-01T12:00:00Z"))
    for offset in [-1, 0, 1] {
      try MessageStore(database: database).add(
        Message(
          position: MessagePosition(created: noon.advanced(by: .seconds(offset)), id: .random()),
          sender: "ada", recipient: "grace", text: "\(offset)"), deadline: .after(.seconds(20)))
    }
    for (since, texts) in [
      ("2026-01-01T12:00:00Z", ["1", "0"]), ("2026-01-01t13:00:00.5%2B01:00", ["1"]),
      ("2026-01-01T11:59:59.000Z", ["1", "0", "-1"]), ("0001-01-01T00:00:00Z", ["1", "0", "-1"]),
      ("9999-12-31T23:59:59-23:59", []),
    ] as [(String, [String])] {
      #expect(try service.texts("/messages?recipient=grace&since=\(since)") == texts, "\(since)")
    }
    for wrong in ["yesterday", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", ""] {
      #expect(try service.get("/messages?recipient=grace&since=\(wrong)").status == 400)
    }
  }

  @Test func aCursorOfAnotherListIsRefused() throws {
    let service = try RunningService()
    let id = UUID.random().description
    for key in [[.integer(1)], [.integer(-1), .string(id)], [.integer(1), "x"], ["x", "y"]]
      as [[JSONValue]]
    {
      let answer = try service.get("/messages?recipient=grace&cursor=\(Cursor(key).text)")
      #expect(answer.status == 400)
      #expect(answer.json["errors"]?.elements?.first?["pointer"] == "#/query/cursor")
    }
  }

  @Test(arguments: TestDatabase.allCases)
  func anyTextComesBackAsItWent(_ kind: TestDatabase) throws {
    let service = try RunningService(kind)
    for text in [
      "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪", "שלום עולם \u{202E}txt", "e\u{301} \u{e9} n\u{303}\u{320}",
      "\u{E000}\u{F8FF}\u{10FFFD}",
      "\u{FFFE}\u{FFFF}\u{FEFF}", "\t\n\r\u{1}\u{1F}\u{7F}\u{85}\u{2028}", "\"\\/'`;--", "%00%_",
      " ",
      "\u{1F600}", "𐍈漢字かな한국어",
    ] {
      let sent = try service.message("/messages", "ada", text, text)
      #expect(sent.status == 201)
      #expect(sent.json["message"]?.text?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
      let id = sent.json["id"]?.text ?? ""
      let shown = try service.get("/messages/\(id)").json
      #expect(shown["message"]?.text?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
      let listed = try service.texts(
        "/messages?recipient=\(PercentEncoding.encode(text))&limit=1")
      #expect(listed.first?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
    }
  }

  @Test func accentsThatAreWrittenDifferentlyAreDifferentNames() throws {
    let service = try RunningService()
    #expect(try service.message("/messages", "ada", "\u{e9}", "x").status == 201)
    #expect(try service.texts("/messages?recipient=e%CC%81") == [])
    #expect(try service.texts("/messages?recipient=%C3%A9") == ["x"])
  }

  @Test(arguments: TestDatabase.allCases)
  func lengthsAreCountedInCodePoints(_ kind: TestDatabase) throws {
    let service = try RunningService(kind)
    let name = String(repeating: "😀", count: 64)
    let text = String(repeating: "😀", count: 1024)
    #expect(try service.message("/messages", name, name, text).status == 201)
    for (sender, recipient, message, pointer) in [
      (name + "x", "b", "c", "#/sender"), ("a", name + "x", "c", "#/recipient"),
      ("a", "b", text + "x", "#/message"), ("", "b", "c", "#/sender"),
      ("a", "b", "a\u{0}b", "#/message"), ("\u{0}", "b", "c", "#/sender"),
    ] {
      let answer = try service.message("/messages", sender, recipient, message)
      #expect(answer.status == 400)
      #expect(answer.json["errors"]?.elements?.count == 1)
      #expect(answer.json["errors"]?.elements?.first?["pointer"]?.text == pointer)
    }
    #expect(try service.get("/messages?recipient=a%00").status == 400)
  }

  @Test(arguments: [
    #"{"sender":"a","recipient":"b","message":"\ud800"}"#,
    #"{"sender":"a","recipient":"b","message":"\udc00\ud800"}"#,
    #"{"sender":"a","recipient":"b","message":"c","message":"d"}"#,
    #"{"sender":"a","recipient":"b","message":"c""#,
    #"{"sender":"a","recipient":"b","message":"c","subject":"d"}"#,
    #"{"sender":"a","recipient":"b","message":null}"#, #"["a","b","c"]"#, "null",
  ])
  func whatIsNoMessageIsRefused(_ body: String) throws {
    let answer = try RunningService().send(
      "POST", "/messages", headers: ["Content-Type": "application/json"], body: body)
    #expect(answer.status == 400)
    #expect(answer.header("Content-Type") == "application/problem+json")
  }

  @Test func whatIsSentTwiceUnderOneKeyIsKeptOnce() throws {
    let service = try RunningService()
    let answers = try (0..<2).map { _ in
      try service.message("/messages", "ada", "grace", "x", headers: ["Idempotency-Key": "k1"])
    }
    #expect(answers[0].body == answers[1].body)
    #expect(try service.texts("/messages?recipient=grace") == ["x"])
  }

  @Test func noLogHoldsTheText() throws {
    let service = try RunningService()
    for path in ["/message", "/messages"] {
      _ = try service.message(
        path, "sender-name", "recipient-name", "the secret text",
        headers: ["X-Request-Id": "sent"])
    }
    _ = try service.get("/messages?recipient=recipient-name", headers: ["X-Request-Id": "sent"])
    #expect(eventually { service.log.written.count { $0.contains("\"sent\"") } >= 3 })
    let lines = service.log.written.joined()
    for word in ["secret text", "sender-name", "recipient-name"] { #expect(!lines.contains(word)) }
  }
}

extension RunningService {
  func message(
    _ path: String, _ sender: String, _ recipient: String, _ text: String,
    headers: [String: String] = [:]
  ) throws -> HTTPResponse {
    let body: JSONValue = [
      "sender": .string(sender), "recipient": .string(recipient), "message": .string(text),
    ]
    return try send(
      "POST", path, headers: headers.merging(["Content-Type": "application/json"]) { $1 },
      body: body.written())
  }

  /// The texts of a list of messages.
  func texts(_ path: String) throws -> [String] {
    (try get(path).json.elements ?? []).compactMap { $0["message"]?.text }
  }
}
