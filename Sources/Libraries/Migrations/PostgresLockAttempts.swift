import Core
import SQL

/// The attempts at the locks of one transaction, or of one statement that has none.
///
/// Whoever waits for a lock of a table makes all others wait behind it. So an attempt is short, and
/// in the pause after it others have their turn.
struct PostgresLockAttempts {
  private let migrator: Migrator
  private let connection: any DatabaseConnection
  private let migration: Migration
  private let start: ContinuousClock.Instant
  private let deadline: Deadline
  private var nextPause: Duration
  private var number = 1

  init(_ postgres: PostgresMigration, _ migration: Migration) {
    migrator = postgres.migrator
    connection = postgres.connection
    self.migration = migration
    start = ContinuousClock.now
    deadline = .after(postgres.migrator.limits.retryBudget)
    nextPause = postgres.migrator.limits.pollPause
  }

  /// Tells who is in the way of `refused`, and pauses; throws `locked` once the budget is used up.
  mutating func pause(after refused: SQLScript.Part) throws(MigrationError) {
    let blockers = try blockers(of: refused)
    guard !deadline.hasPassed else {
      throw .locked(by: blockers, waited: start.duration(to: .now))
    }
    let wait = nextPause * Double.random(in: 0.5...1.5)
    migrator.report(.retrying(migration, attempt: number, blockers: blockers, pause: wait))
    migrator.pause(wait, until: deadline)
    try migrator.checkStop()
    nextPause = min(nextPause * 2, migrator.limits.pollPause * 16)
    number += 1
  }

  /// Who holds what the refused statement waited for, to tell whom to ask.
  private func blockers(of part: SQLScript.Part) throws(MigrationError) -> [LockHolder] {
    let names = part.tokens.compactMap { token -> String? in
      switch token.kind {
      case .word: token.text.lowercased()
      case .quotedName: String(token.text.dropFirst().dropLast())
      default: nil
      }
    }
    let values: [Value] = [.text(Set(names).sorted().joined(separator: "\n"))]
    var holders = try LockHolder.read(Self.holdersOfTables, values, connection, migrator)
    guard part.isConcurrent else { return holders }
    let age = Value.integer(migrator.limits.concurrentTimeout.inMilliseconds)
    for old in try LockHolder.read(Self.oldTransactions, [age], connection, migrator)
    where !holders.contains(where: { $0.process == old.process }) {
      holders.append(old)
    }
    return holders
  }

  /// Sessions with locks on the tables that are named, or on those of the indexes that are.
  private static let holdersOfTables = Statement.once(
    "blockers",
    """
    SELECT DISTINCT a.pid, a.application_name,
      (extract(epoch FROM now() - coalesce(a.xact_start, a.query_start)) * 1000)::bigint,
      left(a.query, 200)
    FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (c.relname = ANY (string_to_array($1, E'\\n')) OR c.oid IN (
        SELECT i.indrelid FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
        WHERE x.relname = ANY (string_to_array($1, E'\\n'))))
    """)

  /// Sessions with a snapshot that is at least as old as the wait was long, whatever they lock.
  ///
  /// Before an index is valid, all transactions that may not see it have to end.
  ///
  /// https://www.postgresql.org/docs/15/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
  private static let oldTransactions = Statement.once(
    "old_transactions",
    """
    SELECT a.pid, a.application_name,
      (extract(epoch FROM now() - coalesce(a.xact_start, a.query_start)) * 1000)::bigint,
      left(a.query, 200)
    FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
      AND a.backend_xmin IS NOT NULL
      AND coalesce(a.xact_start <= now() - $1::bigint * interval '1 millisecond', true)
    """)
}
