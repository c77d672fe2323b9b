import Core
import HTTPClient
import JSON
import POSIX
import SQL
import Testing

@testable import App

extension RunningService {
  /// Jumbles a word, given as the JSON text of the body.
  func jumble(_ body: String, path: String = "/api/randomizes") throws -> HTTPResponse {
    try send("POST", path, headers: ["Content-Type": "application/json"], body: body)
  }
}

@Suite struct RandomizeContractTests {
  @Test(arguments: TestDatabase.allCases)
  func aWordIsJumbledKeptAndFoundAgain(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let before = Timestamp.now()
    let made = try service.jumble(#"{"word":"slipway"}"#)
    #expect(made.status == 201)
    #expect(
      made.json.members?.map(\.name) == ["id", "created", "updated", "original", "jumbled"])
    #expect(made.json["original"] == "slipway")
    #expect(made.json["jumbled"]?.text?.sorted() == "slipway".sorted())
    let created = try #require(made.json["created"]?.text)
    #expect(made.json["updated"]?.text == created)
    #expect(created.count == 24 && created.hasSuffix("Z"))
    let moment = try #require(Timestamp(iso8601: created))
    #expect(moment > before.advanced(by: .seconds(-1)))
    let id = try #require(made.json["id"]?.number)
    #expect(made.header("Location") == "/api/randomizes/\(id)")
    let found = try service.get("/api/randomizes/\(id)")
    #expect(found.status == 200)
    #expect(found.body == made.body)
    #expect(try service.get("/api/randomizes/\(id)/").body == made.body)
    #expect(try service.send("HEAD", "/api/randomizes/\(id)").status == 200)
  }

  @Test(arguments: TestDatabase.allCases)
  func theSameWordAgainIsANewRow(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let ids = try (0..<2).map { _ in
      try service.jumble(#"{"word":"word"}"#, path: "/api/randomizes/").json["id"]?.number
    }
    #expect(ids[0] != nil && ids[0] != ids[1])
  }

  @Test(arguments: TestDatabase.allCases)
  func putJumblesAgainAndMovesUpdated(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let made = try service.jumble(#"{"word":"a word of many letters"}"#).json
    let id = try #require(made["id"]?.number)
    WorkThread.sleep(.milliseconds(5))
    let again = try service.send("PUT", "/api/randomizes/\(id)")
    #expect(again.status == 200)
    #expect(again.json["created"] == made["created"])
    #expect(again.json["original"] == made["original"])
    #expect(again.json["jumbled"] != made["jumbled"])
    let moments = try [made, again.json].map { try #require($0["updated"]?.text) }
    #expect(moments[0] < moments[1])
    #expect(try service.get("/api/randomizes/\(id)").body == again.body)
  }

  @Test(arguments: TestDatabase.allCases)
  func whatWasDeletedIsGone(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let id = try #require(try service.jumble(#"{"word":"word"}"#).json["id"]?.number)
    let gone = try service.send("DELETE", "/api/randomizes/\(id)")
    #expect(gone.status == 204 && gone.body.isEmpty)
    for method in ["GET", "PUT", "DELETE"] {
      let answer = try service.send(method, "/api/randomizes/\(id)")
      #expect(answer.status == 404)
      #expect(answer.header("Content-Type") == "application/problem+json")
    }
  }

  @Test(arguments: ["0", "-1", "abc", "1.5", "%2B1", "9223372036854775808"])
  func anIdThatIsNoneIs400(_ id: String) throws {
    #expect(try RunningService().get("/api/randomizes/\(id)").status == 400)
  }

  @Test(arguments: [
    ("{}", "#/word"), (#"{"word":""}"#, "#/word"), (#"{"word":null}"#, "#/word"),
    (#"{"word":7}"#, "#/word"), (#"{"word":"a\u0000b"}"#, "#/word"), (#"["word"]"#, "#"),
    (#"{"word":"a","wrod":"b"}"#, "#/wrod"),
    (#"{"word":"\#(String(repeating: "é", count: 256))"}"#, "#/word"),
  ])
  func aWrongWordIs400AndNamed(_ body: String, _ pointer: String) throws {
    let answer = try RunningService().jumble(body)
    #expect(answer.status == 400)
    #expect(answer.json["errors"]?.elements?.first?["pointer"]?.text == pointer)
  }

  @Test(arguments: TestDatabase.allCases)
  func anyTextOf255CodePointsSurvives(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    for word in [
      String(repeating: "👍", count: 255), "'; DROP TABLE randomizes; --", "\u{1}\u{7F}\u{FFFE}",
      "👩‍👩‍👧‍👦🇩🇪", "a\r\nb", "%_\\", "\u{10FFFF}",
    ] {
      let body = JSONValue.object([JSONMember("word", .string(word))]).written()
      let answer = try service.jumble(body)
      #expect(answer.status == 201)
      let id = try #require(answer.json["id"]?.number)
      let kept = try #require(try service.get("/api/randomizes/\(id)").json["original"]?.text)
      #expect(Array(kept.utf8) == Array(word.utf8))
    }
  }

  @Test func anotherMediaTypeIs415AndAnotherMethod405() throws {
    let service = try RunningService()
    let answer = try service.send(
      "POST", "/api/randomizes", headers: ["Content-Type": "text/plain"], body: "word")
    #expect(answer.status == 415)
    let patch = try service.send("PATCH", "/api/randomizes/1")
    #expect(patch.status == 405)
    #expect(patch.header("Allow") == "DELETE, GET, HEAD, OPTIONS, PUT")
  }
}

@Suite struct RandomizeListTests {
  private static func words(_ answer: HTTPResponse) -> [String]? {
    answer.json.elements?.compactMap { $0["original"]?.text }
  }

  private static func filled(_ database: TestDatabase, _ words: [String]) throws -> RunningService {
    let service = try RunningService(database)
    for word in words {
      let body = JSONValue.object([JSONMember("word", .string(word))]).written()
      #expect(try service.jumble(body).status == 201)
    }
    return service
  }

  @Test(arguments: TestDatabase.allCases)
  func filtersTakeTextAsItStands(_ database: TestDatabase) throws {
    let words = ["100% sure", "100 sure", "a_b", "axb", #"a\b"#, "A_B", "été", "a_b"]
    let service = try Self.filled(database, words)
    for (query, expected) in [
      ("", words), ("?original=a_b", ["a_b", "a_b"]), ("?original=A_b", []),
      ("?contains=_", ["a_b", "A_B", "a_b"]), ("?contains=%25", ["100% sure"]),
      ("?contains=%5C", [#"a\b"#]), ("?contains=B", ["A_B"]), ("?contains=t%C3%A9", ["été"]),
      ("?contains=sure", ["100% sure", "100 sure"]),
      ("?contains=_&original=A_B", ["A_B"]), ("?contains=x&original=A_B", []),
    ] as [(String, [String])] {
      let answer = try service.get("/api/randomizes\(query)")
      #expect(answer.status == 200)
      #expect(Self.words(answer) == expected, "\(query)")
      #expect(answer.header("Link") == nil)
    }
  }

  @Test(arguments: TestDatabase.allCases)
  func pagesFollowEachOtherWithoutGapOrRepetition(_ database: TestDatabase) throws {
    let service = try Self.filled(database, (0..<7).map { "word\($0 % 2) \($0)" })
    var path: String? = "/api/randomizes?limit=2&contains=word0"
    var pages: [[String]] = []
    while let next = path, pages.count < 10 {
      let answer = try service.get(next)
      pages.append(try #require(Self.words(answer)))
      path = answer.header("Link").map { String($0.dropFirst().prefix { $0 != ">" }) }
    }
    #expect(pages == [["word0 0", "word0 2"], ["word0 4", "word0 6"]])
  }

  @Test(arguments: [
    "limit=0", "limit=1001", "limit=x", "cursor=", "cursor=abc", "cursor=WyJhIl0", "original=",
    "contains=%ED%A0%80", "page=2", "limit=1&limit=2",
  ])
  func aWrongParameterIs400(_ query: String) throws {
    #expect(try RunningService().get("/api/randomizes?\(query)").status == 400)
  }
}
