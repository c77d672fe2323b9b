import Core
import SQL
import TestSupport
import Testing

/// The two databases that keep the contract.
enum Backend: String, CaseIterable, CustomTestStringConvertible {
  case postgres
  case sqlite

  var testDescription: String { rawValue }

  /// An empty database of its own.
  func open(_ configure: (inout DatabaseOptions) -> Void = { _ in }) throws -> Fixture {
    var options = DatabaseOptions()
    configure(&options)
    switch self {
    case .postgres:
      let url = try DatabaseURL(PostgresServer.shared().makeDatabase())
      return Fixture(database: try url.open(options), url: url, directory: nil)
    case .sqlite:
      let directory = TemporaryDirectory()
      let url = DatabaseURL.sqlite(path: directory.file("test.sqlite"))
      return Fixture(database: try url.open(options), url: url, directory: directory)
    }
  }
}

/// A database of one test, to be closed at its end.
final class Fixture: Sendable {
  let database: any Database
  let url: DatabaseURL
  let directory: TemporaryDirectory?

  init(database: any Database, url: DatabaseURL, directory: TemporaryDirectory?) {
    self.database = database
    self.url = url
    self.directory = directory
  }

  /// Closes the database; its file goes with the last owner of the fixture.
  func close() { database.close() }
}

extension Deadline {
  /// Long enough for a loaded machine.
  static var generous: Deadline { .after(.seconds(30)) }
}

extension Database {
  /// Runs SQL that is the same in both dialects.
  func run(_ text: String) throws {
    try execute(Statement.once("setup", text), deadline: .generous)
  }

  /// The one value of the one row.
  func value(_ text: String, _ parameters: [Value] = []) throws -> Value? {
    try query(Statement.once("look", text), parameters, deadline: .generous).first?.values.first
  }
}
