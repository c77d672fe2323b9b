import Core
import HTTPClient
import JSON
import TestSupport
import Testing

@testable import App

@Suite struct ViewContractTests {
  private static func service(
    _ upstream: UpstreamDouble, _ database: TestDatabase = .sqlite,
    _ variables: [String: String] = [:]
  ) throws -> RunningService {
    let fixed = ["PAGEVIEWS_BASE_URL": upstream.url]
    return try RunningService(database, fixed.merging(variables) { _, given in given })
  }

  @Test(arguments: TestDatabase.allCases)
  func theCountsOfTheOriginalServiceComeAsItGaveThem(_ database: TestDatabase) throws {
    let upstream = try UpstreamDouble()
    let service = try Self.service(upstream, database)
    for (path, views) in [
      ("Foobar/2023/11", 14510), ("Foobar/2023/2", 17887), ("Foobar/2023/02", 17887),
      ("Kubernetes/2023/11", 54066), ("2023/2023/11", 593_627),
    ] {
      for _ in 0..<2 {
        let answer = try service.get("/monthly_view_count/\(path)")
        #expect(answer.status == 200)
        #expect(answer.header("Content-Type") == "application/json")
        #expect(answer.text == "\"\(views)\"")
      }
    }
    #expect(upstream.targets.count == 4)
  }

  @Test(arguments: [
    ("Foobar/2023/13", 400, #""error, month must be an int between 1 and 12""#),
    ("Foobar/2023/0", 400, #""error, month must be an int between 1 and 12""#),
    ("Foobar/3000/13", 400, #""error, month must be an int between 1 and 12""#),
    ("Foobar/2023/9999999999999999999", 400, #""error, month must be an int between 1 and 12""#),
    ("Foobar/3000/02", 400, #""error, queried date is in the future""#),
    ("Foobar/99999/02", 400, #""error, queried date is in the future""#),
    ("Foobar/99999999999999999999/02", 400, #""error, queried date is in the future""#),
    ("Foobar/1985/02", 400, #""error""#), ("Foobar/0/02", 400, #""error""#),
    ("Nobody/2023/11", 400, #""error""#), ("%00/2023/11", 400, nil),
    ("%2E%2E/2023/11", 400, #""error""#),
    ("%0A/2023/11", 400, #""error""#), ("Foobar/2023/May", 404, nil), ("Foobar/x/11", 404, nil),
    ("Foobar/2023/-1", 404, nil), ("Foobar/2023/+1", 404, nil), ("Foobar/2023/1.0", 404, nil),
    ("Foobar/2023", 404, nil), ("Foobar", 404, nil), ("", 404, nil),
    ("Foobar/2023/11/01", 404, nil), ("/2023/11", 404, nil),
  ])
  func itsErrorsAreItsWords(_ path: String, _ status: Int, _ text: String?) throws {
    let upstream = try UpstreamDouble()
    let service = try Self.service(upstream)
    let answer = try service.get("/monthly_view_count/\(path)")
    #expect(answer.status == status)
    if let text { #expect(answer.text == text) }
    if status == 404 { #expect(answer.text.contains("Not Found")) }
  }

  @Test func aMonthWithoutViewsDoesNotGetTheCountOfALaterOne() throws {
    let upstream = try UpstreamDouble(.laterMonth)
    let service = try Self.service(upstream)
    let answer = try service.get("/monthly_view_count/Foobar/2023/11")
    #expect(answer.status == 400)
    #expect(answer.text == #""error""#)
    #expect(try service.get("/api/pageviews/Foobar/2023/11").status == 404)
  }

  @Test(arguments: TestDatabase.allCases)
  func theCountComesWithWhatItIsACountOf(_ database: TestDatabase) throws {
    let upstream = try UpstreamDouble()
    let service = try Self.service(upstream, database)
    let answer = try service.get("/api/pageviews/Foobar/2023/11")
    #expect(answer.status == 200)
    #expect(
      answer.text
        == #"{"project":"en.wikipedia","article":"Foobar","year":2023,"month":11,"#
        + #""views":14510,"final":true}"#)
    #expect(answer.header("Cache-Control") == "public, max-age=7776000")
    #expect(answer.header("Age") == nil)
    #expect(try service.get("/api/pageviews/Foobar/2023/11").header("Age") == "0")
    #expect(try service.send("HEAD", "/api/pageviews/Foobar/2023/11").status == 200)
  }

  @Test func theRunningMonthIsNotFinal() throws {
    let upstream = try UpstreamDouble()
    let service = try Self.service(upstream)
    let today = Timestamp.now().date
    let answer = try service.get("/api/pageviews/Evergreen/\(today.year)/\(today.month)")
    #expect(answer.json["final"] == false)
    #expect(answer.json["views"] == 4711)
    #expect(answer.header("Cache-Control") == "public, max-age=3600")
  }

  @Test(arguments: [
    ("AC%2FDC", "AC%2FDC", "AC/DC"), ("C++", "C%2B%2B", "C++"), ("100%25", "100%25", "100%"),
    ("S%C3%A3o%20Paulo", "S%C3%A3o_Paulo", "São_Paulo"), ("What%3F", "What%3F", "What?"),
  ])
  func aTitleIsEncodedOnceOnItsWay(_ sent: String, _ asked: String, _ told: String) throws {
    let upstream = try UpstreamDouble()
    let service = try Self.service(upstream)
    let answer = try service.get("/api/pageviews/\(sent)/2023/11")
    #expect(answer.status == 200)
    #expect(answer.json["article"]?.text == told)
    #expect(
      upstream.targets == [
        "/metrics/pageviews/per-article/en.wikipedia/all-access/all-agents/\(asked)/monthly/"
          + "20231101/20231130"
      ])
  }

  @Test func theQueryIsPassedOn() throws {
    let upstream = try UpstreamDouble()
    let service = try Self.service(upstream)
    let query = "project=WWW.De.Wikipedia.org&access=mobile-app&agent=user"
    #expect(try service.get("/api/pageviews/X/2024/2?\(query)").status == 404)
    #expect(
      upstream.targets == [
        "/metrics/pageviews/per-article/de.wikipedia/mobile-app/user/X/monthly/20240201/20240229"
      ])
  }

  @Test(arguments: [
    ("Foobar/2023/13", "#/path/month"), ("Foobar/2023/x", "#/path/month"),
    ("Foobar/3000/1", "#/path/year"), ("Foobar/10000/1", "#/path/year"),
    ("Foobar/2023/11?project=a/b", "#/query/project"),
    ("Foobar/2023/11?access=all", "#/query/access"), ("Foobar/2023/11?agent=", "#/query/agent"),
    ("Foobar/2023/11?x=1", "#/query/x"), ("%0A/2023/11", "#/path/article"),
    ("Foobar/2023/11?agent=user&agent=user", "#/query/agent"),
  ])
  func whatIsWrongIsNamed(_ path: String, _ pointer: String) throws {
    let upstream = try UpstreamDouble()
    let answer = try Self.service(upstream).get("/api/pageviews/\(path)")
    #expect(answer.status == 400)
    #expect(answer.json["errors"]?.elements?.first?["pointer"]?.text == pointer)
  }

  @Test func beforeTheFirstMonthTheSourceIsNotAsked() throws {
    let upstream = try UpstreamDouble()
    let service = try Self.service(upstream)
    #expect(try service.get("/api/pageviews/Foobar/2015/6").status == 404)
    #expect(try service.get("/monthly_view_count/Foobar/2015/6").status == 400)
    #expect(upstream.targets.isEmpty)
    #expect(try service.get("/api/pageviews/Evergreen/2015/7").status == 200)
  }

  @Test(arguments: ["%2E%2E", "%2E", String(repeating: "%C3%A4", count: 200)])
  func aTitleThatNoWikiHasIsNotAskedFor(_ title: String) throws {
    let upstream = try UpstreamDouble()
    let service = try Self.service(upstream)
    #expect(try service.get("/api/pageviews/\(title)/2023/11").status == 404)
    #expect(try service.get("/monthly_view_count/\(title)/2023/11").text == #""error""#)
    #expect(upstream.targets.isEmpty)
  }

  @Test func theSourceLearnsWhoAsksAndInWhichTrace() throws {
    let upstream = try UpstreamDouble()
    let service = try Self.service(upstream)
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    let answer = try service.get(
      "/api/pageviews/Foobar/2023/11", headers: ["traceparent": trace, "X-Request-Id": "id-7"])
    let head = try #require(upstream.heads.first) + "\r\n"
    #expect(head.contains("X-Request-Id: id-7\r\n"))
    let own = try #require(answer.header("traceparent"))
    #expect(head.contains("traceparent: \(own)\r\n"))
    #expect(head.contains("User-Agent: slipway/\(Version.current) (+https://"))
  }
}
