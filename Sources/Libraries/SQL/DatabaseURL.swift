import Core

/// Where a database is: an SQLite file or one or more PostgreSQL servers.
///
/// - `sqlite:///data/app.sqlite` is relative, `sqlite:////var/lib/app.sqlite` (four slashes) is
///   absolute, as SQLAlchemy has it; `sqlite::memory:` (or `sqlite://`) lives in memory.
/// - `postgres://user:password@host:port,host2/database?sslmode=require`, `postgresql://` too, with
///   a `+driver` that is ignored. What follows `?` are the parameters of libpq.
///
/// https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING
public enum DatabaseURL: Sendable, Equatable {
  /// An SQLite file; `:memory:` is no file.
  case sqlite(path: String)
  /// PostgreSQL.
  case postgres(PostgresAddress)

  /// The forms that are accepted, for messages.
  public static let allowed =
    "sqlite:///relative/path, sqlite:////absolute/path, sqlite::memory: "
    + "or postgres://user:password@host:port/database?sslmode=..."

  /// Reads a URL; a failure says what is wrong and never shows the password.
  public init(_ text: String) throws(DatabaseError) {
    let scheme = text.prefix { $0 != ":" }
    let rest = text.dropFirst(scheme.count + 1)
    guard scheme.count < text.count else {
      throw .address("there is no scheme; allowed: \(Self.allowed)")
    }
    switch scheme.lowercased().prefix(while: { $0 != "+" }) {
    case "sqlite": self = .sqlite(path: try Self.sqlitePath(rest))
    case "postgres", "postgresql": self = .postgres(try PostgresAddress(afterScheme: rest))
    default: throw .address("unknown scheme; allowed: \(Self.allowed)")
    }
  }

  /// The URL without its password.
  public var redacted: String {
    switch self {
    case .sqlite(SQLiteLocation.memory): "sqlite::memory:"
    case .sqlite(let path): "sqlite:///\(PercentEncoding.encode(path, keeping: "/-_.~"))"
    case .postgres(let address): address.redacted
    }
  }

  /// Whether it ends with its only connection.
  public var isInMemory: Bool { self == .sqlite(path: SQLiteLocation.memory) }

  /// Opens the database.
  ///
  /// An SQLite file is opened at once, and made when it is missing; PostgreSQL is reached with the
  /// first call, so that a service starts while its database is away.
  public func open(_ options: DatabaseOptions = DatabaseOptions()) throws(DatabaseError)
    -> any Database
  {
    switch self {
    case .sqlite(let path):
      try SQLiteDatabase(
        path: path, options: options.sqlite, waitersMax: options.pool.waitersMax)
    case .postgres(let address): PostgresDatabase(address: address, options: options)
    }
  }

  private static func sqlitePath(_ rest: Substring) throws(DatabaseError) -> String {
    if [":memory:", "//", "///", "///:memory:"].contains(rest) { return SQLiteLocation.memory }
    guard rest.hasPrefix("///") else {
      throw .address("sqlite takes three slashes and a path; allowed: \(allowed)")
    }
    guard !rest.contains("?"), let path = PercentEncoding.decode(rest.dropFirst(3)) else {
      throw .address("an sqlite path has no parameters and percent signs only before two digits")
    }
    return path
  }
}

extension DatabaseURL: CustomStringConvertible {
  /// The same as `redacted`.
  public var description: String { redacted }
}

extension DatabaseError {
  static func address(_ message: String) -> DatabaseError {
    DatabaseError(.configuration, "database URL: \(message)")
  }
}
