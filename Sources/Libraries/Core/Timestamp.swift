import Glibc

/// A moment of UTC, to the microsecond.
public struct Timestamp: Sendable, Hashable, Comparable {
  /// Microseconds since 1970-01-01T00:00:00Z, negative before it.
  public let microsecondsSinceEpoch: Int64

  /// The moment that many microseconds after the epoch.
  public init(microsecondsSinceEpoch: Int64) {
    self.microsecondsSinceEpoch = microsecondsSinceEpoch
  }

  /// The system's clock.
  ///
  /// https://man7.org/linux/man-pages/man3/clock_gettime.3.html
  public static func now() -> Timestamp {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(
      microsecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction]Z`, or nil.
  public init?(iso8601 text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[10] == UInt8(ascii: "T"),
      bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let date = CivilDate(String(decoding: bytes[0..<10], as: UTF8.self)),
      let hour = Self.number(bytes[11..<13], upTo: 23),
      let minute = Self.number(bytes[14..<16], upTo: 59),
      let second = Self.number(bytes[17..<19], upTo: 59)
    else { return nil }
    var microseconds = 0
    if bytes.count > 20 {
      let fraction = bytes[20..<(bytes.count - 1)]
      guard bytes[19] == UInt8(ascii: "."), (1...9).contains(fraction.count),
        let value = Self.number(fraction.prefix(6), upTo: 999_999),
        Self.number(fraction, upTo: 999_999_999) != nil
      else { return nil }
      microseconds = (0..<(6 - fraction.prefix(6).count)).reduce(value) { result, _ in result * 10 }
    }
    let seconds = date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second
    self.init(microsecondsSinceEpoch: Int64(seconds) * 1_000_000 + Int64(microseconds))
  }

  /// The UTC day that holds this moment.
  public var date: CivilDate { CivilDate(daysSinceEpoch: Int(wholeDays)) }

  /// `YYYY-MM-DDTHH:MM:SS.mmmZ`.
  public var iso8601: String { text(inMicroseconds: false) }

  /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`, which loses nothing.
  public var iso8601InMicroseconds: String { text(inMicroseconds: true) }

  private func text(inMicroseconds: Bool) -> String {
    let days = wholeDays
    let ofDay = Int(microsecondsSinceEpoch - days * Self.dayInMicroseconds)
    var digits = FixedDigits(capacity: 27)
    digits.append(CivilDate(daysSinceEpoch: Int(days)))
    digits.append("T")
    digits.append2(ofDay / 3_600_000_000)
    digits.append(":")
    digits.append2(ofDay / 60_000_000 % 60)
    digits.append(":")
    digits.append2(ofDay / 1_000_000 % 60)
    digits.append(".")
    digits.append3(ofDay / 1000 % 1000)
    if inMicroseconds { digits.append3(ofDay % 1000) }
    digits.append("Z")
    return digits.text
  }

  /// The time from `earlier` to this moment; negative when the clock was set back.
  public func since(_ earlier: Timestamp) -> Duration {
    .microseconds(microsecondsSinceEpoch - earlier.microsecondsSinceEpoch)
  }

  /// This moment moved by `duration`.
  public func advanced(by duration: Duration) -> Timestamp {
    Timestamp(microsecondsSinceEpoch: microsecondsSinceEpoch + duration.inMicroseconds)
  }

  /// Orders moments by time.
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
  }

  private static let dayInMicroseconds: Int64 = 86_400_000_000

  private var wholeDays: Int64 {
    let (days, rest) = microsecondsSinceEpoch.quotientAndRemainder(
      dividingBy: Self.dayInMicroseconds)
    return rest < 0 ? days - 1 : days
  }

  private static func number(_ digits: ArraySlice<UInt8>, upTo limit: Int) -> Int? {
    var value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value <= limit ? value : nil
  }
}

extension Timestamp: CustomStringConvertible {
  /// The same as `iso8601`.
  public var description: String { iso8601 }
}
