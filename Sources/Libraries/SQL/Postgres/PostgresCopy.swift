import CPostgres
import Core
import Synchronization

/// COPY, which brings rows to the server without a statement for each.
///
/// https://www.postgresql.org/docs/15/libpq-copy.html
extension PostgresConnection {
  /// Copies what `fill` gives, batch by batch, and gives how many rows the server took.
  ///
  /// The server says what it has against a row when the copy ends, and not before: until then libpq
  /// does not look. A connection that is cut is noticed with the next batch.
  func copy(
    into table: CopyTable, deadline: Deadline, _ fill: (inout CopyBatch) throws -> Void
  ) throws -> Int {
    isRunning.store(true, ordering: .relaxed)
    defer { isRunning.store(false, ordering: .relaxed) }
    try named(table) { () throws(DatabaseError) in
      try beginCopy(table, deadline)
      try put(Self.copyHeader, deadline)
    }
    var batch = CopyBatch()
    while true {
      batch.removeAll()
      do {
        try fill(&batch)
      } catch {
        abandonCopy()
        throw error
      }
      if batch.isEmpty { break }
      try named(table) { () throws(DatabaseError) in try put(batch.bytes, deadline) }
    }
    return try named(table) { () throws(DatabaseError) in try endCopy(deadline) }
  }

  /// The signature, no flags, no extension.
  private static let copyHeader: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  /// A row that says that it is none.
  private static let copyTrailer: [UInt8] = [0xff, 0xff]

  private func named<Result>(
    _ table: CopyTable, _ body: () throws(DatabaseError) -> Result
  ) throws(DatabaseError) -> Result {
    do throws(DatabaseError) {
      return try body()
    } catch {
      throw error.naming("copy \(table.name)")
    }
  }

  private func beginCopy(_ table: CopyTable, _ deadline: Deadline) throws(DatabaseError) {
    guard unsafe PQsendQuery(handle, table.statement.postgres) == 1 else { throw notSent() }
    var failure: DatabaseError?
    do throws(DatabaseError) {
      try flush(deadline)
      while let result = unsafe try next(deadline) {
        defer { unsafe PQclear(result) }
        if unsafe PQresultStatus(result) == PGRES_COPY_IN { return }
        failure = unsafe PostgresErrors.failure(result, handle)
      }
    } catch {
      // The copy may begin while it is called off, and a connection that copies has no end to read.
      if error.kind == .timeout { interruptAndLeave() }
      throw error
    }
    throw failure ?? DatabaseError(.sql, "the server began no copy")
  }

  private func put(_ bytes: [UInt8], _ deadline: Deadline) throws(DatabaseError) {
    // libpq drops what it is given for a connection that is gone, and says so only when reading.
    if unsafe SocketWait.isReadable(PQsocket(handle)) {
      guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
    }
    let isTaken = unsafe bytes.withUnsafeBytes { bytes in
      unsafe PQputCopyData(
        handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count)) == 1
    }
    guard isTaken else { throw lost() }
    try flushCopy(deadline)
  }

  /// A copy that is late can not be ended in order: the server is in the midst of reading.
  private func flushCopy(_ deadline: Deadline) throws(DatabaseError) {
    do throws(DatabaseError) {
      try flush(deadline)
      guard deadline.hasPassed else { return }
    } catch {
      guard error.kind == .timeout else { throw error }
    }
    interruptAndLeave()
    throw DatabaseError(.timeout, "not copied before the deadline")
  }

  private func endCopy(_ deadline: Deadline) throws(DatabaseError) -> Int {
    try put(Self.copyTrailer, deadline)
    guard unsafe PQputCopyEnd(handle, nil) == 1 else { throw lost() }
    var rows = 0
    unsafe try collect(deadline) { result in unsafe rows += PostgresRows.affected(result) }
    return rows
  }

  /// Makes the server drop what it got; it answers with an error, which is no news.
  private func abandonCopy() {
    guard unsafe PQputCopyEnd(handle, "the client gave up") == 1 else { return markBroken() }
    do throws(DatabaseError) {
      unsafe try collect(.after(Self.cancelGrace)) { _ in }
      markBroken()
    } catch {
      if error.state != .queryCanceled { markBroken() }
    }
  }
}
