import CPostgres
import Core
import Glibc
import Synchronization

/// One connection to a PostgreSQL server.
///
/// Sendable: the pool gives it to one thread at a time and its lock orders what they do; `cancel`
/// is what other threads may touch, and `isRunning` is atomic.
@safe final class PostgresConnection: @unchecked Sendable {
  let handle: OpaquePointer
  private let cancel: PostgresCancel?
  private var parameters = PostgresParameters()
  /// For each statement's number, the layout of its rows once it is prepared here.
  private var prepared: [RowLayout?] = []
  let isRunning = Atomic<Bool>(false)
  /// Whether it must not be used again.
  private(set) var isBroken = false
  /// Whether a pooler stands between.
  var isBehindPooler = false
  /// Its place in the pool.
  var slot = 0
  /// When it is too old.
  var expiresAt = ContinuousClock.now
  var usedAt = ContinuousClock.now

  /// Takes over an open handle in non-blocking mode.
  init(handle: OpaquePointer) {
    unsafe self.handle = unsafe handle
    cancel = unsafe PostgresCancel(handle)
  }

  deinit { unsafe PQfinish(handle) }

  /// The process that the other end named at the start.
  var announcedProcess: Int64 { unsafe Int64(PQbackendPID(handle)) }

  /// Whether a transaction is open, failed or not.
  var isInTransaction: Bool { unsafe PQtransactionStatus(handle) != PQTRANS_IDLE }

  /// Whether a transaction is open that can still be committed.
  var isInHealthyTransaction: Bool { unsafe PQtransactionStatus(handle) == PQTRANS_INTRANS }

  /// Whether the other end has not closed it, as far as is known without asking.
  func isStillOpen() -> Bool {
    guard !isBroken, unsafe PQstatus(handle) == CONNECTION_OK else { return false }
    // An idle server says nothing: what is there to read is a farewell, or so rare that a new
    // connection is cheaper than telling them apart.
    return unsafe !SocketWait.isReadable(PQsocket(handle))
  }

  /// All rows.
  func query(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline, isPrepared: Bool
  ) throws(DatabaseError) -> [Row] {
    var rows: [Row] = []
    unsafe try run(statement, parameters, deadline, isPrepared) { result, layout in
      let count = unsafe PQntuples(result)
      rows.reserveCapacity(rows.count + Int(count))
      for index in 0..<count { unsafe rows.append(PostgresRows.row(result, index, layout())) }
    }
    return rows
  }

  /// How many rows were changed.
  func execute(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline, isPrepared: Bool
  ) throws(DatabaseError) -> Int {
    var affected = 0
    unsafe try run(statement, parameters, deadline, isPrepared) { result, _ in
      if unsafe PQresultStatus(result) == PGRES_COMMAND_OK || PQnfields(result) > 0 {
        affected += unsafe Self.isSelect(result) ? 0 : PostgresRows.affected(result)
      }
    }
    return affected
  }

  /// Rows as they arrive; when `body` throws, the rest is cancelled.
  func forEachRow(
    _ statement: Statement, _ parameters: [Value], deadline: Deadline,
    _ body: (Row) throws -> Void
  ) throws {
    var thrown: (any Error)?
    var known: RowLayout?
    do throws(DatabaseError) {
      try send(statement, parameters, isPrepared: false)
      unsafe PQsetSingleRowMode(handle)
      unsafe try collect(deadline) { result in
        guard thrown == nil else { return }
        let layout = unsafe known ?? PostgresRows.layout(of: result)
        known = layout
        do {
          for index in unsafe 0..<PQntuples(result) {
            try unsafe body(PostgresRows.row(result, index, layout))
          }
        } catch {
          thrown = error
          _ = cancel?.start()
        }
      }
    } catch {
      throw thrown ?? error.naming(statement.name)
    }
    // The cancellation may still be under way and would hit the next statement.
    if let thrown {
      isBroken = true
      throw thrown
    }
  }

  /// Several statements without parameters.
  func run(script: String, named name: String, deadline: Deadline) throws(DatabaseError) {
    do throws(DatabaseError) {
      guard unsafe PQsendQuery(handle, script) == 1 else { throw notSent() }
      unsafe try collect(deadline) { _ in }
    } catch {
      throw error.naming(name)
    }
  }

  /// Cancels what runs; from any thread.
  func interrupt() {
    if isRunning.load(ordering: .relaxed) { _ = cancel?.start() }
  }

  /// Makes the pool drop it.
  func markBroken() { isBroken = true }

  /// Cancels what runs and gives the connection up, which ends it on the server too.
  func interruptAndLeave() {
    isBroken = true
    _ = cancel?.start()
  }
}

extension PostgresConnection {
  private func run(
    _ statement: Statement, _ values: [Value], _ deadline: Deadline, _ isPrepared: Bool,
    _ body: (OpaquePointer, () -> RowLayout) -> Void
  ) throws(DatabaseError) {
    do throws(DatabaseError) {
      var number: Int?
      if isPrepared, let wanted = statement.number {
        try prepare(statement, wanted, deadline)
        number = wanted
      }
      try send(statement, values, isPrepared: number != nil)
      unsafe try collect(deadline) { result in
        unsafe body(result) { unsafe layout(of: result, number) }
      }
    } catch {
      throw error.naming(statement.name)
    }
  }

  /// Makes the statement known to the server, once.
  private func prepare(
    _ statement: Statement, _ number: Int, _ deadline: Deadline
  ) throws(DatabaseError) {
    if number < prepared.count, prepared[number] != nil { return }
    guard unsafe PQsendPrepare(handle, statement.preparedName, statement.postgres, 0, nil) == 1
    else { throw notSent() }
    unsafe try collect(deadline) { _ in }
    while prepared.count <= number { prepared.append(nil) }
    prepared[number] = Self.unknownLayout
  }

  /// Drops a prepared statement whose table has changed, so that it is made again.
  func forget(_ statement: Statement, deadline: Deadline) throws(DatabaseError) {
    guard let number = statement.number, number < prepared.count else { return }
    prepared[number] = nil
    try run(script: "DEALLOCATE \(statement.preparedName)", named: "forget", deadline: deadline)
  }

  private static let unknownLayout = RowLayout(names: [])

  /// The layout of a prepared statement never changes: the server would refuse to run it.
  private func layout(of result: OpaquePointer, _ number: Int?) -> RowLayout {
    guard let number else { return unsafe PostgresRows.layout(of: result) }
    if let known = prepared[number], known !== Self.unknownLayout { return known }
    let layout = unsafe PostgresRows.layout(of: result)
    prepared[number] = layout
    return layout
  }

  private func send(
    _ statement: Statement, _ values: [Value], isPrepared: Bool
  ) throws(DatabaseError) {
    try parameters.set(values)
    let isSent = unsafe parameters.withPointers { count, values, lengths, formats in
      isPrepared
        ? unsafe PQsendQueryPrepared(
          handle, statement.preparedName, count, values, lengths, formats, 0)
        : unsafe PQsendQueryParams(
          handle, statement.postgres, count, nil, values, lengths, formats, 0)
    }
    guard isSent == 1 else { throw notSent() }
  }

  /// libpq refused before a byte was sent.
  func notSent() -> DatabaseError {
    isBroken = unsafe isBroken || PQstatus(handle) == CONNECTION_BAD
    let words = unsafe PostgresErrors.lost(handle).message
    return DatabaseError(isBroken ? .unavailable(sent: false) : .sql, words)
  }

  /// Takes every result until the server is ready again; throws the first failure among them.
  func collect(
    _ deadline: Deadline, _ body: (OpaquePointer) -> Void
  ) throws(DatabaseError) {
    isRunning.store(true, ordering: .relaxed)
    defer { isRunning.store(false, ordering: .relaxed) }
    var failure: DatabaseError?
    do throws(DatabaseError) {
      try flush(deadline)
      while let result = unsafe try next(deadline) {
        defer { unsafe PQclear(result) }
        switch unsafe PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY:
          unsafe body(result)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
          isBroken = true
          throw DatabaseError(.sql, "COPY needs a call of its own")
        default: failure = unsafe failure ?? PostgresErrors.failure(result, handle)
        }
      }
    } catch {
      if error.kind == .timeout { stop() }
      throw failure ?? error
    }
    if unsafe PQstatus(handle) == CONNECTION_BAD { isBroken = true }
    if let failure { throw failure }
  }

  func flush(_ deadline: Deadline) throws(DatabaseError) {
    while true {
      let rest = unsafe PQflush(handle)
      if rest == 0 { return }
      guard rest == 1 else { throw lost() }
      // The server may be stuck in sending to us before it reads on.
      let events = Int16(POLLIN | POLLOUT)
      guard unsafe SocketWait.wait(PQsocket(handle), events, until: deadline) else {
        throw Self.late
      }
      if unsafe SocketWait.isReadable(PQsocket(handle)) {
        guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
      }
    }
  }

  func next(_ deadline: Deadline) throws(DatabaseError) -> OpaquePointer? {
    while unsafe PQisBusy(handle) == 1 {
      guard unsafe SocketWait.wait(PQsocket(handle), Int16(POLLIN), until: deadline) else {
        throw Self.late
      }
      guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
    }
    return unsafe PQgetResult(handle)
  }

  /// The connection is gone; a farewell of the server says more than the socket does.
  func lost() -> DatabaseError {
    isBroken = true
    let words = unsafe PostgresErrors.lost(handle)
    guard let result = unsafe PQgetResult(handle) else { return words }
    defer { unsafe PQclear(result) }
    return unsafe PostgresErrors.failure(result, handle)
  }

  private static let late = DatabaseError(.timeout, "no answer before the deadline")
  static let cancelGrace: Duration = .milliseconds(500)

  /// Cancels the statement and reads to its end, so that the connection can be used again.
  ///
  /// Only when the server is known to have got the request: it could hit the next statement.
  func stop() {
    let deadline = Deadline.after(Self.cancelGrace)
    guard let isDone = cancel?.start() else {
      isBroken = true
      return
    }
    do throws(DatabaseError) {
      try flush(deadline)
      while let result = unsafe try next(deadline) {
        defer { unsafe PQclear(result) }
        let status = unsafe PQresultStatus(result)
        // libpq gives a copy's result again and again: there is no end to wait for.
        guard status != PGRES_COPY_IN, status != PGRES_COPY_OUT, !deadline.hasPassed else {
          isBroken = true
          return
        }
      }
      isBroken = isBroken || !isDone.wait(until: deadline)
    } catch {
      isBroken = true
    }
  }

  private static func isSelect(_ result: OpaquePointer) -> Bool {
    guard let tag = unsafe PQcmdStatus(result) else { return false }
    return unsafe strncmp(tag, "SELECT", 6) == 0
  }
}
