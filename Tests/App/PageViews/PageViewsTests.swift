import Core
import HTTPServer
import Logging
import SQL
import TestSupport
import Testing

@testable import App

/// Page views with a clock that the test sets, and a source that it bends.
final class ViewSite: Sendable {
  let upstream: UpstreamDouble
  let views: PageViews
  let database: any Database
  private let now: Guarded<Timestamp>
  private let directory = TemporaryDirectory()

  init(
    _ kind: TestDatabase = .sqlite, now text: String = "2023-12-15T12:00:00Z",
    _ configure: (inout ViewConfiguration) -> Void = { _ in }
  ) throws {
    let upstream = try UpstreamDouble()
    let url = try kind.make(in: directory)
    try TestDatabase.migrate(url)
    database = try DatabaseURL(url).open()
    let now = Guarded(try #require(Timestamp(iso8601: text)))
    var configuration = ViewConfiguration()
    configuration.upstream = try #require(UpstreamAddress(upstream.url))
    configure(&configuration)
    views = PageViews(
      configuration, store: ViewStore(database: database),
      upstream: ViewUpstream(
        configuration, logger: Logger(level: .warning, format: .json, sink: MemorySink())),
      clock: { now.withLock { $0 } })
    self.now = now
    self.upstream = upstream
  }

  deinit { database.close() }

  func pass(_ duration: Duration) { now.withLock { $0 = $0.advanced(by: duration) } }

  func ask(_ title: String, _ year: Int, _ month: Int) throws -> PageViews.Count {
    try views.count(
      ViewQuery(
        try #require(ArticleTitle(title)), try #require(ViewMonth(year: year, month: month))),
      for: RequestContext(), deadline: .after(.seconds(30)))
  }

  var rows: Int? {
    get throws {
      try database.query(
        .once("count", "SELECT count(*) FROM page_views"), deadline: .after(.seconds(30))
      ).first?.get(0)
    }
  }

  var titles: [String] {
    get throws {
      try database.query(
        .once("titles", "SELECT article FROM page_views ORDER BY article"),
        deadline: .after(.seconds(30))
      ).map { try $0.get(0) }
    }
  }

  var page: String {
    var page = MetricsText()
    views.write(to: &page)
    return page.text
  }
}

@Suite struct PageViewsTests {
  @Test(arguments: TestDatabase.allCases)
  func aFinalCountIsKeptInTheDatabase(_ kind: TestDatabase) throws {
    let site = try ViewSite(kind) { $0.entriesMax = 0 }
    let first = try site.ask("Foobar", 2023, 11)
    #expect(first.views == 14510 && first.isFinal && first.age == nil)
    #expect(try site.rows == 1)
    site.pass(.seconds(60))
    let second = try site.ask("Foobar", 2023, 11)
    #expect(second.views == 14510 && second.isFinal && second.age == .seconds(60))
    #expect(site.upstream.targets.count == 1)
  }

  @Test(arguments: TestDatabase.allCases)
  func aKeptCountIsAskedForAgainAfterItsTime(_ kind: TestDatabase) throws {
    let site = try ViewSite(kind)
    _ = try site.ask("Foobar", 2023, 11)
    site.pass(ViewConfiguration().retention)
    #expect(try site.ask("Foobar", 2023, 11).age == nil)
    #expect(site.upstream.targets.count == 2)
    #expect(try site.rows == 1)
  }

  @Test func aMonthThatMayStillChangeIsNotStored() throws {
    let site = try ViewSite()
    let running = try site.ask("Evergreen", 2023, 12)
    #expect(running.views == 4711 && !running.isFinal)
    #expect(try site.rows == 0)
    #expect(try site.ask("Evergreen", 2023, 12).age == .zero)
    site.pass(ViewConfiguration().recentTTL)
    #expect(try site.ask("Evergreen", 2023, 12).age == nil)
    #expect(site.upstream.targets.count == 2)
  }

  @Test func aMonthThatHasJustEndedIsNotFinalYet() throws {
    let site = try ViewSite(now: "2024-01-02T00:00:00Z")
    #expect(try !site.ask("Evergreen", 2023, 12).isFinal)
    site.pass(ViewConfiguration().finalAfter)
    #expect(try site.ask("Evergreen", 2023, 12).isFinal)
    #expect(try site.rows == 1)
  }

  @Test func noCountIsRememberedForAShortTime() throws {
    let site = try ViewSite()
    #expect(try site.ask("Nobody", 2023, 11).views == nil)
    #expect(try site.ask("Nobody", 2023, 11).views == nil)
    #expect(site.upstream.targets.count == 1)
    #expect(try site.rows == 0)
    site.pass(ViewConfiguration().negativeTTL)
    #expect(try site.ask("Nobody", 2023, 11).views == nil)
    #expect(site.upstream.targets.count == 2)
    #expect(site.page.contains("lookups_total{result=\"negative\"} 1\n"))
  }

  @Test func aCountBeyondItsTimeIsGivenWhileTheSourceFails() throws {
    let site = try ViewSite()
    _ = try site.ask("Evergreen", 2023, 12)
    site.upstream.behave(.status(500, headers: []))
    site.pass(ViewConfiguration().recentTTL + .seconds(5))
    let stale = try site.ask("Evergreen", 2023, 12)
    #expect(stale.views == 4711)
    #expect(stale.age == ViewConfiguration().recentTTL + .seconds(5))
    #expect(site.page.contains("lookups_total{result=\"stale\"} 1\n"))
    site.pass(ViewConfiguration().staleMax)
    #expect(throws: ViewFailure.self) { try site.ask("Evergreen", 2023, 12) }
  }

  @Test(arguments: TestDatabase.allCases)
  func aRowBeyondItsTimeIsGivenWhileTheSourceFails(_ kind: TestDatabase) throws {
    let limits = ViewConfiguration()
    let site = try ViewSite(kind) { $0.entriesMax = 1 }
    _ = try site.ask("Foobar", 2023, 11)
    _ = try site.ask("Evergreen", 2023, 12)
    site.upstream.behave(.status(500, headers: []))
    site.pass(limits.retention + .seconds(5))
    let stale = try site.ask("Foobar", 2023, 11)
    #expect(stale.views == 14510 && stale.isFinal)
    #expect(stale.age == limits.retention + .seconds(5))
    site.pass(limits.staleMax)
    #expect(throws: ViewFailure.self) { try site.ask("Foobar", 2023, 11) }
  }

  @Test func anAnswerThatMakesNoSenseIsNotAskedForAgainForAWhile() throws {
    let site = try ViewSite()
    site.upstream.behave(.right, first: [.status(400, headers: [])])
    #expect(throws: ViewFailure.senseless) { try site.ask("Foobar", 2023, 11) }
    site.pass(PageViews.senselessTTL - .seconds(1))
    #expect(throws: ViewFailure.senseless) { try site.ask("Foobar", 2023, 11) }
    #expect(site.upstream.targets.count == 1)
    site.pass(.seconds(1))
    #expect(try site.ask("Foobar", 2023, 11).views == 14510)
  }

  @Test func afterAFailureTheNextOnesDoNotAskAtOnce() throws {
    let site = try ViewSite()
    site.upstream.behave(.truncated)
    #expect(throws: ViewFailure.broken) { try site.ask("Foobar", 2023, 11) }
    let calls = site.upstream.targets.count
    #expect(throws: ViewFailure.broken) { try site.ask("Foobar", 2023, 11) }
    #expect(site.upstream.targets.count == calls)
    site.upstream.behave(.right)
    site.pass(PageViews.failureTTL)
    #expect(try site.ask("Foobar", 2023, 11).views == 14510)
  }

  @Test func withoutTheDatabaseTheSourceIsAsked() throws {
    let site = try ViewSite()
    site.database.close()
    #expect(try site.ask("Foobar", 2023, 11).views == 14510)
  }

  @Test func manyWhoWantTheSameAtOnceCauseOneCall() throws {
    let site = try ViewSite()
    site.upstream.behave(.slow(.milliseconds(300)))
    try Crowd.run(50) { _ in
      let count = try site.ask("Foobar", 2023, 11)
      #expect(count.views == 14510)
    }
    #expect(site.upstream.targets.count == 1)
  }

  @Test func theyShareItsFailureToo() throws {
    let site = try ViewSite()
    site.upstream.behave(.right, first: [.slowStatus(.milliseconds(300), 400)])
    let failures = Counter()
    try Crowd.run(8) { _ in
      do { _ = try site.ask("Foobar", 2023, 11) } catch { failures.add() }
    }
    #expect(failures.value == 8)
    #expect(site.upstream.targets.count == 1)
  }

  @Test func memoryIsBounded() throws {
    let site = try ViewSite { $0.entriesMax = 3 }
    for number in 0..<5 { _ = try site.ask("Evergreen \(number)", 2023, 12) }
    #expect(site.page.contains("slipway_page_views_cache_entries 3\n"))
    #expect(site.page.contains("slipway_page_views_cache_evictions_total 2\n"))
  }

  @Test(arguments: TestDatabase.allCases)
  func theTableIsBoundedByAgeAndByNumber(_ kind: TestDatabase) throws {
    let site = try ViewSite(kind)
    let start = try #require(Timestamp(iso8601: "2023-12-15T12:00:00Z"))
    for number in 0..<6 {
      _ = try site.ask("Evergreen \(number)", 2023, 11)
      site.pass(.seconds(60))
    }
    let clean = { (retention: Duration, rowsMax: Int) in
      Cleaner(
        ViewStore.cleaning(retention: retention, rowsMax: rowsMax), site.database,
        logger: Logger(level: .warning, format: .json, sink: MemorySink())
      ).clean(now: start.advanced(by: .seconds(300)))
      return try site.titles
    }
    #expect(try clean(.seconds(3600), 100).count == 6)
    #expect(try clean(.seconds(250), 100) == (1...5).map { "Evergreen_\($0)" })
    #expect(try clean(.seconds(3600), 2) == ["Evergreen_4", "Evergreen_5"])
    #expect(try clean(.seconds(3600), 0).isEmpty)
  }
}
