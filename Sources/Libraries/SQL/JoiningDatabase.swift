import Core

/// A database whose statements join the unit of work that runs on the thread.
///
/// Stores need not know of it: where none runs, everything is as it is without this type.
public final class JoiningDatabase: Database {
  private let base: any Database

  /// The same database, which units of work may be run on.
  public init(_ base: any Database) { self.base = base }

  /// Runs `body` as one unit of work: committed when it returns, rolled back when it throws.
  ///
  /// `deadline` is that of `Database.transaction`.
  public func asOne<Result>(deadline: Deadline, _ body: (UnitOfWork) throws -> Result) throws
    -> Result
  {
    try base.transaction(.write, deadline: deadline) { connection in
      let work = UnitOfWork(self, connection)
      return try UnitOfWork.$current.withValue(work) { try body(work) }
    }
  }

  private var work: UnitOfWork? {
    UnitOfWork.current.flatMap { $0.owner === self ? $0 : nil }
  }

  /// That of the base.
  public var dialect: Dialect { base.dialect }
  /// That of the base.
  public var address: String { base.address }
  /// Those of the base.
  public var statistics: PoolStatistics { base.statistics }

  /// A step of the unit of work, where one runs.
  public func query(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> [Row] {
    guard let work else { return try base.query(statement, parameters, deadline: deadline) }
    return try work.statement(deadline: deadline) { () throws(DatabaseError) in
      try work.connection.query(statement, parameters, deadline: deadline)
    }
  }

  /// A step of the unit of work, where one runs.
  public func execute(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> Int {
    guard let work else { return try base.execute(statement, parameters, deadline: deadline) }
    return try work.statement(deadline: deadline) { () throws(DatabaseError) in
      try work.connection.execute(statement, parameters, deadline: deadline)
    }
  }

  /// A step of the unit of work, where one runs.
  public func forEachRow(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline,
    _ body: (Row) throws -> Void
  ) throws {
    guard let work else {
      return try base.forEachRow(statement, parameters, deadline: deadline, body)
    }
    try work.step(deadline: deadline) {
      try work.connection.forEachRow(statement, parameters, deadline: deadline, body)
    }
  }

  /// A step of the unit of work, where one runs.
  public func transaction<Result>(
    _ mode: TransactionMode, deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result {
    guard let work else { return try base.transaction(mode, deadline: deadline, body) }
    return try work.step(deadline: deadline) { try body(work.connection) }
  }

  /// Never joins: what needs a connection of its own has it.
  public func session<Result>(
    deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result {
    try base.session(deadline: deadline, body)
  }

  /// Asks the base.
  public func ping(deadline: Deadline) throws(DatabaseError) { try base.ping(deadline: deadline) }
  /// Interrupts the base.
  public func interrupt() { base.interrupt() }
  /// Closes the base.
  public func close() { base.close() }
}
