import Core

/// A database that many threads use at once.
///
/// The contract, the same for PostgreSQL and SQLite:
/// - Every call blocks the calling thread, at most until its deadline and a moment for cleaning up.
///   When the deadline passes, the statement is cancelled and the error is `timeout`; waiting for
///   a connection past it is `poolExhausted`.
/// - A statement outside of a transaction commits by itself.
/// - A read outside of a transaction is sent a second time when its connection turns out to be
///   dead. Anything else is sent a second time only when surely nothing was sent before:
///   `unavailable(sent: true)` means that the outcome is not known.
/// - Do not call the database from within `transaction` or `session`: use the connection that is
///   given. A second connection of the same pool may never become free.
/// - Errors are `DatabaseError`; those that a closure throws come out as they are.
public protocol Database: Sendable {
  /// Which SQL it speaks.
  var dialect: Dialect { get }

  /// Where it is, without the password.
  var address: String { get }

  /// All rows of the statement's result, in memory.
  func query(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> [Row]

  /// Carries the statement out and gives how many rows it inserted, updated or deleted.
  ///
  /// Zero for statements that change no rows, such as DDL.
  func execute(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> Int

  /// Gives `body` each row as it arrives, holding one row at a time.
  ///
  /// When `body` throws, the statement is cancelled. Never sent twice.
  func forEachRow(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline,
    _ body: (Row) throws -> Void
  ) throws

  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
  ///
  /// `deadline` bounds the wait for a connection, the begin and the commit. A commit whose answer
  /// is lost is `unavailable(sent: true)`.
  func transaction<Result>(
    _ mode: TransactionMode, deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result

  /// Runs `body` on one connection without a transaction; one that it leaves open is rolled back.
  func session<Result>(
    deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result

  /// Asks the database for an answer, by way of the pool.
  func ping(deadline: Deadline) throws(DatabaseError)

  /// Cancels what runs now, on every connection; the calls throw `timeout`.
  func interrupt()

  /// Closes what is idle at once and what is in use when it comes back; later calls throw `closed`.
  func close()

  /// The pool as it is now.
  var statistics: PoolStatistics { get }
}

/// One connection, valid until the closure that got it returns, for one thread at a time.
public protocol DatabaseConnection: AnyObject {
  /// Which SQL it speaks.
  var dialect: Dialect { get }

  /// Whether a connection pooler such as pgbouncer stands between, so that nothing of the session
  /// can be relied on; false for SQLite.
  var isBehindPooler: Bool { get }

  /// The server process behind it, as the server itself says; nil for SQLite.
  func serverProcess(deadline: Deadline) throws(DatabaseError) -> Int64?

  /// All rows of the statement's result, in memory.
  func query(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> [Row]

  /// Carries the statement out and gives how many rows it inserted, updated or deleted.
  func execute(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> Int

  /// Gives `body` each row as it arrives; when it throws, the statement is cancelled.
  func forEachRow(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline,
    _ body: (Row) throws -> Void
  ) throws

  /// Copies rows into a table as fast as the database takes them, and gives how many it took.
  ///
  /// `fill` is asked for one batch of whole rows after the other, and ends the copy by leaving one
  /// empty; no more than one batch is held. When it throws, or the database refuses a row, nothing
  /// of the copy is kept and a transaction around it must not be committed. After a `timeout` the
  /// connection is of no further use.
  func copy(
    into table: CopyTable, deadline: Deadline, _ fill: (inout CopyBatch) throws -> Void
  ) throws -> Int

  /// Carries out several statements without parameters; their results are dropped.
  func run(script: String, named name: String, deadline: Deadline) throws(DatabaseError)
}

/// What a transaction may do.
public enum TransactionMode: Sendable {
  /// Sees one snapshot and changes nothing.
  case read
  /// Reads and writes: `READ COMMITTED` on PostgreSQL, the one writer on SQLite.
  case write
}

/// Counts of a pool of connections.
public struct PoolStatistics: Sendable, Equatable {
  /// The most connections that it opens.
  public var connectionsMax = 0
  /// Connections that callers hold now.
  public var inUse = 0
  /// Connections that are open and free.
  public var idle = 0
  /// Callers that wait for a connection now.
  public var waiting = 0
  /// Waits that ended without a connection, since the start.
  public var waitsTimedOut: UInt64 = 0
  /// Connections opened since the start in place of one that broke or was too old.
  public var reconnects: UInt64 = 0
}

extension Database {
  /// The same without parameters.
  public func query(_ statement: Statement, deadline: Deadline) throws(DatabaseError) -> [Row] {
    try query(statement, [], deadline: deadline)
  }

  /// The same without parameters.
  @discardableResult
  public func execute(_ statement: Statement, deadline: Deadline) throws(DatabaseError) -> Int {
    try execute(statement, [], deadline: deadline)
  }
}

extension DatabaseConnection {
  /// The same without parameters.
  public func query(_ statement: Statement, deadline: Deadline) throws(DatabaseError) -> [Row] {
    try query(statement, [], deadline: deadline)
  }

  /// The same without parameters.
  @discardableResult
  public func execute(_ statement: Statement, deadline: Deadline) throws(DatabaseError) -> Int {
    try execute(statement, [], deadline: deadline)
  }
}
