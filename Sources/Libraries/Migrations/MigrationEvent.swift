import SQL

/// What a migrator tells while it works, for printing.
public enum MigrationEvent: Sendable {
  /// The database does not answer yet.
  case waitingForDatabase(DatabaseError)
  /// Somebody else migrates.
  case waitingForLock(holders: [LockHolder], waited: Duration)
  /// This migrator is the one that migrates now.
  case locked
  /// A migration begins; `statement` is where it is resumed, 0 for its start.
  case started(Migration, statement: Int)
  /// A statement of it begins, counted from 1.
  case statement(Migration, number: Int, line: Int, summary: String)
  /// An invalid index of an interrupted run is dropped and built again.
  case repairingIndex(String)
  /// A lock was not to be had in time; the transaction, or the statement that runs without one, is
  /// run again after `pause`.
  case retrying(Migration, attempt: Int, blockers: [LockHolder], pause: Duration)
  /// A migration is done.
  case finished(Migration, Duration)
}

/// How long a migrator waits for what.
public struct MigrationLimits: Sendable {
  /// For another migrator to finish.
  public var lockBudget: Duration = .seconds(600)
  /// For one lock on a table, each time.
  public var lockTimeout: Duration = .seconds(2)
  /// For one lock or older transaction that a `CONCURRENTLY` of an index waits for, each time.
  ///
  /// It waits for those by design, and nobody who reads or writes waits behind it. What is refused
  /// is an index that has to be built anew.
  public var concurrentTimeout: Duration = .seconds(300)
  /// For all attempts to get the locks of one migration, or of one statement without a transaction.
  public var retryBudget: Duration = .seconds(600)
  /// For one statement to run.
  public var statementTimeout: Duration = .seconds(3600)
  /// For the small statements of the migrator itself.
  public var queryTimeout: Duration = .seconds(10)
  /// The shortest pause between two attempts at a lock; it doubles up to sixteen times this.
  public var pollPause: Duration = .milliseconds(100)

  /// The defaults.
  public init() {}
}
