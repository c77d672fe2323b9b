import Core
import POSIX
import SQL
import TestSupport
import Testing

@testable import Ops

/// Databases of drills on a server that others drill on as well.
@Suite struct DrillServerTests {
  private let server: PostgresServer

  init() throws { server = try PostgresServer.shared() }

  /// What is there of `names`.
  private func present(_ names: [String]) throws -> Set<String> {
    let list = names.map { "'\($0)'" }.joined(separator: ", ")
    let text = try server.sql(
      "SELECT datname FROM pg_database WHERE datname IN (\(list))", in: "postgres")
    return Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
  }

  @Test func whatAKilledDrillLeftIsDroppedAndWhatAnotherIsOpeningIsNot() throws {
    let second = try #require(
      Int64(
        try server.sql("SELECT extract(epoch FROM now())::int8", in: "postgres")
          .filter(\.isNumber)))
    let (left, opening) = (DrillServer.name(second - 3600), DrillServer.name(second))
    let ofOthers = "\(left)_kept"
    for name in [left, opening, ofOthers] {
      try server.sql("CREATE DATABASE \(name)", in: "postgres")
    }
    defer {
      for name in [left, opening, ofOthers] {
        _ = try? server.sql("DROP DATABASE IF EXISTS \(name)", in: "postgres")
      }
    }
    let drill = DrillServer(
      admin: try BackupSite.address(server.url(of: "postgres")), role: nil, title: "here")
    var made = ""
    let there = try drill.withDatabase(owner: nil, nil) { address, _ in
      made = address.database ?? ""
      return try present([left, opening, ofOthers, made])
    }
    #expect(there == [opening, ofOthers, made])
    #expect(try present([made]).isEmpty)
  }

  /// One that is no younger by the end of a long sweep than when another drill looks.
  @Test func theNameOfADatabaseHasTheSecondAfterTheSweep() throws {
    let server = server
    func second() throws -> Int64 {
      let text = try server.sql(
        "SELECT extract(epoch FROM clock_timestamp())::int8", in: "postgres")
      return try #require(Int64(text.filter(\.isNumber)))
    }
    // Nobody's sweep takes a template away, and each waits for the lock before it looks.
    let left = DrillServer.name(try second() - 3600)
    try server.sql("CREATE DATABASE \(left) IS_TEMPLATE true", in: "postgres")
    defer {
      _ = try? server.sql("ALTER DATABASE \(left) IS_TEMPLATE false", in: "postgres")
      _ = try? server.sql("DROP DATABASE \(left)", in: "postgres")
    }
    let drill = DrillServer(
      admin: try BackupSite.address(server.url(of: "postgres")), role: nil, title: "here")
    let before = try second()
    let holder = try WorkThread.start("hold") {
      _ = try? server.sql(
        "BEGIN; COMMENT ON DATABASE \(left) IS 'held'; SELECT pg_sleep(3); COMMIT",
        in: "postgres")
    }
    let isHeld = waitForLock(on: left)
    let name = Result {
      try drill.withDatabase(owner: nil, nil) { address, _ in address.database ?? "" }
    }
    holder.join()
    #expect(isHeld)
    let digits = try name.get().dropFirst("slipway_drill_".count).prefix(8)
    let made = try #require(Int64(digits, radix: 16))
    #expect(made >= before + 3)
  }

  /// Whether somebody holds the database `name`, after some time to get to it.
  private func waitForLock(on name: String) -> Bool {
    let held = """
      SELECT count(*) FROM pg_locks WHERE granted AND classid = 'pg_database'::regclass
        AND mode = 'ShareUpdateExclusiveLock'
        AND objid = (SELECT oid FROM pg_database WHERE datname = '\(name)')
      """
    let deadline = Deadline.after(.seconds(60))
    while !deadline.hasPassed {
      if let count = try? server.sql(held, in: "postgres"), count.hasPrefix("1") { return true }
      WorkThread.sleep(.milliseconds(20))
    }
    return false
  }

  private static let ages: [(Int64, Bool)] = [
    (0, true), (600, true), (601, false), (86_400 * 365, false),
    // A clock that was set back: a little, or so far that nobody is opening it still.
    (-5, true), (-600, true), (-601, false), (-86_400 * 365, false),
  ]

  @Test(arguments: ages)
  func aDatabaseIsLeftAloneForAsLongAsSomebodyMayBeOpeningIt(age: Int64, isLeft: Bool) {
    let made: Int64 = 1_800_000_000
    #expect(DrillServer.mayBeOpening(DrillServer.name(made), at: made + age) == isLeft)
  }
}
