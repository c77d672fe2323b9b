import Core
import Migrations
import POSIX
import SQL
import Schema

/// What a migration run is asked for.
struct MigrationRunOptions: Sendable {
  /// The last version to apply; nil is all that the release knows.
  var version: Int?
  /// How long to wait for a database that does not answer yet.
  var wait: Duration = .zero
  /// How long to wait for what else.
  var limits = MigrationLimits()
  /// The release that serves meanwhile; what it could not run on is refused.
  var serving: String?
  /// The release that the history names.
  var release = Version.current
  /// The migrations, by the dialect of the database.
  var migrations: @Sendable (Dialect) throws(MigrationError) -> MigrationSet = {
    dialect throws(MigrationError) in try ServiceSchema.migrations(for: dialect)
  }
}

/// Migrates one database, for `ops migrate` and for the migrate phase of a rollout.
///
/// A call blocks its thread; `cancel` from another one ends it.
final class MigrationRun: Sendable {
  /// A migration that this run applied.
  struct Step: Sendable, Equatable {
    let migration: Migration
    let duration: Duration
  }

  /// What an apply did.
  struct Result: Sendable, Equatable {
    /// In their order; empty where nothing was to be done.
    let applied: [Step]
    /// What the schema is afterwards.
    let state: SchemaState
  }

  /// What a database has.
  struct Status: Sendable, Equatable {
    let migrations: MigrationStatus
    let state: SchemaState
  }

  private struct Running {
    var isCancelled = false
    var migrator: Migrator?
    /// What the caller's check threw.
    var objection: (any Error)?
    var steps: [Step] = []
  }

  /// Where the database is.
  let database: DatabaseURL
  private let options: MigrationRunOptions
  private let beforeStep: @Sendable (Migration) throws -> Void
  private let running = Guarded(Running())

  /// A run on `database`.
  ///
  /// `beforeStep` is called before each migration, statement and commit, on the thread that
  /// applies. What it throws ends `apply`, which undoes the migration and throws the same.
  init(
    database: DatabaseURL, _ options: MigrationRunOptions = MigrationRunOptions(),
    beforeStep: @escaping @Sendable (Migration) throws -> Void = { _ in }
  ) {
    self.database = database
    self.options = options
    self.beforeStep = beforeStep
  }

  /// Applies what is pending.
  ///
  /// Throws `MigrationError`, or what `beforeStep` threw.
  func apply(onEvent: @escaping @Sendable (MigrationEvent) -> Void = { _ in }) throws -> Result {
    running.withLock { ($0.objection, $0.steps) = (nil, []) }
    return try withMigrator(onEvent, readOnly: false) { migrator, database in
      do throws(MigrationError) {
        try migrator.apply(to: options.version)
      } catch {
        throw running.withLock { $0.objection } ?? error
      }
      return Result(
        applied: running.withLock { $0.steps }, state: try state(of: database))
    }
  }

  /// Says what is applied and what is not; changes nothing.
  func status(onEvent: @escaping @Sendable (MigrationEvent) -> Void = { _ in }) throws -> Status {
    try withMigrator(onEvent, readOnly: true) { migrator, database in
      Status(migrations: try migrator.status(), state: try state(of: database))
    }
  }

  /// Cancels the statement that runs and makes the call throw `interrupted`; from any thread.
  func cancel() {
    let migrator = running.withLock { running in
      running.isCancelled = true
      return running.migrator
    }
    migrator?.stop()
  }

  private func withMigrator<Value>(
    _ onEvent: @escaping @Sendable (MigrationEvent) -> Void, readOnly: Bool,
    _ body: (Migrator, any SQL.Database) throws -> Value
  ) throws -> Value {
    let opened = try open(readOnly: readOnly, onEvent)
    defer { opened.close() }
    let migrator = Migrator(
      opened, try options.migrations(opened.dialect), release: options.release,
      serving: options.serving, limits: options.limits,
      report: { [self] event in
        note(event)
        onEvent(event)
      }, mayGoOn: { [self] in mayGoOn($0) })
    let isCancelled = running.withLock { running in
      running.migrator = migrator
      return running.isCancelled
    }
    defer { running.withLock { $0.migrator = nil } }
    if isCancelled { throw MigrationError.interrupted }
    do {
      // The wait ends with an attempt of its own: without a wait there is none before the work.
      if options.wait > .zero { try migrator.waitForDatabase(upTo: options.wait) }
      return try body(migrator, opened)
    } catch {
      // What was cancelled says that it ran out of time.
      let isCancelled = running.withLock { $0.isCancelled }
      if isCancelled, case MigrationError.connection = error { throw MigrationError.interrupted }
      throw error
    }
  }

  /// Opens the database; an SQLite file that somebody else is just writing is waited for.
  private func open(
    readOnly: Bool, _ onEvent: @Sendable (MigrationEvent) -> Void
  ) throws(MigrationError) -> any SQL.Database {
    var settings = DatabaseOptions.forMigrations(
      release: options.release, host: ProcessInfo.hostName)
    settings.sqlite.readOnly = readOnly
    let begun = ContinuousClock.now
    let deadline = Deadline.after(options.limits.lockBudget)
    var pause = options.limits.pollPause
    while true {
      do throws(DatabaseError) {
        return try database.open(settings)
      } catch {
        guard error.kind == .busy else { throw .connection(error) }
      }
      let waited = begun.duration(to: .now)
      if running.withLock({ $0.isCancelled }) { throw .interrupted }
      guard !deadline.hasPassed else { throw .locked(by: [], waited: waited) }
      onEvent(.waitingForLock(holders: [], waited: waited))
      WorkThread.sleep(pause)
      pause = min(pause * 2, options.limits.pollPause * 16)
    }
  }

  private func mayGoOn(_ migration: Migration) -> Bool {
    do {
      try beforeStep(migration)
      return true
    } catch {
      running.withLock { $0.objection = error }
      return false
    }
  }

  private func note(_ event: MigrationEvent) {
    guard case .finished(let migration, let duration) = event else { return }
    running.withLock { $0.steps.append(Step(migration: migration, duration: duration)) }
  }

  private func state(
    of database: any SQL.Database
  ) throws(MigrationError) -> SchemaState {
    let known = try options.migrations(database.dialect)
    do throws(DatabaseError) {
      return try SchemaState.read(
        database, known: known, release: options.release,
        deadline: .after(options.limits.queryTimeout))
    } catch {
      throw .connection(error)
    }
  }
}
