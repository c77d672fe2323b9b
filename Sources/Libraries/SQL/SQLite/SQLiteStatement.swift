import CSQLite
import Core

/// A prepared statement of one SQLite connection, finalised with its owner.
///
/// https://www.sqlite.org/c3ref/stmt.html
@safe final class SQLiteStatement {
  let handle: OpaquePointer
  /// For each of SQLite's parameters the index into ours; `$2` may come before `$1` in the text.
  private let order: [Int]
  private var layout: RowLayout

  init(handle: OpaquePointer, name: String) throws(DatabaseError) {
    unsafe self.handle = unsafe handle
    layout = unsafe Self.layout(of: handle)
    do {
      order = try unsafe Self.order(of: handle)
    } catch {
      unsafe sqlite3_finalize(handle)
      throw error.naming(name)
    }
  }

  deinit { unsafe sqlite3_finalize(handle) }

  /// Whether it writes nothing, as SQLite itself judges.
  var isReadOnly: Bool { unsafe sqlite3_stmt_readonly(handle) != 0 }

  /// Gives every parameter its value.
  func bind(_ values: [Value]) throws(DatabaseError) {
    guard values.count == (order.max() ?? -1) + 1 else {
      throw DatabaseError(
        .sql, "the statement has \((order.max() ?? -1) + 1) parameters, not \(values.count)")
    }
    for (position, index) in order.enumerated() {
      try bind(values[index], at: Int32(position + 1))
    }
  }

  /// One step: true with a row, false at the end.
  func step() throws(SQLiteCode) -> Bool {
    switch unsafe sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw SQLiteCode(rawValue: code)
    }
  }

  /// Runs to the end with the parameters that are bound, which stay; gives the result code.
  func runOnce() -> Int32 {
    let code = unsafe sqlite3_step(handle)
    unsafe sqlite3_reset(handle)
    return code
  }

  /// Ends the run and drops the parameters, so that no lock and no memory is held.
  func reset() {
    unsafe sqlite3_reset(handle)
    if !order.isEmpty { unsafe sqlite3_clear_bindings(handle) }
  }

  /// The row at which the last step stopped.
  func row() -> Row {
    let count = unsafe Int(sqlite3_column_count(handle))
    // A changed schema makes SQLite prepare again, and `SELECT *` may then have other columns.
    if count != layout.names.count { layout = unsafe Self.layout(of: handle) }
    var values: [Value] = []
    values.reserveCapacity(count)
    for index in 0..<Int32(count) { values.append(value(at: index)) }
    return Row(layout: layout, values: values)
  }

  private func value(at index: Int32) -> Value {
    switch unsafe sqlite3_column_type(handle, index) {
    case SQLITE_INTEGER: return unsafe .integer(sqlite3_column_int64(handle, index))
    case SQLITE_FLOAT: return unsafe .real(sqlite3_column_double(handle, index))
    case SQLITE_TEXT:
      let start = unsafe sqlite3_column_text(handle, index)
      let count = unsafe Int(sqlite3_column_bytes(handle, index))
      let bytes = unsafe UnsafeBufferPointer(start: start, count: count)
      return unsafe .text(String(decoding: bytes, as: UTF8.self))
    case SQLITE_BLOB:
      let start = unsafe sqlite3_column_blob(handle, index)
      let count = unsafe Int(sqlite3_column_bytes(handle, index))
      return unsafe .blob([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
    default: return .null
    }
  }

  private func bind(_ value: Value, at position: Int32) throws(DatabaseError) {
    let code =
      switch value {
      case .null: unsafe sqlite3_bind_null(handle, position)
      case .boolean(let flag): unsafe sqlite3_bind_int64(handle, position, flag ? 1 : 0)
      case .integer(let number): unsafe sqlite3_bind_int64(handle, position, number)
      case .real(let number): unsafe sqlite3_bind_double(handle, position, number)
      case .text(let text): try bind(text: text, at: position)
      case .date(let date): try bind(text: date.description, at: position)
      case .timestamp(let moment): try bind(text: TimestampText.format(moment), at: position)
      case .uuid(let uuid): try bind(text: uuid.description, at: position)
      case .blob(let bytes):
        unsafe bytes.withUnsafeBytes { bytes in
          unsafe bytes.isEmpty
            ? unsafe sqlite3_bind_zeroblob(handle, position, 0)
            : unsafe sqlite3_bind_blob64(
              handle, position, bytes.baseAddress, UInt64(bytes.count), slipway_sqlite_transient())
        }
      }
    guard code == SQLITE_OK else {
      throw DatabaseError(.sql, "parameter \(position) was refused with code \(code)")
    }
  }

  private func bind(text: String, at position: Int32) throws(DatabaseError) -> Int32 {
    // An empty buffer may have no address, which SQLite would take for null.
    if text.isEmpty {
      return unsafe sqlite3_bind_text(handle, position, "", 0, slipway_sqlite_transient())
    }
    var text = text
    let code: Int32? = text.withUTF8 { bytes in
      if unsafe bytes.contains(0) { return nil }
      return unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
        unsafe sqlite3_bind_text64(
          handle, position, characters.baseAddress, UInt64(characters.count),
          slipway_sqlite_transient(), UInt8(SQLITE_UTF8))
      }
    }
    guard let code else { throw .nulInText }
    return code
  }

  private static func order(of handle: OpaquePointer) throws(DatabaseError) -> [Int] {
    let count = unsafe sqlite3_bind_parameter_count(handle)
    var order: [Int] = []
    for position in 0..<count {
      guard let name = unsafe sqlite3_bind_parameter_name(handle, position + 1),
        let number = unsafe Int(String(cString: name).dropFirst()), number >= 1, number <= count
      else { throw DatabaseError(.sql, "parameters are written $1 to $n, without gaps") }
      order.append(number - 1)
    }
    return order
  }

  private static func layout(of handle: OpaquePointer) -> RowLayout {
    RowLayout(
      names: unsafe (0..<sqlite3_column_count(handle)).map { index in
        unsafe sqlite3_column_name(handle, index).map { unsafe String(cString: $0) } ?? ""
      })
  }
}

/// A result code that is not yet an error with words.
struct SQLiteCode: Error {
  let rawValue: Int32
}

extension DatabaseError {
  static var nulInText: DatabaseError {
    DatabaseError(.sql, "a text parameter holds NUL, which databases cannot keep")
  }
}
