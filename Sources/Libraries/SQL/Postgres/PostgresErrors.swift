import CPostgres

/// Turns libpq's results and messages into facts.
enum PostgresErrors {
  /// The failure that a result holds.
  ///
  /// The detail and the hint are left out: they quote the values of rows.
  ///
  /// https://www.postgresql.org/docs/15/libpq-exec.html#LIBPQ-PQRESULTERRORFIELD
  static func failure(_ result: OpaquePointer, _ connection: OpaquePointer) -> DatabaseError {
    let isLost = unsafe PQstatus(connection) == CONNECTION_BAD
    let code = unsafe field(result, "C")
    let message = unsafe field(result, "M") ?? firstLine(PQresultErrorMessage(result))
    guard let code else {
      return DatabaseError(isLost ? .unavailable(sent: true) : .sql, message)
    }
    let state = SQLState(rawValue: code)
    let name = unsafe field(result, "n") ?? field(result, "c") ?? ""
    return DatabaseError(
      isLost ? .unavailable(sent: true) : kind(of: state, name: name),
      harmless(message, state) + (unsafe copyPlace(result)), state: state)
  }

  /// Which row of a COPY it is about; a value, which may follow, is left out.
  private static func copyPlace(_ result: OpaquePointer) -> String {
    guard let context = unsafe field(result, "W"), context.hasPrefix("COPY ") else { return "" }
    let line = context.prefix { $0 != ":" && $0 != "\n" }
    return " (\(line))"
  }

  /// The failure of a connection attempt.
  static func connecting(_ handle: OpaquePointer) -> DatabaseError {
    let line = unsafe firstLine(PQerrorMessage(handle))
    let (state, message) = split(verbose: line)
    return DatabaseError(.unavailable(sent: false), message, state: state)
  }

  /// The failure of a connection that was open.
  static func lost(_ handle: OpaquePointer) -> DatabaseError {
    DatabaseError(.unavailable(sent: true), unsafe firstLine(PQerrorMessage(handle)))
  }

  /// What a code means to callers.
  static func kind(of state: SQLState, name: String) -> DatabaseError.Kind {
    switch state {
    case .uniqueViolation: .constraint(.unique, name: name)
    case .foreignKeyViolation: .constraint(.foreignKey, name: name)
    case .checkViolation: .constraint(.check, name: name)
    case .notNullViolation: .constraint(.notNull, name: name)
    case .queryCanceled: .timeout
    case .lockNotAvailable: .busy
    case .readOnlyTransaction: .readOnly
    case .diskFull: .full
    case .serializationFailure, .deadlockDetected: .serialization
    case .cannotConnectNow, .tooManyConnections: .unavailable(sent: false)
    case .idleInTransactionTimeout, .adminShutdown: .unavailable(sent: true)
    default:
      switch state.classCode {
      case "08", "57": .unavailable(sent: true)
      case "23": .constraint(.other, name: name)
      case "XX" where state.rawValue != "XX000": .corrupt
      default: .sql
      }
    }
  }

  /// Messages of class 22 quote the value that they complain about.
  private static func harmless(_ message: String, _ state: SQLState) -> String {
    guard state.classCode == "22", let first = message.firstIndex(of: "\""),
      let last = message.lastIndex(of: "\"")
    else { return message }
    return message[..<first] + "\"…\"" + message[message.index(after: last)...]
  }

  /// Splits `...  53300: sorry, too many clients already`.
  private static func split(verbose line: String) -> (SQLState?, String) {
    let bytes = Array(line.utf8)
    guard bytes.count > 8 else { return (nil, line) }
    for start in 0..<(bytes.count - 8)
    where bytes[start] == 32 && bytes[start + 1] == 32 && bytes[start + 7] == UInt8(ascii: ":") {
      let code = bytes[(start + 2)..<(start + 7)]
      guard code.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }) else { continue }
      let message = bytes[..<start] + [32] + bytes[(start + 9)...]
      return (
        SQLState(rawValue: String(decoding: code, as: UTF8.self)),
        String(decoding: message, as: UTF8.self)
      )
    }
    return (nil, line)
  }

  private static func field(_ result: OpaquePointer, _ name: Unicode.Scalar) -> String? {
    guard let text = unsafe PQresultErrorField(result, Int32(name.value)) else { return nil }
    return unsafe String(cString: text)
  }

  private static func firstLine(_ text: UnsafePointer<CChar>?) -> String {
    guard let text = unsafe text else { return "no reason given" }
    let lines = unsafe String(cString: text).split(separator: "\n")
    return lines.first.map(String.init) ?? "no reason given"
  }
}
