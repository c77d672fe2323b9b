import Core
import Crypto
import POSIX
import SQL

/// Where a drill makes its databases: its own scratch server, or one that was named.
struct DrillServer: Sendable {
  /// Who makes and drops them, and reads the copy.
  let admin: PostgresAddress
  /// A role without superuser that restores; nil where the server is not ours to make one.
  let role: String?
  /// What reports call it.
  let title: String

  /// What the names of databases of drills begin with.
  private static let prefix = "slipway_drill_"
  private static let timeout: Duration = .seconds(120)
  /// How long after it is made a database may have no session yet, by the server's clock.
  private static let openedWithin: Duration = .seconds(600)

  /// Runs `body` with the address of an empty database, which is gone afterwards.
  ///
  /// `owner` restores into it. `body` also gets the locale that the database has, where one was
  /// asked for. A session is held in it as long as it is used: an older database of that name
  /// without one is what a killed drill left, and is dropped first. Its name begins with the second
  /// in which it was made, so that nobody takes what another drill is just opening.
  func withDatabase<Result>(
    owner: String?, _ locale: DatabaseLocale?,
    _ body: (PostgresAddress, DatabaseLocale?) throws -> Result
  ) throws -> Result {
    let server = Self.open(admin)
    defer { server.close() }
    try sweep(server, at: Self.second(server))
    // Anew, for a sweep may take longer than somebody else takes this one for young.
    let name = Self.name(try Self.second(server))
    try make(name, owner, locale, server)
    defer { try? execute("DROP DATABASE \(name) WITH (FORCE)", server) }
    var address = admin
    address.database = name
    let database = Self.open(address)
    defer { database.close() }
    return try database.session(deadline: .distant) { session in
      // The first statement is what opens it.
      let found = try DatabaseLocale.read(session, deadline: .after(Self.timeout))
      return try body(address, locale == nil ? nil : found)
    }
  }

  /// Makes those of `roles` that are not at `address`, and with `groups` members of others; which.
  static func make(
    _ roles: [DumpedRole], withGroups groups: Bool, at address: PostgresAddress
  ) throws -> [String] {
    let server = open(address)
    defer { server.close() }
    func execute(_ text: String) throws(DatabaseError) {
      try server.execute(.once("role", text), deadline: .after(timeout))
    }
    let missing = Set(try missing(roles.map(\.name), at: server))
    let made = roles.filter { missing.contains($0.name) }
    for role in made { try execute(role.statement) }
    for role in made where groups {
      for group in role.groups {
        try execute("GRANT \(QualifiedName.quoted(group)) TO \(QualifiedName.quoted(role.name))")
      }
    }
    return made.map(\.name)
  }

  /// Those of `names` that are no roles there.
  static func missing(_ names: [String], at server: PostgresDatabase) throws -> [String] {
    let known = try server.query(
      .once("roles", "SELECT rolname::text FROM pg_roles", access: .read),
      deadline: .after(timeout)
    ).map { row in try row.get(0, as: String.self) }
    return names.filter { !known.contains($0) }
  }

  /// The first number of the version of the server at `address`.
  static func major(_ address: PostgresAddress) throws(BackupError) -> Int {
    let database = open(address)
    defer { database.close() }
    do throws(DatabaseError) {
      let row = try database.query(
        .once("major", "SELECT current_setting('server_version_num')::int / 10000", access: .read),
        deadline: .after(timeout)
      ).first
      return try row?.get(0, as: Int.self) ?? 0
    } catch {
      throw .database(error)
    }
  }

  static func open(_ address: PostgresAddress) -> PostgresDatabase {
    var options = DatabaseOptions()
    options.applicationName = "ops backup drill"
    options.session.statementTimeout = nil
    options.session.idleInTransactionTimeout = nil
    options.pool.connectionsMax = 2
    return PostgresDatabase(address: address, options: options)
  }

  /// Now, by the server's clock, in seconds since 1970.
  private static func second(_ server: PostgresDatabase) throws -> Int64 {
    let row = try server.query(
      .once("now", "SELECT extract(epoch FROM clock_timestamp())::int8", access: .read),
      deadline: .after(timeout)
    ).first
    return try row?.get(0, as: Int64.self) ?? 0
  }

  /// A name that nobody else has: 8 digits of the second it is made in, 8 of chance.
  static func name(_ second: Int64) -> String {
    let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: second >> $0) }
    return prefix + Hexadecimal.encode(bytes + RandomBytes.make(4))
  }

  /// Whether what is called `name` and has no session may still be about to get one at `second`;
  /// what comes from far in the future was made before the clock was set back.
  static func mayBeOpening(_ name: String, at second: Int64) -> Bool {
    guard let made = Int64(name.dropFirst(prefix.count).prefix(8), radix: 16) else { return true }
    return (second &- made).magnitude <= openedWithin.components.seconds.magnitude
  }

  private func sweep(_ server: PostgresDatabase, at second: Int64) throws {
    let left = try server.query(
      .once(
        "left",
        """
        SELECT datname::text FROM pg_database d
        WHERE datname ~ '^\(Self.prefix)[0-9a-f]{16}$'
          AND pg_has_role(datdba, 'MEMBER')
          AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)
        """), deadline: .after(Self.timeout))
    for row in left {
      let name: String = try row.get(0)
      guard !Self.mayBeOpening(name, at: second) else { continue }
      // Without FORCE: one that somebody has opened since is left alone.
      try? execute("DROP DATABASE \(name)", server)
    }
  }

  /// With the locale of the source, or with C where this machine does not have it.
  private func make(
    _ name: String, _ owner: String?, _ locale: DatabaseLocale?, _ server: PostgresDatabase
  ) throws {
    let owned = owner.map { " OWNER \(QualifiedName.quoted($0))" } ?? ""
    let made = "CREATE DATABASE \(name)\(owned) TEMPLATE template0"
    guard let locale else { return try execute(made, server) }
    do throws(DatabaseError) {
      try execute(made + locale.clauses, server)
    } catch {
      guard role != nil else { throw error }
      try execute(made + locale.plain.clauses, server)
    }
  }

  private func execute(_ text: String, _ server: PostgresDatabase) throws(DatabaseError) {
    try server.execute(.once("drill", text), deadline: .after(Self.timeout))
  }
}
