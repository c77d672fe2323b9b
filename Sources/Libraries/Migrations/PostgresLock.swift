import Core
import Crypto
import SQL

/// The advisory lock that makes one migrator of many the one that migrates.
///
/// It is polled for, never waited for: a waiter inside of `pg_advisory_lock` holds a snapshot, and
/// the holder's `CREATE INDEX CONCURRENTLY` waits for all snapshots. It belongs to the session, so
/// it goes with the connection, however that ends.
///
/// https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS
struct PostgresLock {
  private let migrator: Migrator
  private let connection: any DatabaseConnection

  init(_ migrator: Migrator, _ connection: any DatabaseConnection) {
    self.migrator = migrator
    self.connection = connection
  }

  /// The same for every release: what it guards is the history.
  ///
  /// Advisory locks are per database; within one, other programs have other keys.
  static let key: Int64 = SHA256.hash(Array("slipway migration_history".utf8)).prefix(8)
    .reduce(0) { $0 << 8 | Int64($1) }

  private static let tryLock = Statement.once(
    "lock", "SELECT pg_try_advisory_lock(\(key))", access: .write)

  private static let unlock = Statement.once(
    "unlock", "SELECT pg_advisory_unlock(\(key))", access: .write)

  /// How the server lists a lock with a key of 64 bits: the halves in two columns.
  ///
  /// https://www.postgresql.org/docs/15/view-pg-locks.html
  private static let match = """
    l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (l.classid::bigint << 32 | l.objid::bigint) = \(key)
    """

  private static let isOurs = Statement.once(
    "lock_check",
    "SELECT pg_backend_pid(), count(*) FROM pg_locks l WHERE \(match) AND pid = pg_backend_pid()")

  private static let holders = Statement.once(
    "lock_holders",
    """
    SELECT a.pid, a.application_name,
      (extract(epoch FROM now() - coalesce(a.xact_start, a.query_start, a.backend_start)) * 1000)
        ::bigint, left(a.query, 200)
    FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE \(match)
    """)

  /// Takes the lock and gives the server process that holds it.
  func acquire() throws(MigrationError) -> Int64 {
    guard !connection.isBehindPooler else { throw Self.pooler }
    let process = try processNumber()
    let start = ContinuousClock.now
    let deadline = Deadline.after(migrator.limits.lockBudget)
    var pause = migrator.limits.pollPause
    while try !isTaken() {
      try migrator.checkStop()
      let holders = try LockHolder.read(Self.holders, [], connection, migrator)
      let waited = start.duration(to: .now)
      guard !deadline.hasPassed else { throw .locked(by: holders, waited: waited) }
      migrator.report(.waitingForLock(holders: holders, waited: waited))
      migrator.pause(pause * Double.random(in: 0.5...1.5), until: deadline)
      pause = min(pause * 2, migrator.limits.pollPause * 16)
    }
    try check(process)
    migrator.report(.locked)
    return process
  }

  /// Makes sure, in a statement of its own, that the session is the same and the lock still ours.
  func check(_ process: Int64) throws(MigrationError) {
    do throws(DatabaseError) {
      let row = try connection.query(Self.isOurs, deadline: deadline).first
      let now: Int64? = try row?.get(0)
      let count: Int64? = try row?.get(1)
      guard now == process, count ?? 0 > 0 else { throw DatabaseError(.sql, "lost") }
    } catch {
      if error.message == "lost" { throw Self.pooler }
      throw migrator.connectionFailure(error)
    }
  }

  /// Gives the lock back; the end of the session would do it too.
  func release() {
    _ = try? connection.query(Self.unlock, deadline: deadline)
  }

  private static let pooler = MigrationError.incompatible(
    "a pooler stands between this and the server, and would keep the migration lock on a "
      + "connection of somebody else: use the direct address of the server")

  private var deadline: Deadline { .after(migrator.limits.queryTimeout) }

  private func isTaken() throws(MigrationError) -> Bool {
    do throws(DatabaseError) {
      return try connection.query(Self.tryLock, deadline: deadline).first?.get(0) ?? false
    } catch {
      throw migrator.connectionFailure(error)
    }
  }

  private func processNumber() throws(MigrationError) -> Int64 {
    do throws(DatabaseError) {
      return try connection.serverProcess(deadline: deadline) ?? 0
    } catch {
      throw migrator.connectionFailure(error)
    }
  }
}

extension LockHolder {
  /// Reads process, application, age in milliseconds and statement.
  static func read(
    _ statement: Statement, _ values: [Value], _ connection: any DatabaseConnection,
    _ migrator: Migrator
  ) throws(MigrationError) -> [LockHolder] {
    do throws(DatabaseError) {
      let deadline = Deadline.after(migrator.limits.queryTimeout)
      var holders: [LockHolder] = []
      for row in try connection.query(statement, values, deadline: deadline) {
        let age: Int64? = try row.get(2)
        holders.append(
          LockHolder(
            process: try row.get(0), application: try row.get(1) ?? "",
            age: .milliseconds(age ?? 0), statement: try row.get(3) ?? ""))
      }
      return holders
    } catch {
      throw migrator.connectionFailure(error)
    }
  }
}
