import JSON
import Migrations
import SQL

/// Every SQL statement that the service knows, for whoever grants rights or reviews plans.
///
/// A test looks for statements that are missing here.
enum StatementManifest {
  static let all: [Statement] =
    [
      SchemaState.statements, BirthdayStore.statements, PersonStore.statements,
      PeopleImportSQL.statements, RandomizeStore.statements, HistoryStore.statements,
      ViewStore.statements, MessageStore.statements, IdempotencyStore.statements,
    ].flatMap { $0 }

  /// Name, access and the text of each dialect, null where it has none, as a JSON array.
  static var json: String {
    JSONValue.array(
      all.map { statement in
        .object(
          [
            JSONMember("name", .string(statement.name)),
            JSONMember("access", .string(statement.access.rawValue)),
          ]
            + Dialect.allCases.map { dialect in
              let text = statement.text(dialect)
              return JSONMember(dialect.rawValue, text.isEmpty ? .null : .string(text))
            })
      }
    ).written(pretty: true) + "\n"
  }

  /// The same for people: a comment with the name, then the text.
  static var text: String {
    all.map { statement in
      statement.postgres == statement.sqlite
        ? "-- \(statement.name)\n\(statement.postgres);\n"
        : Dialect.allCases.filter { !statement.text($0).isEmpty }.map { dialect in
          "-- \(statement.name), \(dialect)\n\(statement.text(dialect));\n"
        }.joined()
    }.joined(separator: "\n")
  }
}
