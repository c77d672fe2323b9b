import Core
import POSIX
import SQL
import Synchronization

/// Brings a database to the schema of this release.
///
/// Many may run at once, on many machines: one at a time migrates, the others wait and then find
/// nothing to do. Running again is always right.
public final class Migrator: Sendable {
  let database: any Database
  let known: MigrationSet
  let release: String
  let serving: String?
  let limits: MigrationLimits
  let report: @Sendable (MigrationEvent) -> Void
  private let mayGoOn: @Sendable (Migration) -> Bool
  private let isStopped = Atomic<Bool>(false)

  /// A migrator on `database`, best one from `DatabaseOptions.forMigrations`.
  ///
  /// `serving` is the release that serves meanwhile: what it could not run on is not begun.
  ///
  /// `mayGoOn` is asked before each migration, each statement and each commit, so that a caller
  /// that has lost the right to migrate stops in time; its false makes `apply` throw
  /// `interrupted`, with the migration undone.
  public init(
    _ database: any Database, _ known: MigrationSet, release: String = Version.current,
    serving: String? = nil, limits: MigrationLimits = MigrationLimits(),
    report: @escaping @Sendable (MigrationEvent) -> Void = { _ in },
    mayGoOn: @escaping @Sendable (Migration) -> Bool = { _ in true }
  ) {
    self.database = database
    self.known = known
    self.release = release
    self.serving = serving
    self.limits = limits
    self.mayGoOn = mayGoOn
    self.report = report
  }

  /// Waits until the database answers; throws `connection` with its last words.
  public func waitForDatabase(upTo timeout: Duration) throws(MigrationError) {
    let deadline = Deadline.after(timeout)
    while true {
      do throws(DatabaseError) {
        return try database.ping(deadline: deadline.within(limits.queryTimeout))
      } catch {
        try checkStop()
        guard error.isWorthWaiting, !deadline.hasPassed else { throw .connection(error) }
        report(.waitingForDatabase(error))
        pause(.milliseconds(500), until: deadline)
        // An attempt without time would only hide the reason.
        if deadline.hasPassed { throw .connection(error) }
      }
    }
  }

  /// What is applied, pending, unknown or changed; makes nothing.
  public func status() throws(MigrationError) -> MigrationStatus {
    do throws(DatabaseError) {
      let deadline = Deadline.after(limits.queryTimeout)
      let history = try MigrationHistory.read { statement throws(DatabaseError) in
        try database.query(statement, deadline: deadline)
      }
      return MigrationStatus(known: known, history: history)
    } catch {
      throw .connection(error)
    }
  }

  /// What `apply` would do now, in order; throws what it would refuse.
  public func plan(to version: Int? = nil) throws(MigrationError) -> [Migration] {
    try plan(status(), to: version)
  }

  /// Applies what is pending, up to and including `version`; gives what this call applied.
  @discardableResult
  public func apply(to version: Int? = nil) throws(MigrationError) -> [Migration] {
    guard try !plan(to: version).isEmpty else { return [] }
    let result: Result<[Migration], MigrationError>
    do {
      // A session's errors are ours, wrapped so that their type is kept.
      result = try database.session(deadline: .after(limits.queryTimeout)) { connection in
        Result { () throws(MigrationError) in try run(on: connection, to: version) }
      }
    } catch {
      throw .connection(error as? DatabaseError ?? DatabaseError(.sql, "\(error)"))
    }
    return try result.get()
  }

  /// Closes the database.
  public func close() { database.close() }

  /// Cancels the running statement and makes `apply` throw `interrupted`; from any thread.
  public func stop() {
    isStopped.store(true, ordering: .sequentiallyConsistent)
    database.interrupt()
  }

  private func run(
    on connection: any DatabaseConnection, to version: Int?
  ) throws(MigrationError) -> [Migration] {
    switch connection.dialect {
    case .postgres: try PostgresMigration(self, connection).run(to: version)
    case .sqlite: try SQLiteMigration(self, connection).run(to: version)
    }
  }
}

extension Migrator {
  /// What of `status` is to be done, or why nothing may be.
  func plan(_ status: MigrationStatus, to version: Int?) throws(MigrationError) -> [Migration] {
    guard status.mismatches.isEmpty else { throw .checksum(status.mismatches) }
    if let version, !known.migrations.contains(where: { $0.version == version }) {
      throw .incompatible("this release has no migration \(version)")
    }
    let needed = status.unknown.compactMap(\.minRelease).max()
    if let needed, Release(release).map({ $0 < needed }) ?? true {
      throw .incompatible(
        "the database was migrated by a newer release and needs \(needed) or later")
    }
    let todo = status.pending.filter { $0.version <= version ?? .max }
    if let first = todo.first(where: { status.outOfOrder.contains($0) }) {
      throw .incompatible(
        "\(first.file) is older than a migration that was applied; give it a new number")
    }
    // All of it is refused, not what is left once some of it is done.
    if let serving, let needed = todo.compactMap(\.header.minRelease).max(),
      Release(serving).map({ $0 < needed }) ?? true
    {
      throw .outpaced(serving: serving, needed: needed)
    }
    return todo
  }

  func checkStop() throws(MigrationError) {
    if isStopped.load(ordering: .sequentiallyConsistent) { throw .interrupted }
  }

  /// Before a step of `migration`: whether it was told to stop, or its caller may no longer.
  func checkStep(_ migration: Migration) throws(MigrationError) {
    try checkStop()
    guard mayGoOn(migration) else { throw .interrupted }
  }

  /// The error of a statement, or `interrupted` when it was us who cancelled it.
  func failure(
    _ error: DatabaseError, _ migration: Migration, _ part: SQLScript.Part?
  ) -> MigrationError {
    if isStopped.load(ordering: .sequentiallyConsistent) { return .interrupted }
    return .failed(
      FailedStatement(
        file: migration.file, line: part?.line ?? 1, summary: part?.summary ?? "history",
        error: error))
  }

  func connectionFailure(_ error: DatabaseError) -> MigrationError {
    isStopped.load(ordering: .sequentiallyConsistent) ? .interrupted : .connection(error)
  }

  /// Sleeps in short steps, so that `stop` is heard.
  func pause(_ duration: Duration, until deadline: Deadline) {
    let end = deadline.within(duration)
    while !end.hasPassed, !isStopped.load(ordering: .relaxed) {
      let milliseconds = min(50, max(1, end.remainingMilliseconds))
      WorkThread.sleep(.milliseconds(milliseconds))
    }
  }
}

extension DatabaseError {
  /// Whether the database may answer later; a wrong password or file will not get better.
  fileprivate var isWorthWaiting: Bool {
    switch kind {
    case .unavailable: state.map { !["28", "3D"].contains($0.classCode) } ?? true
    case .timeout, .busy, .poolExhausted: true
    default: false
    }
  }
}

extension DatabaseOptions {
  /// What a migrator needs: one direct connection, nothing prepared, no server timeouts.
  public static func forMigrations(
    release: String = Version.current, host: String
  ) -> DatabaseOptions {
    var options = DatabaseOptions()
    options.applicationName = "slipway-migrate \(release) \(host)"
    options.pool.connectionsMax = 2
    options.session.statementTimeout = nil
    options.session.idleInTransactionTimeout = nil
    options.session.preparedStatements = .off
    return options
  }
}
