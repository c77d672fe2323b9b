/// The bytes that mean something, and the search for them.
enum CSVByte {
  static let comma = UInt8(ascii: ",")
  static let quote = UInt8(ascii: "\"")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")

  /// Where the first comma, quote or line end at or after `start` is, or the end.
  ///
  /// `bits` gathers the bits of what is passed over: beyond ASCII the highest is set.
  static func endOfPlain(_ bytes: Span<UInt8>, _ start: Int, _ bits: inout UInt8) -> Int {
    var index = start
    var seen = bits
    while index < bytes.count {
      let byte = bytes[index]
      // Letters and digits, which most bytes are, lie above all four.
      if byte <= comma, byte == comma || byte == quote || byte == lineFeed || byte == carriageReturn
      {
        break
      }
      seen |= byte
      index += 1
    }
    bits = seen
    return index
  }

  /// How many bytes begin no character, after the last line feed.
  static func continuationBytes(ofLastLine bytes: ArraySlice<UInt8>) -> Int {
    let line = bytes.lastIndex(of: lineFeed).map { bytes[$0...] } ?? bytes
    return line.count { $0 & 0xc0 == 0x80 }
  }

  /// Where the first quote or line feed at or after `start` is, or the end.
  static func endOfQuoted(_ bytes: Span<UInt8>, _ start: Int, _ bits: inout UInt8) -> Int {
    var index = start
    var seen = bits
    while index < bytes.count {
      let byte = bytes[index]
      if byte <= quote, byte == quote || byte == lineFeed { break }
      seen |= byte
      index += 1
    }
    bits = seen
    return index
  }
}
