import Core
import SQL

/// A database whose operations are timed.
final class MeasuredDatabase: Database {
  private struct Entry {
    let operation: String
    let failure: String
    var histogram = Histogram()
  }

  private let base: any Database
  /// One entry for each statement that the program knows and each kind of failure.
  private let entries: Guarded<[Entry]>

  init(_ base: any Database) {
    self.base = base
    entries = Guarded([])
  }

  /// Another way to the same database, counted with the first.
  init(_ base: any Database, countedWith other: MeasuredDatabase) {
    self.base = base
    entries = other.entries
  }

  var dialect: Dialect { base.dialect }
  var address: String { base.address }
  var statistics: PoolStatistics { base.statistics }

  func query(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> [Row] {
    try measure(statement.name) { () throws(DatabaseError) in
      try base.query(statement, parameters, deadline: deadline)
    }
  }

  func execute(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> Int {
    try measure(statement.name) { () throws(DatabaseError) in
      try base.execute(statement, parameters, deadline: deadline)
    }
  }

  func forEachRow(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline,
    _ body: (Row) throws -> Void
  ) throws {
    try measure(statement.name) {
      try base.forEachRow(statement, parameters, deadline: deadline, body)
    }
  }

  func transaction<Result>(
    _ mode: TransactionMode, deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result {
    try measure("transaction") { try base.transaction(mode, deadline: deadline, body) }
  }

  func session<Result>(
    deadline: Deadline, _ body: (any DatabaseConnection) throws -> Result
  ) throws -> Result {
    try measure("session") { try base.session(deadline: deadline, body) }
  }

  func ping(deadline: Deadline) throws(DatabaseError) {
    try measure("ping") { () throws(DatabaseError) in try base.ping(deadline: deadline) }
  }

  func interrupt() { base.interrupt() }
  func close() { base.close() }

  func write(to page: inout MetricsText) {
    let name = "db_client_operation_duration_seconds"
    page.family(
      name, .histogram, "Duration of database operations, waits for connections included.")
    let system = dialect == .postgres ? "postgresql" : "sqlite"
    for entry in entries.withLock({ $0 }) {
      page.histogram(
        name,
        [
          ("db_system_name", system), ("db_operation_name", entry.operation),
          ("error_type", entry.failure),
        ], entry.histogram)
    }
  }

  private func measure<Result, Failure: Error>(
    _ operation: String, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let start = ContinuousClock.now
    do throws(Failure) {
      let result = try body()
      record(operation, failure: "", ContinuousClock.now - start)
      return result
    } catch {
      let failure = (error as? DatabaseError)?.kind.label ?? "other"
      record(operation, failure: failure, ContinuousClock.now - start)
      throw error
    }
  }

  private func record(_ operation: String, failure: String, _ duration: Duration) {
    entries.withLock { entries in
      let index =
        entries.firstIndex { $0.operation == operation && $0.failure == failure }
        ?? {
          entries.append(Entry(operation: operation, failure: failure))
          return entries.count - 1
        }()
      entries[index].histogram.record(duration)
    }
  }
}

extension DatabaseError.Kind {
  /// One word, without the name of a constraint.
  var label: String {
    switch self {
    case .unavailable: "unavailable"
    case .timeout: "timeout"
    case .busy: "busy"
    case .constraint: "constraint"
    case .readOnly: "read_only"
    case .full: "full"
    case .corrupt: "corrupt"
    case .serialization: "serialization"
    case .poolExhausted: "pool_exhausted"
    case .closed: "closed"
    case .sql: "sql"
    case .decoding: "decoding"
    case .configuration: "configuration"
    }
  }
}
