import Core

/// The parameters of one statement in the form that libpq takes.
///
/// Text format lets the server decide what a number or a date is for the column; bytes go as they
/// are. One buffer holds all of them, so that a statement costs no allocation for each.
@safe struct PostgresParameters {
  private var bytes: [UInt8] = []
  private var starts: [Int] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []
  private var pointers: [UnsafePointer<CChar>?] = unsafe []

  /// Takes the values of the next statement.
  mutating func set(_ values: [Value]) throws(DatabaseError) {
    bytes.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    formats.removeAll(keepingCapacity: true)
    for value in values { try append(value) }
  }

  /// Gives the arrays of pointers, lengths and formats; they are valid within `body` only.
  mutating func withPointers<Result>(
    _ body: (
      Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) -> Result
  ) -> Result {
    unsafe bytes.withUnsafeBytes { bytes in
      let base = unsafe bytes.bindMemory(to: CChar.self).baseAddress
      unsafe pointers.removeAll(keepingCapacity: true)
      for start in starts {
        unsafe pointers.append(start < 0 ? nil : base.map { unsafe $0 + start })
      }
      return unsafe pointers.withUnsafeBufferPointer { pointers in
        unsafe lengths.withUnsafeBufferPointer { lengths in
          unsafe formats.withUnsafeBufferPointer { formats in
            unsafe body(
              Int32(pointers.count), pointers.baseAddress, lengths.baseAddress, formats.baseAddress)
          }
        }
      }
    }
  }

  private mutating func append(_ value: Value) throws(DatabaseError) {
    let start = bytes.count
    var isBinary = false
    switch value {
    case .null:
      starts.append(-1)
      lengths.append(0)
      formats.append(0)
      return
    case .boolean(let flag): bytes.append(UInt8(ascii: flag ? "t" : "f"))
    case .integer(let number): append(number)
    case .real(let number): bytes.append(contentsOf: number.description.utf8)
    case .text(let text):
      bytes.append(contentsOf: text.utf8)
      if bytes[start...].contains(0) { throw .nulInText }
    case .blob(let blob):
      bytes.append(contentsOf: blob)
      isBinary = true
    case .date(let date): bytes.append(contentsOf: date.description.utf8)
    case .timestamp(let moment): bytes.append(contentsOf: TimestampText.format(moment).utf8)
    case .uuid(let uuid): bytes.append(contentsOf: uuid.description.utf8)
    }
    starts.append(start)
    lengths.append(Int32(bytes.count - start))
    formats.append(isBinary ? 1 : 0)
    bytes.append(0)
  }

  private mutating func append(_ number: Int64) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var magnitude = number.magnitude
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10))
      magnitude /= 10
    } while magnitude > 0
    bytes[start...].reverse()
  }
}
