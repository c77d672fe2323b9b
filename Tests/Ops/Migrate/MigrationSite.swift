import Core
import Migrations
import POSIX
import SQL
import TestSupport

@testable import Ops

/// An empty database of one test, and ways to migrate and to look at it.
final class MigrationSite: Sendable {
  let address: String
  let url: DatabaseURL
  let directory = TemporaryDirectory()

  init(_ dialect: Dialect) throws {
    switch dialect {
    case .postgres: address = try PostgresServer.shared().makeDatabase()
    case .sqlite: address = "sqlite:///\(directory.path)/test.sqlite"
    }
    url = try DatabaseURL(address)
    // An SQLite file is made by the first that opens it for writing.
    try url.open().close()
  }

  func run(
    _ files: [MigrationFile], version: Int? = nil,
    limits: MigrationLimits = MigrationLimits(),
    beforeStep: @escaping @Sendable (Migration) throws -> Void = { _ in }
  ) -> MigrationRun {
    var options = MigrationRunOptions()
    options.version = version
    options.limits = limits
    options.migrations = { dialect throws(MigrationError) in
      try MigrationSet(files: files, dialect: dialect)
    }
    return MigrationRun(database: url, options, beforeStep: beforeStep)
  }

  /// The whole number that a query gives.
  func number(_ text: String) throws -> Int64 {
    let database = try url.open()
    defer { database.close() }
    let rows = try database.query(Statement.once("look", text), deadline: .after(.seconds(30)))
    return try rows.first?.get(0) ?? -1
  }

  func change(_ text: String) throws {
    let database = try url.open()
    defer { database.close() }
    try database.execute(Statement.once("change", text), deadline: .after(.seconds(30)))
  }

  /// Runs `ops migrate` in this process.
  func ops(
    _ arguments: [String], environment: [String: String] = [:]
  ) -> (code: ExitCode, output: String, error: String) {
    let output = Written()
    let error = Written()
    let context = CommandContext(
      output: output.output, error: error.output, environment: environment,
      currentDirectory: directory.path, tree: Ops.commands)
    let code = CommandProgram(tree: Ops.commands).run(["migrate"] + arguments, in: context)
    return (code, output.all, error.all)
  }
}

/// What a command wrote.
private final class Written: Sendable {
  private let text = Guarded("")

  var output: TextOutput {
    TextOutput(isTerminal: false) { [self] part in text.withLock { $0 += part } }
  }

  var all: String { text.withLock { $0 } }
}

extension MigrationFile {
  static let first = MigrationFile(
    name: "0001_make_a.sql", text: "CREATE TABLE a (id integer PRIMARY KEY, name text);")
  static let second = MigrationFile(
    name: "0002_fill_a.sql", text: "INSERT INTO a VALUES (1, 'x');")

  /// A second migration that does not end by itself.
  static func endless(_ dialect: Dialect) -> MigrationFile {
    let text =
      switch dialect {
      case .postgres: "SELECT pg_sleep(600);"
      case .sqlite:
        """
        INSERT INTO a
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000)
          SELECT count(*), 'x' FROM n;
        """
      }
    return MigrationFile(name: "0002_endless.sql", text: text)
  }
}
