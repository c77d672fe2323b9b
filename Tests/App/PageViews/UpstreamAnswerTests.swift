import Core
import Testing

@testable import App

@Suite struct UpstreamAnswerTests {
  private static func read(
    _ body: String, status: Int = 200, type: String? = "application/json; charset=utf-8",
    retryAfter: String? = nil, now: Timestamp = .now()
  ) throws -> UpstreamAnswer {
    UpstreamAnswer(
      status: status, contentType: type, retryAfter: retryAfter, body: Array(body.utf8),
      month: try #require(ViewMonth(year: 2023, month: 11)), now: now)
  }

  private static func items(_ items: String...) -> String {
    #"{"items":[\#(items.joined(separator: ","))]}"#
  }

  private static func item(_ timestamp: String, _ views: String) -> String {
    #"{"project":"en.wikipedia","timestamp":"\#(timestamp)","views":\#(views)}"#
  }

  @Test func theCountOfTheMonthIsTaken() throws {
    let body = Self.items(Self.item("2023110100", "14510"))
    #expect(try Self.read(body) == .views(14510))
  }

  @Test func aLaterMonthDoesNotStandForTheOneAskedFor() throws {
    let later = Self.item("2023120100", "7")
    #expect(try Self.read(Self.items(later)) == .nothing)
    #expect(try Self.read(Self.items(later, Self.item("2023110100", "8"))) == .views(8))
    #expect(try Self.read(Self.items()) == .nothing)
  }

  @Test func nullIsNone() throws {
    #expect(try Self.read(Self.items(Self.item("2023110100", "null"))) == .views(0))
  }

  @Test(arguments: [
    "", "null", "[]", "{}", #"{"items":{}}"#, #"{"items":[1]}"#, #"{"items":[{}]}"#,
    items(item("2023110100", "-1")), items(item("2023110100", "1.5")),
    items(item("2023110100", #""1""#)), items(item("2023110100", "1")) + "x",
    #"{"items":[],"items":[]}"#, "{\"items\":[\u{0}]}", "<html>",
    items(item("2023110100", "9223372036854775808")),
  ])
  func anythingElseMakesNoSense(_ body: String) throws {
    guard case .senseless = try Self.read(body) else {
      Issue.record("\(body) was taken")
      return
    }
  }

  @Test func aBodyMayNotBeLongerThanAllowed() throws {
    let good = Self.items(Self.item("2023110100", "1"))
    let fill = { good + String(repeating: " ", count: $0 - good.utf8.count) }
    #expect(try Self.read(fill(UpstreamAnswer.bodyBytesMax)) == .views(1))
    #expect(
      try Self.read(fill(UpstreamAnswer.bodyBytesMax + 1)) == .senseless("more than 65536 bytes"))
  }

  @Test(arguments: [nil, "text/html", "application/json; charset=latin1"])
  func anotherMediaTypeMakesNoSense(_ type: String?) throws {
    let body = Self.items(Self.item("2023110100", "1"))
    #expect(try Self.read(body, type: type) == .senseless("no JSON"))
  }

  @Test(arguments: [
    (404, nil, UpstreamAnswer.nothing), (500, nil, .failed(status: 500)),
    (503, nil, .failed(status: 503)), (503, "7", .busy(retryAfter: .seconds(7))),
    (429, "3", .busy(retryAfter: .seconds(3))), (429, nil, .busy(retryAfter: nil)),
    (429, "Wed, 21 Oct 2026 07:28:00 GMT", .busy(retryAfter: .seconds(30))),
    (503, "Wed, 21 Oct 2026 07:28:00 GMT", .busy(retryAfter: .seconds(30))),
    (429, "Wed, 21 Oct 2026 07:27:00 GMT", .busy(retryAfter: .zero)),
    (429, "Fri, 21 Oct 2095 07:28:00 GMT", .busy(retryAfter: .seconds(600))),
    (429, "21 Okt 2026", .busy(retryAfter: nil)),
    (429, "Wed, 31 Feb 2026 07:28:00 GMT", .busy(retryAfter: nil)),
    (429, "99999999999999999999", .busy(retryAfter: .seconds(600))),
    (301, nil, .senseless("status 301")), (204, nil, .senseless("status 204")),
    (400, nil, .senseless("status 400")), (403, nil, .senseless("status 403")),
  ])
  func aStatusMeansWhatItSays(
    _ status: Int, _ retryAfter: String?, _ answer: UpstreamAnswer
  ) throws {
    let now = try #require(Timestamp(iso8601: "2026-10-21T07:27:30Z"))
    #expect(try Self.read("{}", status: status, retryAfter: retryAfter, now: now) == answer)
  }
}
