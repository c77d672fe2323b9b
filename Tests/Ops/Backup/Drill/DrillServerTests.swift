import Core
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

  private static let ages: [(Int64, Bool)] = [
    (0, true), (600, true), (601, false), (86_400 * 365, false),
    // A clock that was set back.
    (-5, true),
  ]

  @Test(arguments: ages)
  func aDatabaseIsLeftAloneForAsLongAsSomebodyMayBeOpeningIt(age: Int64, isLeft: Bool) {
    let made: Int64 = 1_800_000_000
    #expect(DrillServer.mayBeOpening(DrillServer.name(made), at: made + age) == isLeft)
  }
}
