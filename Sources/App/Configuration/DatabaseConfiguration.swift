import Core
import SQL

extension Configuration {
  mutating func readDatabase(_ reader: inout EnvironmentReader) {
    database = Self.readAddress(&reader) ?? database
    databaseOptions.currentPassword = MountedPassword(reader)?.read
    waitsForMigration = reader.boolean("CHECK_MIGRATION", default: false)
    databaseTimeout = reader.duration(
      "DATABASE_TIMEOUT", in: .milliseconds(100)...Duration.seconds(600), default: databaseTimeout)
    databaseOptions.applicationName = "slipway \(revision)"
    readPool(&reader)
    databaseOptions.session.preparedStatements = reader.choice(
      "PREPARED_STATEMENTS", default: databaseOptions.session.preparedStatements)
    databaseOptions.session.statementTimeout = reader.duration(
      "STATEMENT_TIMEOUT", in: .milliseconds(100)...Duration.seconds(3600), default: .seconds(30))
    databaseOptions.sqlite.readersMax = reader.integer(
      "SQLITE_READERS_MAX", in: 1...64, default: databaseOptions.sqlite.readersMax)
    databaseOptions.sqlite.busyTimeout = reader.duration(
      "SQLITE_BUSY_TIMEOUT", in: .zero...Duration.seconds(60),
      default: databaseOptions.sqlite.busyTimeout)
    databaseOptions.sqlite.synchronous = reader.choice(
      "SQLITE_SYNCHRONOUS", default: databaseOptions.sqlite.synchronous)
  }

  private mutating func readPool(_ reader: inout EnvironmentReader) {
    let range = Duration.seconds(1)...Duration.seconds(86_400)
    var pool = databaseOptions.pool
    pool.connectionsMax = reader.integer("POOL_SIZE", in: 1...512, default: pool.connectionsMax)
    pool.waitersMax = reader.integer(
      "POOL_WAITERS_MAX", in: 0...100_000, default: pool.waitersMax)
    pool.lifetime = reader.duration("POOL_LIFETIME", in: range, default: pool.lifetime)
    pool.idleTimeout = reader.duration("POOL_IDLE_TIMEOUT", in: range, default: pool.idleTimeout)
    pool.idleCheckAfter = reader.duration(
      "POOL_IDLE_CHECK_AFTER", in: range, default: pool.idleCheckAfter)
    pool.connectTimeout = reader.duration(
      "CONNECT_TIMEOUT", in: .seconds(1)...Duration.seconds(60), default: pool.connectTimeout)
    databaseOptions.pool = pool
  }

  /// `DATABASE_URL`, or the parts of a PostgreSQL address.
  private static func readAddress(_ reader: inout EnvironmentReader) -> DatabaseURL? {
    let url = reader.databaseURL("DATABASE_URL")
    let host = reader.text("POSTGRES_HOSTNAME")
    let port = reader.integer("POSTGRES_PORT", in: 1...65_535, default: 5432)
    let name = reader.text("POSTGRES_DB")
    let user = reader.text("POSTGRES_USER")
    let password = reader.secret("POSTGRES_PASSWORD")
    guard let host else {
      for (variable, isGiven) in [("POSTGRES_DB", name != nil), ("POSTGRES_USER", user != nil)]
      where isGiven && url == nil {
        reader.report(
          .init(
            name: "POSTGRES_HOSTNAME", value: "",
            allowed: "the server's name or address, since \(variable) is set"))
        break
      }
      return url
    }
    if url != nil {
      reader.report(
        .init(
          name: "POSTGRES_HOSTNAME", value: host,
          allowed: "either DATABASE_URL or POSTGRES_HOSTNAME, not both"))
    }
    return .postgres(
      PostgresAddress(
        hosts: [.init(host, port: UInt16(clamping: port))], database: name, user: user,
        password: password))
  }
}

extension EnvironmentReader {
  /// A database URL, which may hold a password and so is shown without it.
  ///
  /// A wrong one is not shown at all: where its password is, nobody knows.
  fileprivate mutating func databaseURL(_ name: String) -> DatabaseURL? {
    let read: Result<DatabaseURL, DatabaseError>? = value(
      name, default: nil, allowed: DatabaseURL.allowed,
      shown: { (try? $0.get().redacted) ?? Secret("").description },
      parse: { text in Result { () throws(DatabaseError) in try DatabaseURL(text) } })
    switch read {
    case .success(let url): return url
    case .failure(let error):
      report(.init(name: name, value: Secret("").description, allowed: error.message))
      return nil
    case nil: return nil
    }
  }
}
