import Core
import HTTPClient
import JSON
import SQL
import TestSupport
import Testing

@testable import App

@Suite struct PersonConditionTests {
  @Test(arguments: TestDatabase.allCases)
  func theTagIsThatOfTheVersionWhereverItComesFrom(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let made = try service.people("POST", "", RunningService.person())
    let uuid = try #require(made.json["uuid"]?.text)
    let tag = try #require(made.header("ETag"))
    #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
    #expect(try service.people("GET", "/\(uuid)").header("ETag") == tag)
    let changed = try service.people("PUT", "/\(uuid)", #"{"age":23}"#)
    #expect(changed.header("ETag") != tag)
    #expect(try service.people("GET", "/\(uuid)").header("ETag") == changed.header("ETag"))
  }

  @Test(arguments: TestDatabase.allCases)
  func aWriteIsDoneWhereTheTagIsKnownAlone(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let uuid = try service.add()
    let tag = try #require(try service.people("GET", "/\(uuid)").header("ETag"))
    func put(_ ifMatch: String, _ body: String = #"{"age":1}"#) throws -> Int {
      try service.people("PUT", "/\(uuid)", body, headers: ["If-Match": ifMatch]).status
    }
    for wrong in ["\"x\"", "W/\(tag)", "nonsense", "\"\"", "\(tag.dropLast())"] {
      #expect(try put(wrong) == 412, "\(wrong)")
      #expect(try put(wrong, "{}") == 412, "\(wrong)")
      #expect(
        try service.people("DELETE", "/\(uuid)", headers: ["If-Match": wrong]).status == 412)
    }
    #expect(try service.people("GET", "/\(uuid)").json["age"] == 22)
    #expect(try put("\"x\" ,  \(tag)", "{}") == 200)
    #expect(try put("\"x\" ,  \(tag)") == 200)
    #expect(try put(tag) == 412)
    #expect(try put("*") == 200)
    #expect(try service.people("DELETE", "/\(uuid)", headers: ["If-Match": "*"]).status == 200)
    for tag in ["*", tag] {
      #expect(try put(tag) == 404)
      #expect(try service.people("DELETE", "/\(uuid)", headers: ["If-Match": tag]).status == 404)
    }
  }

  @Test(arguments: TestDatabase.allCases)
  func aPageHasATagOfItsOwnThatIsGoodForAWrite(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let uuid = try service.add()
    let page = try service.people("GET", "/\(uuid)", headers: ["Accept": "text/html"])
    let tag = try #require(page.header("ETag"))
    #expect(try service.people("GET", "/\(uuid)").header("ETag") != tag)
    let answer = try service.people(
      "PUT", "/\(uuid)", #"{"age":1}"#, headers: ["If-Match": tag])
    #expect(answer.status == 200)
  }

  @Test(arguments: TestDatabase.allCases)
  func theVersionGrowsEvenWhenTheClockDoesNot(_ database: TestDatabase) throws {
    let directory = TemporaryDirectory()
    let url = try database.make(in: directory)
    try TestDatabase.migrate(url)
    let opened = try DatabaseURL(url).open()
    defer { opened.close() }
    let store = PersonStore(database: opened)
    for text in [
      "2026-03-01T12:00:00.000000Z", "2026-12-31T23:59:59.999998Z", "2024-02-28T23:59:59.999999Z",
      "1969-12-31T23:59:59.999999Z", "2026-03-01T12:00:00.099999Z",
    ] {
      let moment = try #require(Timestamp(iso8601: text))
      let changes = PersonChanges(try JSONReader.read(RunningService.person()))
      let person = try changes.person(.random(), at: moment)
      #expect(try store.insert(person, deadline: .after(.seconds(20))))
      for step in 1...3 {
        let merged = try store.merge(
          changes, into: person.uuid, at: nil, now: moment, deadline: .after(.seconds(20)))
        #expect(
          merged?.version.microsecondsSinceEpoch
            == moment.microsecondsSinceEpoch + Int64(step), "\(text)")
      }
    }
  }

  @Test(arguments: TestDatabase.allCases)
  func changesOfDifferentFieldsAtTheSameTimeAllLast(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let uuid = try service.add()
    let fields = ["age", "passengerClass", "siblingsOrSpousesAboard", "parentsOrChildrenAboard"]
    for round in 1...20 {
      try Crowd.run(fields.count) { index in
        let answer = try service.people("PUT", "/\(uuid)", "{\"\(fields[index])\":\(round)}")
        #expect(answer.status == 200)
      }
      let person = try service.people("GET", "/\(uuid)").json
      #expect(fields.map { person[$0]?.number } == fields.map { _ in Int64(round) })
    }
  }

  @Test(arguments: TestDatabase.allCases)
  func ofThoseWhoSawTheSameVersionOneWins(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let uuid = try service.add()
    for _ in 0..<10 {
      let tag = try #require(try service.people("GET", "/\(uuid)").header("ETag"))
      let won = Counter()
      try Crowd.run(4) { index in
        let answer = try service.people(
          "PUT", "/\(uuid)", "{\"age\":\(index)}", headers: ["If-Match": tag])
        #expect([200, 412].contains(answer.status))
        if answer.status == 200 { won.add() }
      }
      #expect(won.value == 1)
    }
  }

  @Test(arguments: TestDatabase.allCases)
  func ofThoseWhoBringTheSameUUIDOneIsTaken(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    for _ in 0..<10 {
      let body = RunningService.person(["uuid": "\"\(UUID.random())\""])
      let taken = Counter()
      let refused = Counter()
      try Crowd.run(4) { _ in
        let status = try service.people("POST", "", body).status
        if status == 200 { taken.add() }
        if status == 409 { refused.add() }
      }
      #expect(taken.value == 1)
      #expect(refused.value == 3)
    }
  }
}
