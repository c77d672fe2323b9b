import Core
import Crypto
import SQL

/// What is asked of a PostgreSQL server at the beginning of a backup, within its transaction.
struct PostgresSession {
  /// What the server is, and what was exported.
  struct Facts: Sendable {
    let snapshot: String
    let takenAt: Timestamp
    let serverVersion: String
    let identity: String
    /// Whose lock of backups is held: on each standby locks are its own, until it starts anew.
    let lock: String
    let database: String
    let logPosition: String?
    let databaseBytes: Int64
    let mayReadPasswords: Bool
  }

  let connection: any DatabaseConnection

  /// Advisory locks are per database; within one, other programs have other keys.
  static let lockKey: Int64 = SHA256.hash(Array("slipway backup".utf8)).prefix(8)
    .reduce(0) { $0 << 8 | Int64($1) }

  private static let timeout: Duration = .seconds(30)

  /// Of the transaction, so that it is held behind a pooler too, and goes with the connection.
  ///
  /// https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS
  private static let tryLock = Statement.once(
    "lock", "SELECT pg_try_advisory_xact_lock(\(lockKey)), current_database()::text",
    access: .write)

  /// Who has it, and since when.
  ///
  /// https://www.postgresql.org/docs/15/view-pg-locks.html
  private static let holders = Statement.once(
    "lock_holders",
    """
    SELECT a.pid, a.application_name,
      extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.backend_start))::bigint
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32 | l.objid::bigint) = \(lockKey)
    """)

  /// Takes the lock of backups, or throws `locked` with who has it.
  func lock() throws {
    let row = try connection.query(Self.tryLock, deadline: deadline).first
    if try row?.get(0) ?? false { return }
    let holders = try connection.query(Self.holders, deadline: deadline).map { row in
      let (process, seconds): (Int64, Int64) = (try row.get(0), try row.get(2))
      let application: String? = try row.get(1)
      return "\(application ?? "somebody"), process \(process) of the server, for \(seconds) s"
    }
    throw BackupError.locked(database: try row?.get(1) ?? "the database", by: holders)
  }

  private static let own = Statement.once(
    "own_lock",
    """
    SELECT count(*) FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND l.pid = pg_backend_pid()
      AND (l.classid::bigint << 32 | l.objid::bigint) = \(lockKey)
    """)

  /// Throws where the lock that `lock` took is gone, with its connection or otherwise: another run
  /// may have it then.
  func checkLock() throws {
    let row = try connection.query(Self.own, deadline: deadline).first
    guard try row?.get(0, as: Int.self) ?? 0 > 0 else {
      throw BackupError.database(
        DatabaseError(.busy, "the lock of backups was lost", statement: "own_lock"))
    }
  }

  private static let rights = Statement.once(
    "rights",
    """
    SELECT has_function_privilege('pg_control_system()', 'EXECUTE'),
      has_function_privilege('pg_current_wal_lsn()', 'EXECUTE')
        AND has_function_privilege('pg_last_wal_replay_lsn()', 'EXECUTE'),
      has_table_privilege('pg_authid', 'SELECT'), pg_is_in_recovery()
    """)

  /// The server's number, such as 150014, and its major.
  func major() throws -> Int {
    let row = try connection.query(Self.number, deadline: deadline).first
    return try row?.get(0, as: Int.self) ?? 0
  }

  private static let number = Statement.once(
    "server_version", "SELECT current_setting('server_version_num')::int / 10000")

  /// Exports the snapshot and reads what the server is; what it may not be asked is left out, for
  /// one refusal ends a transaction.
  func facts() throws -> Facts {
    guard let rights = try connection.query(Self.rights, deadline: deadline).first else {
      throw BackupError.database(DatabaseError(.decoding, "no answer", statement: "rights"))
    }
    let cluster =
      try rights.get(0) ? "(SELECT system_identifier::text FROM pg_control_system())" : "'?'"
    let log =
      try !rights.get(1)
      ? "NULL" : try rights.get(3) ? "pg_last_wal_replay_lsn()" : "pg_current_wal_lsn()"
    let statement = Statement.once(
      "facts",
      """
      SELECT pg_export_snapshot(), now(), current_setting('server_version'), \(cluster) || '/'
        || (SELECT oid FROM pg_database WHERE datname = current_database()),
        current_database()::text, \(log)::text, pg_database_size(current_database()),
        CASE WHEN pg_is_in_recovery() THEN pg_postmaster_start_time()::text ELSE 'primary' END
      """, access: .write)
    guard let row = try connection.query(statement, deadline: deadline).first else {
      throw BackupError.database(DatabaseError(.decoding, "no answer", statement: "facts"))
    }
    let (identity, server): (String, String) = (try row.get(3), try row.get(7))
    return Facts(
      snapshot: try row.get(0), takenAt: try row.get(1), serverVersion: try row.get(2),
      identity: identity, lock: "\(identity) \(server)", database: try row.get(4),
      logPosition: try row.get(5),
      databaseBytes: try row.get(6), mayReadPasswords: try rights.get(2))
  }

  /// Keeps tables from being truncated or changed, which a snapshot alone does not.
  ///
  /// The first thing in its transaction: it takes no snapshot, and what it waits for is over then.
  ///
  /// https://www.postgresql.org/docs/15/mvcc-caveats.html
  func hold(_ tables: [PostgresRelations.Relation], wait: Duration) throws(DatabaseError) {
    guard !tables.isEmpty else { return }
    let names = tables.map { "ONLY \($0.name.quoted)" }.joined(separator: ", ")
    try connection.run(
      script: "SET LOCAL lock_timeout = \(max(1, wait.inMilliseconds)); "
        + "LOCK TABLE \(names) IN ACCESS SHARE MODE; SET LOCAL lock_timeout = 0",
      named: "hold_tables", deadline: .distant)
  }

  private var deadline: Deadline { .after(Self.timeout) }
}
