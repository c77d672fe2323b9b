import CSQLite
import Glibc

/// Turns SQLite's result codes into facts.
///
/// https://www.sqlite.org/rescode.html
enum SQLiteErrors {
  /// The failure of the last call on `handle`; `path` is named when opening, where nobody else can.
  static func last(
    on handle: OpaquePointer?, code: Int32, path: String? = nil, statement: String? = nil
  ) -> DatabaseError {
    let extended = unsafe handle == nil ? code : sqlite3_extended_errcode(handle)
    var message = unsafe words(handle, code: code)
    if let kind = constraint(extended, message: message) {
      return DatabaseError(kind, message, statement: statement)
    }
    if code & 0xff == SQLITE_CANTOPEN || code & 0xff == SQLITE_IOERR,
      let system = unsafe systemWords(handle)
    {
      message += ": \(system)"
    }
    let place = path.map { "\($0): " } ?? ""
    return DatabaseError(kind(of: code & 0xff), place + message, statement: statement)
  }

  private static func kind(of primary: Int32) -> DatabaseError.Kind {
    switch primary {
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_INTERRUPT: .timeout
    case SQLITE_READONLY, SQLITE_PERM: .readOnly
    case SQLITE_FULL: .full
    case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
    case SQLITE_CANTOPEN: .unavailable(sent: false)
    case SQLITE_IOERR, SQLITE_NOMEM, SQLITE_PROTOCOL: .unavailable(sent: true)
    case SQLITE_CONSTRAINT: .constraint(.other, name: "")
    default: .sql
    }
  }

  private static func constraint(_ extended: Int32, message: String) -> DatabaseError.Kind? {
    let known: [Int32: DatabaseError.Constraint] = [
      constraintCode(8): .unique,  // SQLITE_CONSTRAINT_UNIQUE
      constraintCode(6): .unique,  // SQLITE_CONSTRAINT_PRIMARYKEY
      constraintCode(10): .unique,  // SQLITE_CONSTRAINT_ROWID
      constraintCode(3): .foreignKey,  // SQLITE_CONSTRAINT_FOREIGNKEY
      constraintCode(1): .check,  // SQLITE_CONSTRAINT_CHECK
      constraintCode(5): .notNull,  // SQLITE_CONSTRAINT_NOTNULL
    ]
    guard extended & 0xff == SQLITE_CONSTRAINT else { return nil }
    let name = message.split(separator: ": ", maxSplits: 1).dropFirst().first ?? ""
    return .constraint(known[extended] ?? .other, name: String(name))
  }

  /// Extended codes are macros with a shift, which Swift does not import.
  private static func constraintCode(_ detail: Int32) -> Int32 { SQLITE_CONSTRAINT | detail << 8 }

  private static func words(_ handle: OpaquePointer?, code: Int32) -> String {
    let text = unsafe handle == nil ? sqlite3_errstr(code) : sqlite3_errmsg(handle)
    return unsafe text.map { unsafe String(cString: $0) } ?? "code \(code)"
  }

  private static func systemWords(_ handle: OpaquePointer?) -> String? {
    guard let handle = unsafe handle else { return nil }
    let number = unsafe sqlite3_system_errno(handle)
    guard number != 0, let text = unsafe strerror(number) else { return nil }
    return unsafe String(cString: text)
  }
}
