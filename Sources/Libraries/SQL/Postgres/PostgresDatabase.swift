import Core
import Synchronization

/// A PostgreSQL server, through a pool of connections.
public final class PostgresDatabase: Database {
  private let pool: PostgresPool
  private let target: PostgresAddress
  private let preparedStatements: PreparedStatements
  /// Set once there were signs of a pooler that does not keep prepared statements.
  private let hasPooler = Atomic<Bool>(false)

  /// A database that is reached with the first call.
  public init(address: PostgresAddress, options: DatabaseOptions = DatabaseOptions()) {
    target = address
    preparedStatements = options.session.preparedStatements
    pool = PostgresPool(connector: PostgresConnector(address: address, options: options))
  }

  /// `postgres`.
  public var dialect: Dialect { .postgres }

  /// The URL without its password.
  public var address: String { target.redacted }

  /// All rows of the statement's result.
  public func query(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> [Row] {
    try attempt(statement, deadline) { connection, isPrepared throws(DatabaseError) in
      try connection.query(statement, parameters, deadline: deadline, isPrepared: isPrepared)
    }
  }

  /// Carries the statement out.
  public func execute(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> Int {
    try attempt(statement, deadline) { connection, isPrepared throws(DatabaseError) in
      try connection.execute(statement, parameters, deadline: deadline, isPrepared: isPrepared)
    }
  }

  /// Gives `body` each row in libpq's single row mode.
  public func forEachRow(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline,
    _ body: (Row) throws -> Void
  ) throws {
    let connection = try pool.acquire(deadline: deadline)
    defer { pool.release(connection) }
    try connection.forEachRow(statement, parameters, deadline: deadline, body)
  }

  /// A transaction: `READ ONLY` and `REPEATABLE READ`, so that it sees one snapshot, or read-write.
  public func transaction<Result>(
    _ mode: TransactionMode, deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result {
    let connection = try begin(mode, deadline)
    defer { pool.release(connection) }
    let scope = PostgresScope(connection, self)
    defer { scope.end() }
    let result = try body(scope)
    try commit(connection, deadline)
    return result
  }

  /// One connection, which is closed afterwards: its settings and locks are nobody else's.
  public func session<Result>(
    deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result {
    let connection = try pool.acquire(deadline: deadline)
    defer { pool.discard(connection, isReplaced: false) }
    let scope = PostgresScope(connection, self)
    defer { scope.end() }
    return try body(scope)
  }

  /// An empty query.
  public func ping(deadline: Deadline) throws(DatabaseError) {
    try attempt(Self.ping, deadline) { connection, _ throws(DatabaseError) in
      try connection.run(script: "", named: Self.ping.name, deadline: deadline)
    }
  }

  /// Cancels what runs on every connection.
  public func interrupt() { pool.interrupt() }

  /// Ends idle connections and refuses new callers.
  public func close() { pool.close() }

  /// The pool's counts.
  public var statistics: PoolStatistics { pool.statistics }

  private static let ping = Statement.once("ping", "", access: .read)
}

extension PostgresDatabase {
  /// Runs one statement outside of a transaction, and once more where that is safe.
  private func attempt<Result>(
    _ statement: Statement, _ deadline: Deadline,
    _ body: (PostgresConnection, Bool) throws(DatabaseError) -> Result
  ) throws(DatabaseError) -> Result {
    let connection = try pool.acquire(deadline: deadline)
    do throws(DatabaseError) {
      let result = try body(connection, mayPrepare(connection))
      pool.release(connection)
      return result
    } catch {
      guard mayRepeat(statement, error), !deadline.hasPassed else {
        pool.release(connection)
        throw error
      }
      if error.state == .featureNotSupported {
        try? connection.forget(statement, deadline: deadline)
      }
      pool.release(connection)
      let other = try pool.acquire(deadline: deadline)
      defer { pool.release(other) }
      return try body(other, mayPrepare(other))
    }
  }

  /// Whether a statement that failed may be sent again.
  private func mayRepeat(_ statement: Statement, _ error: DatabaseError) -> Bool {
    if error.kind == .unavailable(sent: false) { return true }
    if error.kind == .unavailable(sent: true) { return statement.access == .read }
    return isPreparationLost(error) || isPlanStale(error)
  }

  /// Whether the statement was not carried out because a pooler changed the server under us.
  fileprivate func isPreparationLost(_ error: DatabaseError) -> Bool {
    guard preparedStatements == .auto,
      error.state == .invalidStatementName || error.state == .duplicatePreparedStatement
    else { return false }
    return !hasPooler.exchange(true, ordering: .relaxed)
  }

  /// `cached plan must not change result type`, after a migration; the words are translated, and
  /// the code stands for other things too, for which a second try does no harm.
  fileprivate func isPlanStale(_ error: DatabaseError) -> Bool {
    preparedStatements != .off && error.state == .featureNotSupported
  }

  fileprivate func mayPrepare(_ connection: PostgresConnection) -> Bool {
    switch preparedStatements {
    case .on: return true
    case .off: return false
    case .auto:
      if connection.isBehindPooler { hasPooler.store(true, ordering: .relaxed) }
      return !hasPooler.load(ordering: .relaxed)
    }
  }

  /// Begins on a connection; a second one is tried when the first was dead, for nothing was done.
  private func begin(
    _ mode: TransactionMode, _ deadline: Deadline
  ) throws(DatabaseError) -> PostgresConnection {
    let text = mode == .read ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN"
    let connection = try pool.acquire(deadline: deadline)
    do throws(DatabaseError) {
      try connection.run(script: text, named: "begin", deadline: deadline)
      return connection
    } catch {
      pool.release(connection)
      guard error.isConnectionLoss, !deadline.hasPassed else { throw error }
    }
    let other = try pool.acquire(deadline: deadline)
    do throws(DatabaseError) {
      try other.run(script: text, named: "begin", deadline: deadline)
      return other
    } catch {
      pool.release(other)
      throw error
    }
  }

  /// PostgreSQL answers `COMMIT` of a failed transaction with a rollback and no error.
  private func commit(
    _ connection: PostgresConnection, _ deadline: Deadline
  ) throws(DatabaseError) {
    guard connection.isInHealthyTransaction else {
      throw DatabaseError(
        .serialization, "the transaction was rolled back within", statement: "commit")
    }
    try connection.run(script: "COMMIT", named: "commit", deadline: deadline)
  }
}

/// What a closure gets: the connection until the closure returns.
private final class PostgresScope: DatabaseConnection {
  private var connection: PostgresConnection?
  private let database: PostgresDatabase

  init(_ connection: PostgresConnection, _ database: PostgresDatabase) {
    self.connection = connection
    self.database = database
  }

  func end() { connection = nil }

  var dialect: Dialect { .postgres }

  var isBehindPooler: Bool { valid.isBehindPooler }

  func serverProcess(deadline: Deadline) throws(DatabaseError) -> Int64? {
    try query(PostgresConnector.processNumber, [], deadline: deadline).first?.get(0)
  }

  func query(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> [Row] {
    try checked { connection, isPrepared throws(DatabaseError) in
      try connection.query(statement, parameters, deadline: deadline, isPrepared: isPrepared)
    }
  }

  func execute(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> Int {
    try checked { connection, isPrepared throws(DatabaseError) in
      try connection.execute(statement, parameters, deadline: deadline, isPrepared: isPrepared)
    }
  }

  func forEachRow(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline,
    _ body: (Row) throws -> Void
  ) throws {
    try valid.forEachRow(statement, parameters, deadline: deadline, body)
  }

  func copy(
    into table: CopyTable, deadline: Deadline, _ fill: (inout CopyBatch) throws -> Void
  ) throws -> Int {
    try valid.copy(into: table, deadline: deadline, fill)
  }

  func run(script: String, named name: String, deadline: Deadline) throws(DatabaseError) {
    try valid.run(script: script, named: name, deadline: deadline)
  }

  /// A lost preparation has failed the transaction: only its owner can run it again.
  private func checked<Result>(
    _ body: (PostgresConnection, Bool) throws(DatabaseError) -> Result
  ) throws(DatabaseError) -> Result {
    let connection = valid
    do throws(DatabaseError) {
      return try body(connection, database.mayPrepare(connection))
    } catch {
      let isStale = database.isPlanStale(error)
      // The next user of this connection would meet the same plan.
      if isStale { connection.markBroken() }
      guard isStale || database.isPreparationLost(error) else { throw error }
      throw DatabaseError(
        .serialization, error.message, state: error.state, statement: error.statement)
    }
  }

  private var valid: PostgresConnection {
    guard let connection else { preconditionFailure("used after its closure returned") }
    return connection
  }
}
