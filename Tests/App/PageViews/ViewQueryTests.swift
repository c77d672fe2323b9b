import Core
import Testing

@testable import App

@Suite struct ViewQueryTests {
  @Test(arguments: [
    (2023, 11, "20231101", "20231130"), (2023, 2, "20230201", "20230228"),
    (2024, 2, "20240201", "20240229"), (2100, 2, "21000201", "21000228"),
    (2015, 12, "20151201", "20151231"), (1, 1, "00010101", "00010131"),
  ])
  func aMonthIsAskedForFromItsFirstToItsLastDay(
    _ year: Int, _ number: Int, _ start: String, _ end: String
  ) throws {
    let month = try #require(ViewMonth(year: year, month: number))
    #expect(month.range == (start, end))
    #expect(month.timestamp == start + "00")
  }

  @Test(arguments: [(2023, 0), (2023, 13), (0, 1), (10_000, 1), (-1, 1)])
  func whatTheCalendarHasNotIsNoMonth(_ year: Int, _ month: Int) {
    #expect(ViewMonth(year: year, month: month) == nil)
  }

  @Test func aMonthIsFinalSomeDaysAfterItsEnd() throws {
    let month = try #require(ViewMonth(year: 2023, month: 12))
    let end = try #require(Timestamp(iso8601: "2024-01-01T00:00:00Z"))
    let margin = Duration.seconds(3 * 86_400)
    #expect(month.end == end)
    #expect(!month.isFinal(at: end.advanced(by: margin - .seconds(1)), margin: margin))
    #expect(month.isFinal(at: end.advanced(by: margin), margin: margin))
  }

  @Test(arguments: [
    ("Foobar", "Foobar"), ("Albert Einstein", "Albert_Einstein"), ("AC/DC", "AC%2FDC"),
    ("100%", "100%25"), ("%2F", "%252F"), ("What?", "What%3F"), ("C++", "C%2B%2B"),
    ("C#", "C%23"), ("São", "S%C3%A3o"), ("日本", "%E6%97%A5%E6%9C%AC"), ("../x", "..%2Fx"),
    ("a-b.c_d~e", "a-b.c_d~e"), ("(x)!*'", "%28x%29%21%2A%27"), ("2023", "2023"),
  ])
  func aTitleIsEncodedOnce(_ title: String, _ encoded: String) throws {
    let article = try #require(ArticleTitle(title))
    #expect(article.encoded == encoded)
  }

  @Test(arguments: ["", ".", "..", "a\nb", "\u{7F}", "\u{0}", String(repeating: "ä", count: 128)])
  func whatNoWikiHasIsNoTitle(_ title: String) {
    #expect(ArticleTitle(title) == nil)
  }

  @Test(arguments: [
    ("en.wikipedia", "en.wikipedia"), ("EN.Wikipedia.org", "en.wikipedia"),
    ("www.mediawiki.org", "mediawiki"), ("www...", "www..."), ("www..org", "www."),
    ("zh-min-nan.wikipedia", "zh-min-nan.wikipedia"),
  ])
  func aProjectIsNormalisedAsUpstream(_ given: String, _ name: String) {
    #expect(ViewProject(given)?.name == name)
  }

  @Test(arguments: ["", ".org", "..", "a/b", "ä.wikipedia", "-x", "a b", " a", "a%"])
  func anythingElseIsNoProject(_ given: String) {
    #expect(ViewProject(given) == nil)
  }

  @Test func titlesThatDifferInCompositionAloneHaveKeysOfTheirOwn() throws {
    let month = try #require(ViewMonth(year: 2023, month: 11))
    let composed = ViewQuery(try #require(ArticleTitle("\u{E9}")), month)
    let decomposed = ViewQuery(try #require(ArticleTitle("e\u{301}")), month)
    #expect(composed.key != decomposed.key)
  }

  @Test func thePathNamesEverything() throws {
    var query = ViewQuery(
      try #require(ArticleTitle("AC/DC")), try #require(ViewMonth(year: 2023, month: 11)))
    query.project = try #require(ViewProject("de.wikipedia"))
    query.access = .mobileWeb
    query.agent = .user
    #expect(
      query.upstreamPath
        == "/per-article/de.wikipedia/mobile-web/user/AC%2FDC/monthly/20231101/20231130")
  }

  @Test(arguments: [
    ("https://example.com/api/", "https://example.com/api", "example.com"),
    ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1"),
    ("http://[::1]:80/x", "http://[::1]:80/x", "[::1]"),
  ])
  func aBaseIsTakenWithoutItsLastSlash(_ given: String, _ url: String, _ host: String) {
    #expect(UpstreamAddress(given)?.url == url)
    #expect(UpstreamAddress(given)?.host == host)
  }

  @Test(arguments: [
    "", "ftp://example.com", "https://", "https://user@example.com", "https://example.com/?a",
    "https://example.com:x", "https://example.com/#a", "example.com", "https://exa mple.com",
  ])
  func anyOtherURLIsNoBase(_ given: String) {
    #expect(UpstreamAddress(given) == nil)
  }
}
