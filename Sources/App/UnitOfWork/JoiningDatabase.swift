import Core
import SQL

/// A database whose statements join the unit of work that runs on the thread.
///
/// Stores need not know of it: where none runs, everything is as it is without this type.
final class JoiningDatabase: Database {
  private let base: any Database

  init(_ base: any Database) { self.base = base }

  /// Runs `body` as one unit of work: committed when it returns, rolled back when it throws.
  ///
  /// `deadline` is that of `Database.transaction`.
  func asOne<Result>(deadline: Deadline, _ body: (UnitOfWork) throws -> Result) throws -> Result {
    try base.transaction(.write, deadline: deadline) { connection in
      let work = UnitOfWork(self, connection)
      return try UnitOfWork.$current.withValue(work) { try body(work) }
    }
  }

  private var work: UnitOfWork? {
    UnitOfWork.current.flatMap { $0.owner === self ? $0 : nil }
  }

  var dialect: Dialect { base.dialect }
  var address: String { base.address }
  var statistics: PoolStatistics { base.statistics }

  func query(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> [Row] {
    guard let work else { return try base.query(statement, parameters, deadline: deadline) }
    return try work.statement(deadline: deadline) { () throws(DatabaseError) in
      try work.connection.query(statement, parameters, deadline: deadline)
    }
  }

  func execute(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> Int {
    guard let work else { return try base.execute(statement, parameters, deadline: deadline) }
    return try work.statement(deadline: deadline) { () throws(DatabaseError) in
      try work.connection.execute(statement, parameters, deadline: deadline)
    }
  }

  func forEachRow(
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

  func transaction<Result>(
    _ mode: TransactionMode, deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result {
    guard let work else { return try base.transaction(mode, deadline: deadline, body) }
    return try work.step(deadline: deadline) { try body(work.connection) }
  }

  /// Never joins: what needs a connection of its own has it.
  func session<Result>(
    deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result {
    try base.session(deadline: deadline, body)
  }

  func ping(deadline: Deadline) throws(DatabaseError) { try base.ping(deadline: deadline) }
  func interrupt() { base.interrupt() }
  func close() { base.close() }
}
