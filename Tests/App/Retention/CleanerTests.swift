import Core
import Logging
import SQL
import TestSupport
import Testing

@testable import App

@Suite struct CleanerTests {
  private static let fill = Statement.once(
    "fill",
    """
    INSERT INTO histories (created, method, route, data, status) \
    VALUES ($1, 'GET', '/api/randomizes', '', '200 OK')
    """)
  private static let byAge = Statement(
    "clean_by_age",
    """
    DELETE FROM histories WHERE id IN \
    (SELECT id FROM histories WHERE created < $1 ORDER BY created, id LIMIT $2)
    """)

  private static func database(
    _ kind: TestDatabase, _ directory: TemporaryDirectory, ages: [Duration], now: Timestamp
  ) throws -> any Database {
    let url = try kind.make(in: directory)
    try TestDatabase.migrate(url)
    let database = try DatabaseURL(url).open()
    for age in ages {
      _ = try database.execute(
        fill, [.timestamp(now.advanced(by: .zero - age))], deadline: .after(.seconds(30)))
    }
    return database
  }

  private static func rows(_ database: any Database) throws -> Int? {
    try database.query(
      .once("count", "SELECT count(*) FROM histories"), deadline: .after(.seconds(30))
    ).first?.get(0)
  }

  private static func cleaner(_ database: any Database, _ job: CleaningJob) -> Cleaner {
    Cleaner(
      [job], database, logger: Logger(level: .warning, format: .json, sink: MemorySink()))
  }

  @Test(arguments: TestDatabase.allCases)
  func whatIsTooOldGoesInBatchesAndTheRestStays(_ kind: TestDatabase) throws {
    let directory = TemporaryDirectory()
    let now = Timestamp.now()
    let old = (0..<7).map { Duration.seconds(3601 + $0) }
    let database = try Self.database(
      kind, directory, ages: old + [.seconds(3500), .zero], now: now)
    defer { database.close() }
    let cleaner = Self.cleaner(
      database,
      CleaningJob(
        name: "histories", statement: Self.byAge, keep: .age(.seconds(3600)), batchRowsMax: 3))
    cleaner.clean(now: now)
    #expect(try Self.rows(database) == 2)
    var page = MetricsText()
    cleaner.write(to: &page)
    #expect(page.text.contains("slipway_cleaner_deleted_rows_total{job=\"histories\"} 7\n"))
    #expect(page.text.contains("slipway_cleaner_failures_total{job=\"histories\"} 0\n"))
    #expect(!page.text.contains("timestamp_seconds{job=\"histories\"} 0\n"))
  }

  @Test func aFailureIsCountedAndOtherJobsHaveTheirTurn() throws {
    let directory = TemporaryDirectory()
    let now = Timestamp.now()
    let database = try Self.database(.sqlite, directory, ages: [.seconds(10)], now: now)
    defer { database.close() }
    let cleaner = Cleaner(
      [
        CleaningJob(
          name: "broken", statement: .once("broken", "DELETE FROM nowhere WHERE $1 = $2"),
          keep: .age(.zero)),
        CleaningJob(name: "histories", statement: Self.byAge, keep: .age(.seconds(1))),
      ], database, logger: Logger(level: .warning, format: .json, sink: MemorySink()))
    cleaner.clean(now: now)
    #expect(try Self.rows(database) == 0)
    var page = MetricsText()
    cleaner.write(to: &page)
    #expect(page.text.contains("slipway_cleaner_failures_total{job=\"broken\"} 1\n"))
  }

  @Test func itEndsPromptlyWhileItRests() throws {
    let directory = TemporaryDirectory()
    let database = try Self.database(.sqlite, directory, ages: [], now: .now())
    defer { database.close() }
    let cleaner = Self.cleaner(
      database, CleaningJob(name: "histories", statement: Self.byAge, keep: .age(.zero)))
    try cleaner.start()
    let before = ContinuousClock.now
    cleaner.stop()
    #expect(ContinuousClock.now - before < Cleaner.roundPause / 2)
  }
}
