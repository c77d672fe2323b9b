extension Timestamp {
  /// The start of 1970 in UTC.
  public static let epoch = Timestamp(microsecondsSinceEpoch: 0)

  /// How many characters `init(rfc3339:)` takes.
  public static let rfc3339Lengths = 20...35

  /// Reads a moment with `Z` or an offset such as `+02:00`, or gives nil; RFC 3339, section 5.6.
  ///
  /// `T` and `Z` may be small letters. The year is 1 to 9999; a second is never the 61st.
  public init?(rfc3339 text: some StringProtocol) {
    let bytes = Array(text.uppercased().utf8)
    guard Self.rfc3339Lengths.contains(bytes.count) else { return nil }
    if bytes.last == UInt8(ascii: "Z") {
      self.init(iso8601: String(decoding: bytes, as: UTF8.self))
      return
    }
    let offset = bytes.suffix(6)
    guard let sign = offset.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      offset[offset.startIndex + 3] == UInt8(ascii: ":"),
      let hours = Self.twoDigits(offset.dropFirst(), upTo: 23),
      let minutes = Self.twoDigits(offset.dropFirst(4), upTo: 59),
      let local = Timestamp(
        iso8601: String(decoding: bytes.dropLast(6) + [UInt8(ascii: "Z")], as: UTF8.self))
    else { return nil }
    let distance = Duration.seconds(hours * 3600 + minutes * 60)
    let moment = local.advanced(by: sign == UInt8(ascii: "+") ? .zero - distance : distance)
    guard Self.writable.contains(moment) else { return nil }
    self = moment
  }

  /// From the start of the year 1 to the end of 9999, which an offset may leave.
  private static let writable =
    Timestamp(
      microsecondsSinceEpoch: -62_135_596_800_000_000)...Timestamp(
      microsecondsSinceEpoch: 253_402_300_799_999_999)

  private static func twoDigits(_ bytes: ArraySlice<UInt8>, upTo limit: Int) -> Int? {
    let digits = bytes.prefix(2)
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return number <= limit ? number : nil
  }
}
