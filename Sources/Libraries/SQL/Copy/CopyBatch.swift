import Core

/// Some rows on their way into a table.
///
/// Rows are kept as the bytes that PostgreSQL's binary COPY takes, so that a row costs no
/// allocation and nothing is converted twice; SQLite's side reads the same bytes.
///
/// https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4
public struct CopyBatch: Sendable {
  /// How many bytes make a batch full: enough that what a batch costs does not matter.
  public static let bytesWanted = 128 * 1024

  /// The rows: for each the number of its fields in 2 bytes, for each field its length in 4 bytes
  /// (-1 is null) and its value, all numbers big-endian.
  public private(set) var bytes: [UInt8] = []
  /// How many rows were begun.
  public private(set) var rows = 0

  /// An empty batch.
  public init() {}

  /// Whether there is no row.
  public var isEmpty: Bool { rows == 0 }

  /// Whether there are enough rows to send them.
  public var isFull: Bool { bytes.count >= Self.bytesWanted }

  /// Drops the rows and keeps the memory.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    rows = 0
  }

  /// Begins a row, which gets as many fields as the table has columns.
  public mutating func beginRow(fields: Int) {
    if bytes.capacity < Self.bytesWanted { bytes.reserveCapacity(Self.bytesWanted + 16_384) }
    put(UInt16(fields))
    rows += 1
  }

  /// A field without value.
  public mutating func appendNull() { put(Int32(-1)) }

  /// A field of a `boolean` column.
  public mutating func append(_ flag: Bool) {
    put(UInt32(1))
    bytes.append(flag ? 1 : 0)
  }

  /// A field of an `integer32` column.
  public mutating func append(_ number: Int32) {
    put(UInt64(4) << 32 | UInt64(UInt32(bitPattern: number)))
  }

  /// A field of an `integer64` column.
  public mutating func append(_ number: Int64) {
    put(UInt32(8))
    put(number)
  }

  /// A field of a `real` column.
  public mutating func append(_ number: Double) {
    put(UInt32(8))
    put(number.bitPattern)
  }

  /// A field of a `text` column: valid UTF-8 without NUL, which the caller has made sure of.
  public mutating func append(utf8 text: Span<UInt8>) {
    put(UInt32(text.count))
    unsafe text.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  /// A field of a `text` column; a text with NUL is refused, as everywhere.
  public mutating func append(_ text: String) throws(DatabaseError) {
    guard !text.utf8.contains(0) else { throw .nulInText }
    put(UInt32(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  /// A field of a `uuid` column.
  public mutating func append(_ uuid: UUID) {
    put(UInt32(16))
    put(uuid.high)
    put(uuid.low)
  }

  /// A field of a `timestamp` column.
  public mutating func append(_ moment: Timestamp) {
    put(UInt32(8))
    put(moment.microsecondsSinceEpoch - Self.epochInMicroseconds)
  }

  /// PostgreSQL counts from the year 2000.
  static let epochInMicroseconds: Int64 = 946_684_800_000_000

  @inline(__always)
  private mutating func put(_ number: some FixedWidthInteger) {
    unsafe withUnsafeBytes(of: number.bigEndian) { unsafe bytes.append(contentsOf: $0) }
  }
}
