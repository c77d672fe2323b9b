import Core
import JSON
import SQL

/// How a database of PostgreSQL writes and orders texts, which is fixed when it is made.
///
/// https://www.postgresql.org/docs/15/sql-createdatabase.html
struct DatabaseLocale: Sendable, Equatable {
  let encoding: String
  let collate: String
  let ctype: String
  /// The locale of ICU, where that orders texts.
  let icu: String?

  /// The same encoding in the order of bytes, which every server knows.
  var plain: DatabaseLocale {
    DatabaseLocale(encoding: encoding, collate: "C", ctype: "C", icu: nil)
  }

  /// What follows `CREATE DATABASE name`.
  var clauses: String {
    let icu = icu.map { " LOCALE_PROVIDER icu ICU_LOCALE \(Self.literal($0))" } ?? ""
    return " ENCODING \(Self.literal(encoding)) LC_COLLATE \(Self.literal(collate))"
      + " LC_CTYPE \(Self.literal(ctype))\(icu)"
  }

  /// What a database says of itself; `connection` is to it.
  static func read(
    _ connection: any DatabaseConnection, deadline: Deadline
  ) throws(DatabaseError) -> DatabaseLocale {
    // Not every release has the column of ICU's locale: by way of JSON it may be absent.
    let rows = try connection.query(
      .once(
        "locale",
        """
        SELECT pg_encoding_to_char(encoding)::text, datcollate::text, datctype::text,
          CASE WHEN to_jsonb(d)->>'datlocprovider' = 'i'
            THEN coalesce(to_jsonb(d)->>'daticulocale', to_jsonb(d)->>'datlocale') END
        FROM pg_database d WHERE datname = current_database()
        """), deadline: deadline)
    guard let row = rows.first else { throw DatabaseError(.decoding, "the database has no name") }
    return DatabaseLocale(
      encoding: try row.get(0), collate: try row.get(1), ctype: try row.get(2),
      icu: try row.get(3))
  }

  /// `text` as a constant of SQL.
  static func literal(_ text: String) -> String {
    "'" + text.replacing("'", with: "''") + "'"
  }

  /// One line for people.
  var words: String {
    "\(encoding), LC_COLLATE \(collate), LC_CTYPE \(ctype)" + (icu.map { ", ICU \($0)" } ?? "")
  }

  var json: JSONValue {
    [
      "encoding": .string(encoding), "collate": .string(collate), "ctype": .string(ctype),
      "icu": icu.map { .string($0) } ?? .null,
    ]
  }
}

extension DatabaseLocale {
  init(_ fields: RecordFields) throws(RecordProblem) {
    self.init(
      encoding: try fields.text("encoding"), collate: try fields.text("collate"),
      ctype: try fields.text("ctype"), icu: try fields.optionalText("icu"))
  }
}
