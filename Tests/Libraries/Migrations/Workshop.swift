import Core
import Migrations
import SQL
import TestSupport
import Testing

/// An empty database of one test, on either server, and migrators for it.
struct Workshop {
  let url: DatabaseURL
  let directory = TemporaryDirectory()

  init(_ dialect: Dialect) throws {
    switch dialect {
    case .postgres: url = try DatabaseURL(PostgresServer.shared().makeDatabase())
    case .sqlite: url = .sqlite(path: directory.file("test.sqlite"))
    }
  }

  func open() throws -> any Database { try url.open(.forMigrations(host: "test")) }

  func migrator(
    _ files: [MigrationFile], limits: MigrationLimits = MigrationLimits(),
    release: String = Version.current, serving: String? = nil, events: Events = Events()
  ) throws -> Migrator {
    let database = try open()
    let known = try MigrationSet(files: files, dialect: database.dialect)
    // The folder of an SQLite file lives as long as its migrator.
    let report: @Sendable (MigrationEvent) -> Void = { [directory] event in
      withExtendedLifetime(directory) { events.add(event) }
    }
    return Migrator(
      database, known, release: release, serving: serving, limits: limits, report: report)
  }

  /// The one value of a query.
  func value(_ text: String) throws -> Value? {
    let database = try open()
    defer { database.close() }
    return try database.query(Statement.once("look", text), deadline: .generous).first?.values.first
  }

  func run(_ text: String) throws {
    let database = try open()
    defer { database.close() }
    try database.execute(Statement.once("setup", text), deadline: .generous)
  }

  /// Runs `body` while another session holds `lock` in a transaction.
  func holding(_ lock: String, _ body: () throws -> Void) throws {
    let other = try url.open()
    defer { other.close() }
    try other.transaction(.write, deadline: .generous) { connection in
      try connection.run(script: lock, named: "hold", deadline: .generous)
      try body()
    }
  }
}

/// What migrators told, in words.
final class Events: Sendable {
  private let list = Guarded<[MigrationEvent]>([])

  func add(_ event: MigrationEvent) { list.withLock { $0.append(event) } }

  var all: [MigrationEvent] { list.withLock { $0 } }

  /// Who was named before another attempt at a lock.
  var blockers: [LockHolder] {
    all.flatMap { event in
      if case .retrying(_, _, let blockers, _) = event { blockers } else { [LockHolder]() }
    }
  }

  /// The numbers of the statements that were begun.
  var statements: [Int] {
    all.compactMap { event in
      if case .statement(_, let number, _, _) = event { number } else { nil }
    }
  }

  /// The indexes that were dropped to be built again.
  var repairs: [String] {
    all.compactMap { event in
      if case .repairingIndex(let name) = event { name } else { nil }
    }
  }
}

extension Deadline {
  /// Long enough for a loaded machine.
  static var generous: Deadline { .after(.seconds(30)) }
}

extension MigrationFile {
  static let first = MigrationFile(
    name: "0001_make_a.sql", text: "CREATE TABLE a (id integer PRIMARY KEY, name text);")
  static let second = MigrationFile(
    name: "0002_fill_a.sql", text: "INSERT INTO a VALUES (1, 'x;y');\nINSERT INTO a VALUES (2, '');"
  )
  static let third = MigrationFile(
    name: "0003_drop_name.sql",
    text: "-- phase: contract\n-- min-release: 2026.11.0\nALTER TABLE a DROP COLUMN name;")
}
