import CSQLite
import Core

/// One connection to an SQLite file, with its prepared statements.
///
/// Opened with `SQLITE_OPEN_NOMUTEX`: one thread at a time.
///
/// Sendable: a `SlotPool` gives the slot of a connection to one thread at a time, and its atomic
/// exchange orders what they do; `interrupt` is the one call from elsewhere and has its own lock.
@safe final class SQLiteConnection: @unchecked Sendable {
  let handle: OpaquePointer
  private let isOpen = Guarded(true)
  private var prepared: [SQLiteStatement?] = []
  /// The deadline of the call that runs, which the two handlers below look at.
  fileprivate var deadline = Deadline.distant
  fileprivate var busyUntil = Deadline.distant
  fileprivate let busyTimeout: Duration

  /// Opens what `location` names; see https://www.sqlite.org/c3ref/open.html for the flags.
  init(_ location: SQLiteLocation, flags: Int32, busyTimeout: Duration) throws(DatabaseError) {
    self.busyTimeout = busyTimeout
    var opened: OpaquePointer?
    let code = unsafe sqlite3_open_v2(
      location.name, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nil)
    guard code == SQLITE_OK, let handle = unsafe opened else {
      let error = unsafe SQLiteErrors.last(on: opened, code: code, path: location.path)
      unsafe sqlite3_close_v2(opened)
      throw error
    }
    unsafe self.handle = unsafe handle
    unsafe sqlite3_extended_result_codes(handle, 1)
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe sqlite3_progress_handler(handle, Self.operationsPerCheck, progressed, context)
    unsafe sqlite3_busy_handler(handle, waited, context)
  }

  deinit { close() }

  /// How many virtual machine steps pass between two looks at the clock.
  private static let operationsPerCheck: Int32 = 2000

  /// Runs a statement and gives every row to `body`.
  func run(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline,
    _ body: (SQLiteStatement) throws -> Void
  ) throws {
    begin(deadline)
    let prepared = try prepare(statement)
    defer { prepared.reset() }
    do throws(DatabaseError) {
      try prepared.bind(parameters)
    } catch {
      throw error.naming(statement.name)
    }
    while true {
      do throws(SQLiteCode) {
        guard try prepared.step() else { return }
      } catch {
        throw failure(error.rawValue, statement.name)
      }
      try body(prepared)
    }
  }

  /// All rows.
  func query(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> [Row] {
    var rows: [Row] = []
    do {
      try run(statement, parameters, deadline: deadline) { rows.append($0.row()) }
    } catch {
      throw error as? DatabaseError ?? DatabaseError(.sql, "\(error)")
    }
    return rows
  }

  /// How many rows were changed.
  func execute(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline
  ) throws(DatabaseError) -> Int {
    let before = unsafe sqlite3_total_changes64(handle)
    do {
      try run(statement, parameters, deadline: deadline) { _ in }
    } catch {
      throw error as? DatabaseError ?? DatabaseError(.sql, "\(error)")
    }
    // DDL leaves the count of the statement before it standing.
    let after = unsafe sqlite3_total_changes64(handle)
    return unsafe before == after ? 0 : Int(sqlite3_changes64(handle))
  }

  /// Several statements without parameters.
  func run(script: String, named name: String, deadline: Deadline) throws(DatabaseError) {
    begin(deadline)
    let code = unsafe sqlite3_exec(handle, script, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code, name) }
  }

  /// Whether a transaction is open.
  var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

  /// Whether the file takes no writes.
  var isReadOnly: Bool { unsafe sqlite3_db_readonly(handle, "main") == 1 }

  /// Ends what runs now; from any thread.
  func interrupt() {
    isOpen.withLock { if $0 { unsafe sqlite3_interrupt(handle) } }
  }

  /// Closes the connection; later calls do nothing.
  func close() {
    isOpen.withLock { isOpen in
      guard isOpen else { return }
      isOpen = false
      prepared = []
      unsafe sqlite3_close_v2(handle)
    }
  }

  /// The raw handle, for the backup of this file only.
  func withHandle<Result>(_ body: (OpaquePointer) -> Result) -> Result { unsafe body(handle) }

  /// The failure of the last call.
  func failure(_ code: Int32, _ name: String) -> DatabaseError {
    let error = unsafe SQLiteErrors.last(on: handle, code: code, statement: name)
    guard error.kind == .busy, deadline.hasPassed else { return error }
    return DatabaseError(.timeout, error.message, statement: name)
  }

  func begin(_ deadline: Deadline) {
    self.deadline = deadline
  }

  func prepare(_ statement: Statement) throws(DatabaseError) -> SQLiteStatement {
    guard let number = statement.number else { return try compile(statement, flags: 0) }
    if number < prepared.count, let known = prepared[number] { return known }
    let made = try compile(statement, flags: UInt32(SQLITE_PREPARE_PERSISTENT))
    while prepared.count <= number { prepared.append(nil) }
    prepared[number] = made
    return made
  }

  private func compile(
    _ statement: Statement, flags: UInt32
  ) throws(DatabaseError) -> SQLiteStatement {
    var made: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(handle, statement.sqlite, -1, flags, &made, nil)
    guard code == SQLITE_OK else { throw failure(code, statement.name) }
    guard let made = unsafe made else {
      throw DatabaseError(.sql, "there is no statement in the text", statement: statement.name)
    }
    return try unsafe SQLiteStatement(handle: made, name: statement.name)
  }
}

/// Called every few thousand steps: anything but 0 interrupts the statement.
///
/// https://www.sqlite.org/c3ref/progress_handler.html
private func progressed(_ context: UnsafeMutableRawPointer?) -> Int32 {
  guard let context = unsafe context else { return 0 }
  let connection = unsafe Unmanaged<SQLiteConnection>.fromOpaque(context).takeUnretainedValue()
  return connection.deadline.hasPassed ? 1 : 0
}

/// Called when a lock is held elsewhere: waits a moment and gives 1 to try again, 0 to give up.
///
/// https://www.sqlite.org/c3ref/busy_handler.html
private func waited(_ context: UnsafeMutableRawPointer?, _ attempt: Int32) -> Int32 {
  guard let context = unsafe context else { return 0 }
  let connection = unsafe Unmanaged<SQLiteConnection>.fromOpaque(context).takeUnretainedValue()
  if attempt == 0 { connection.busyUntil = .after(connection.busyTimeout) }
  let until = min(connection.deadline, connection.busyUntil)
  guard !until.hasPassed else { return 0 }
  let pause = min(Int32(1 << min(attempt, 5)), max(1, until.remainingMilliseconds))
  sqlite3_sleep(pause)
  return 1
}
