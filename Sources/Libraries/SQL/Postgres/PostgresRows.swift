import CPostgres
import Core

/// Reads rows out of libpq's results, which are in text format.
enum PostgresRows {
  /// The names and types of a result's columns.
  static func layout(of result: OpaquePointer) -> RowLayout {
    let count = unsafe PQnfields(result)
    return RowLayout(
      names: (0..<count).map { index in
        unsafe PQfname(result, index).map { unsafe String(cString: $0) } ?? ""
      },
      types: (0..<count).map { unsafe PQftype(result, $0) })
  }

  /// The row at `index`.
  static func row(_ result: OpaquePointer, _ index: Int32, _ layout: RowLayout) -> Row {
    var values: [Value] = []
    values.reserveCapacity(layout.types.count)
    for (column, type) in layout.types.enumerated() {
      let column = Int32(column)
      let length = unsafe Int(PQgetlength(result, index, column))
      if length == 0, unsafe PQgetisnull(result, index, column) != 0 {
        values.append(.null)
        continue
      }
      let start = unsafe UnsafeRawPointer(PQgetvalue(result, index, column))
      let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length)
      unsafe values.append(value(bytes, type))
    }
    return Row(layout: layout, values: values)
  }

  /// How many rows a command changed.
  static func affected(_ result: OpaquePointer) -> Int {
    guard let text = unsafe PQcmdTuples(result) else { return 0 }
    return unsafe Int(String(cString: text)) ?? 0
  }

  /// Text that does not fit its type, such as the date `infinity`, stays text.
  ///
  /// The numbers are those of `pg_type.dat`, which never change.
  private static func value(_ bytes: UnsafeRawBufferPointer, _ type: UInt32) -> Value {
    switch type {
    case 16: return .boolean(unsafe bytes.first == UInt8(ascii: "t"))
    case 20, 21, 23, 26: if let number = unsafe integer(bytes) { return .integer(number) }
    case 700, 701: if let number = unsafe Double(text(bytes)) { return .real(number) }
    case 1700: return unsafe numeric(bytes)
    case 17: if let blob = unsafe blob(bytes) { return .blob(blob) }
    case 1082: if let date = unsafe CivilDate(text(bytes)) { return .date(date) }
    case 1114, 1184:
      if let moment = unsafe TimestampText.parse(postgres: bytes) { return .timestamp(moment) }
    case 2950: if let uuid = unsafe UUID(text(bytes)) { return .uuid(uuid) }
    default: break
    }
    return unsafe .text(text(bytes))
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    unsafe String(decoding: bytes, as: UTF8.self)
  }

  /// `numeric` is a whole number where it fits, because sums of integers have this type.
  private static func numeric(_ bytes: UnsafeRawBufferPointer) -> Value {
    if let number = unsafe integer(bytes) { return .integer(number) }
    let text = unsafe text(bytes)
    return Double(text).map(Value.real) ?? .text(text)
  }

  private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    let isNegative = unsafe bytes.first == UInt8(ascii: "-")
    var value: Int64 = 0
    var index = isNegative ? 1 : 0
    guard index < bytes.count else { return nil }
    while index < bytes.count {
      let byte = unsafe bytes[index]
      guard (48...57).contains(byte) else { return nil }
      let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
      let (next, carry) = tenfold.subtractingReportingOverflow(Int64(byte - 48))
      if overflow || carry { return nil }
      value = next
      index += 1
    }
    if isNegative { return value }
    return value == .min ? nil : -value
  }

  /// `\x` and two digits for each byte.
  private static func blob(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    guard unsafe bytes.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "x")]) else { return nil }
    var blob: [UInt8] = []
    blob.reserveCapacity(bytes.count / 2)
    var index = 2
    while index + 1 < bytes.count {
      guard let high = unsafe hexDigit(bytes[index]), let low = unsafe hexDigit(bytes[index + 1])
      else { return nil }
      blob.append(high << 4 | low)
      index += 2
    }
    return blob
  }
}
