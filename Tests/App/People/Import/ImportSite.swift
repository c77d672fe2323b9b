import Core
import POSIX
import SQL
import Subprocess
import TestSupport

@testable import App

/// A migrated database of its own, and what is imported into it.
final class ImportSite: Sendable {
  static let header =
    "Survived,Pclass,Name,Sex,Age,Siblings/Spouses Aboard,Parents/Children Aboard,Fare\n"

  let database: any Database
  let url: String
  let directory = TemporaryDirectory()

  init(_ kind: TestDatabase) throws {
    url = try kind.make(in: directory)
    try TestDatabase.migrate(url)
    database = try DatabaseURL(url).open()
  }

  deinit { database.close() }

  /// Imports a text, cut into chunks of that many bytes.
  func load(
    _ text: String, _ mode: ImportOptions.Mode = .merge, skipsInvalid: Bool = false,
    chunkBytes: Int = 1000
  ) throws -> ImportResult {
    var options = ImportOptions()
    options.mode = mode
    options.skipsInvalid = skipsInvalid
    let rest = Guarded(Array(text.utf8)[...])
    let source: ImportReader.Source = {
      rest.withLock { rest in
        defer { rest = rest.dropFirst(chunkBytes) }
        return Array(rest.prefix(chunkBytes))
      }
    }
    return try PeopleImport(database: database)
      .run(source, options, deadline: .after(.seconds(60)))
  }

  func count(_ condition: String = "true") throws -> Int {
    let count = Statement.once("count", "SELECT count(*) FROM people WHERE \(condition)")
    return try database.query(count, deadline: .after(.seconds(20))).first?.get(0) ?? -1
  }

  /// One column of everybody, in order.
  func column(_ name: String) throws -> [Value] {
    let select = Statement.once("column", "SELECT \(name) FROM people ORDER BY uuid")
    return try database.query(select, deadline: .after(.seconds(20))).map { $0.values[0] }
  }

  func execute(_ text: String) throws {
    _ = try database.execute(.once("change", text), deadline: .after(.seconds(20)))
  }

  /// The made-up file of `make dev`.
  static func sample() throws -> String {
    let root = #filePath.split(separator: "/").dropLast(5).reduce("") { $0 + "/" + $1 }
    let result = try Subprocess.Command("\(root)/scripts/sample-people", [])
      .run(deadline: .after(.seconds(20)))
    return result.outputText
  }

  /// Rows that are right, each of them different.
  static func rows(_ numbers: Range<Int>) -> String {
    numbers.map { "\($0 % 2),3,Mr. Nobody \($0),male,22,1,0,7.25\n" }.joined()
  }
}
