import Core

/// Timestamps as both databases write them, to the microsecond.
///
/// `Timestamp.iso8601` is for people and stops at the millisecond, which would lose digits here.
enum TimestampText {
  /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`, always 27 characters.
  static func format(_ moment: Timestamp) -> String { moment.iso8601InMicroseconds }

  /// Reads PostgreSQL's ISO style: `YYYY-MM-DD HH:MM:SS[.f{1,6}][+HH[:MM[:SS]]]`.
  ///
  /// Without an offset the moment is taken as UTC. Years past 9999, `BC` and `infinity` give nil.
  ///
  /// https://www.postgresql.org/docs/15/datatype-datetime.html#DATATYPE-DATETIME-OUTPUT
  static func parse(postgres text: some Collection<UInt8>) -> Timestamp? {
    var reader = DigitReader(Array(text))
    guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2),
      reader.skip("-"), let day = reader.number(2),
      let date = CivilDate(year: year, month: month, day: day), reader.skip(" "),
      let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2),
      reader.skip(":"), let second = reader.number(2)
    else { return nil }
    let microsecond = reader.skip(".") ? reader.fraction(6) : 0
    guard let offset = reader.offsetSeconds(), reader.isAtEnd else { return nil }
    let seconds = date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second - offset
    return Timestamp(microsecondsSinceEpoch: Int64(seconds) * 1_000_000 + Int64(microsecond))
  }
}

extension Timestamp {
  /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`: the text that SQLite keeps and PostgreSQL reads.
  ///
  /// For moments within another value, such as JSON that a statement takes apart; a parameter of
  /// its own is a `Value.timestamp`.
  public var databaseText: String { TimestampText.format(self) }
}

/// Reads fixed runs of ASCII digits, one after the other.
private struct DigitReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  mutating func number(_ width: Int) -> Int? {
    guard position + width <= bytes.count else { return nil }
    var value = 0
    for _ in 0..<width {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  mutating func fraction(_ width: Int) -> Int {
    var value = 0
    var read = 0
    while read < width, let digit = digit() {
      value = value * 10 + digit
      read += 1
    }
    for _ in read..<width { value *= 10 }
    return value
  }

  mutating func offsetSeconds() -> Int? {
    if isAtEnd { return 0 }
    let isBehind = skip("-")
    guard isBehind || skip("+"), let hours = number(2) else { return nil }
    var offset = hours * 3600
    for unit in [60, 1] where skip(":") {
      guard let part = number(2) else { return nil }
      offset += part * unit
    }
    return isBehind ? -offset : offset
  }

  private mutating func digit() -> Int? {
    guard position < bytes.count, (48...57).contains(bytes[position]) else { return nil }
    defer { position += 1 }
    return Int(bytes[position] - 48)
  }
}
