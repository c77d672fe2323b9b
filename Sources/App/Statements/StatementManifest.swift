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
      RandomizeStore.statements, HistoryStore.statements,
    ].flatMap { $0 }

  /// Name, access and the text of each dialect, as a JSON array.
  static var json: String {
    JSONValue.array(
      all.map {
        [
          "name": .string($0.name), "access": .string($0.access.rawValue),
          "postgres": .string($0.postgres), "sqlite": .string($0.sqlite),
        ]
      }
    ).written(pretty: true) + "\n"
  }

  /// The same for people: a comment with the name, then the text.
  static var text: String {
    all.map { statement in
      let texts = Dialect.allCases.map(statement.text)
      return texts[0] == texts[1]
        ? "-- \(statement.name)\n\(texts[0]);\n"
        : zip(Dialect.allCases, texts).map { "-- \(statement.name), \($0)\n\($1);\n" }.joined()
    }.joined(separator: "\n")
  }
}
