/// A table, or some of its columns, that rows are copied into.
public struct CopyTable: Sendable {
  /// What a column holds; the database's column must have exactly this type.
  public enum ColumnType: Sendable {
    /// `boolean`, in SQLite 0 or 1.
    case boolean
    /// `integer`: 32 bits.
    case integer32
    /// `bigint`: 64 bits.
    case integer64
    /// `double precision`.
    case real
    /// `text` in UTF-8.
    case text
    /// `uuid`, in SQLite 36 characters.
    case uuid
    /// `timestamptz`, in SQLite as `Value.timestamp` is kept.
    case timestamp
  }

  /// A column by name.
  public struct Column: Sendable {
    /// The column's name.
    public let name: String
    /// What it holds.
    public let type: ColumnType

    /// A column called `name`.
    public init(_ name: String, _ type: ColumnType) {
      self.name = name
      self.type = type
    }
  }

  /// The table's name; like the text of a statement it is the program's own, and not quoted.
  public let name: String
  /// The columns in the order in which each row has its fields.
  public let columns: [Column]

  /// Those columns of the table called `name`.
  public init(_ name: String, _ columns: [Column]) {
    self.name = name
    self.columns = columns
  }

  /// What is sent: COPY, or on SQLite an `INSERT` that is run for each row, which it is fastest
  /// with.
  ///
  /// https://www.postgresql.org/docs/15/sql-copy.html
  public var statement: Statement {
    let names = columns.map(\.name).joined(separator: ", ")
    let parameters = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
    return .once(
      "copy \(name)", postgres: "COPY \(name) (\(names)) FROM STDIN (FORMAT binary)",
      sqlite: "INSERT INTO \(name) (\(names)) VALUES (\(parameters))")
  }
}
