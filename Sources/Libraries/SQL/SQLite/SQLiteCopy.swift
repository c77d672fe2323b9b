import CSQLite
import Core

/// SQLite's side of a copy: one prepared `INSERT`, run for each row.
extension SQLiteConnection {
  /// Copies what `fill` gives, batch by batch, and gives how many rows there were.
  func copy(
    into table: CopyTable, deadline: Deadline, _ fill: (inout CopyBatch) throws -> Void
  ) throws -> Int {
    let name = "copy \(table.name)"
    // So that a failed copy leaves nothing, as PostgreSQL has it, whatever its caller does then.
    try run(script: "SAVEPOINT slipway_copy", named: name, deadline: deadline)
    do {
      let rows = try insert(into: table, deadline, fill)
      try run(script: "RELEASE slipway_copy", named: name, deadline: deadline)
      return rows
    } catch {
      let undo = "ROLLBACK TO slipway_copy; RELEASE slipway_copy"
      try? run(script: undo, named: name, deadline: .after(Self.undoTimeout))
      throw (error as? DatabaseError)?.naming(name) ?? error
    }
  }

  private static let undoTimeout: Duration = .seconds(5)

  private func insert(
    into table: CopyTable, _ deadline: Deadline, _ fill: (inout CopyBatch) throws -> Void
  ) throws -> Int {
    let statement = try prepare(table.statement)
    var batch = CopyBatch()
    var rows = 0
    while true {
      batch.removeAll()
      try fill(&batch)
      if batch.isEmpty { return rows }
      if deadline.hasPassed { throw DatabaseError(.timeout, "not copied before the deadline") }
      begin(deadline)
      defer { statement.reset() }
      do throws(SQLiteCopyFailure) {
        try statement.insert(batch, table.columns)
      } catch {
        let place = " (COPY \(table.name), line \(rows + error.row))"
        let failure = error.reason ?? self.failure(error.code, "copy \(table.name)")
        throw DatabaseError(failure.kind, failure.message + place, statement: failure.statement)
      }
      rows += batch.rows
    }
  }
}

/// A row that was not taken: which one of its batch, from 1, and why.
struct SQLiteCopyFailure: Error {
  let row: Int
  var code = SQLITE_OK
  var reason: DatabaseError?
}

extension SQLiteStatement {
  /// Runs the statement for each row of `batch`.
  ///
  /// Text is bound where it lies: the batch outlives the run, after which the caller resets.
  func insert(_ batch: CopyBatch, _ columns: [CopyTable.Column]) throws(SQLiteCopyFailure) {
    try unsafe batch.bytes.span.withUnsafeBytes { bytes throws(SQLiteCopyFailure) in
      var reader = unsafe CopyReader(bytes: bytes)
      for row in 1...batch.rows {
        guard reader.fieldCount() == columns.count else {
          let words = "the row does not have the table's \(columns.count) fields"
          throw SQLiteCopyFailure(row: row, reason: DatabaseError(.sql, words))
        }
        for (index, column) in columns.enumerated() {
          let code = unsafe bind(reader.field(), column.type, at: Int32(index + 1))
          if code != SQLITE_OK { throw SQLiteCopyFailure(row: row, code: code) }
        }
        let code = runOnce()
        if code != SQLITE_DONE { throw SQLiteCopyFailure(row: row, code: code) }
      }
    }
  }

  private func bind(
    _ field: UnsafeRawBufferPointer?, _ type: CopyTable.ColumnType, at position: Int32
  ) -> Int32 {
    guard let field = unsafe field else { return unsafe sqlite3_bind_null(handle, position) }
    switch type {
    case .boolean: return unsafe sqlite3_bind_int(handle, position, Int32(field[0]))
    case .integer32:
      let number: Int32 = unsafe CopyReader.number(field)
      return unsafe sqlite3_bind_int(handle, position, number)
    case .integer64:
      return unsafe sqlite3_bind_int64(handle, position, CopyReader.number(field))
    case .real:
      let number = unsafe Double(bitPattern: CopyReader.number(field))
      return unsafe sqlite3_bind_double(handle, position, number)
    case .text:
      // An empty field may lie at the very end, where there is no address to give.
      if unsafe field.isEmpty { return unsafe sqlite3_bind_text(handle, position, "", 0, nil) }
      let text = unsafe field.baseAddress?.assumingMemoryBound(to: CChar.self)
      return unsafe sqlite3_bind_text(handle, position, text, Int32(field.count), nil)
    case .uuid:
      let half = unsafe UnsafeRawBufferPointer(rebasing: field[8...])
      let uuid = unsafe UUID(high: CopyReader.number(field), low: CopyReader.number(half))
      return bind(copied: uuid.description, at: position)
    case .timestamp:
      let moment = unsafe Timestamp(
        microsecondsSinceEpoch: CopyReader.number(field) + CopyBatch.epochInMicroseconds)
      return bind(copied: TimestampText.format(moment), at: position)
    }
  }

  private func bind(copied text: String, at position: Int32) -> Int32 {
    unsafe sqlite3_bind_text(handle, position, text, -1, slipway_sqlite_transient())
  }
}

/// Takes the bytes of a batch apart again.
@safe private struct CopyReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(bytes: UnsafeRawBufferPointer) { unsafe self.bytes = unsafe bytes }

  mutating func fieldCount() -> Int { Int(take() as UInt16) }

  /// The next field's bytes, nil where it is null.
  mutating func field() -> UnsafeRawBufferPointer? {
    let length = Int(take() as Int32)
    guard length >= 0 else { return nil }
    defer { position += length }
    return unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<(position + length)])
  }

  static func number<Number: FixedWidthInteger>(_ field: UnsafeRawBufferPointer) -> Number {
    unsafe Number(bigEndian: field.loadUnaligned(as: Number.self))
  }

  private mutating func take<Number: FixedWidthInteger>() -> Number {
    defer { position += MemoryLayout<Number>.size }
    return unsafe Number(
      bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }
}
