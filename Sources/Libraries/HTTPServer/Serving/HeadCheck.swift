/// Refuses heads on which two servers could disagree (RFC 9112, section 11.2).
///
/// libmicrohttpd 0.9.75 lets them through: it prefers Transfer-Encoding over Content-Length, takes
/// the first of several, reads unknown codings until the end, and cuts values at a NUL. So the
/// lines are read here once more, from the bytes that it leaves in its buffer, where every line end
/// and every first colon has become NUL. What does not look exactly like that is refused.
struct HeadCheck {
  /// Headers that decide about the body.
  private(set) var contentLength: Int?
  private(set) var isChunked = false
  private(set) var expectsContinue = false
  private(set) var lineCount = 0
  private var hosts = 0
  private var contentLengths = 0
  private var transferEncodings = 0
  private var isCodingKnown = true
  private var isExpectationKnown = true

  /// Reads the lines in `block`, which begins behind the request line's end.
  ///
  /// `count` is the number of headers that the library found; `isHostRequired` says HTTP/1.1.
  mutating func read(_ block: Span<UInt8>, count: Int, isHostRequired: Bool) -> Refusal? {
    var index = 0
    while index < block.count, block[index] != 0 {
      guard let next = readLine(block, from: index) else { return .headerLine }
      index = next
      lineCount += 1
    }
    // What is left is the empty line, CR and LF.
    guard index + 2 == block.count, block[index] == 0, block[index + 1] == 0, lineCount == count
    else { return .headerLine }
    if hosts > 1 || hosts == 0 && isHostRequired { return .host }
    if transferEncodings > 1 || transferEncodings == 1 && contentLengths > 0 || !isCodingKnown {
      return .transferEncoding
    }
    if contentLengths > 1 { return .contentLength }
    return isExpectationKnown ? nil : .expectation
  }

  /// Checks one line and gives the index of the next; nil where the line is not clean.
  private mutating func readLine(_ block: Span<UInt8>, from start: Int) -> Int? {
    var index = start
    while index < block.count, block[index] != 0 {
      guard Self.isToken(block[index]) else { return nil }
      index += 1
    }
    let name = start..<index
    index += 1
    while index < block.count, block[index] == 0x20 || block[index] == 0x09 { index += 1 }
    let valueStart = index
    while index < block.count, block[index] != 0 {
      let byte = block[index]
      guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else { return nil }
      index += 1
    }
    guard !name.isEmpty, index + 1 < block.count, block[index + 1] == 0 else { return nil }
    var valueEnd = index
    while valueEnd > valueStart, block[valueEnd - 1] == 0x20 || block[valueEnd - 1] == 0x09 {
      valueEnd -= 1
    }
    note(block, name, valueStart..<valueEnd)
    return index + 2
  }

  private mutating func note(_ block: Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>) {
    switch name.count {
    case 4 where Self.matches(block, name, "host"): hosts += 1
    case 6 where Self.matches(block, name, "expect"):
      expectsContinue = Self.matches(block, value, "100-continue")
      if !expectsContinue { isExpectationKnown = false }
    case 14 where Self.matches(block, name, "content-length"):
      contentLengths += 1
      contentLength = Self.number(block, value)
    case 17 where Self.matches(block, name, "transfer-encoding"):
      transferEncodings += 1
      isChunked = Self.matches(block, value, "chunked")
      if !isChunked { isCodingKnown = false }
    default: break
    }
  }

  /// A length that cannot be counted is larger than every limit; text was refused by the library.
  private static func number(_ block: Span<UInt8>, _ range: Range<Int>) -> Int {
    var value = 0
    for index in range {
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = product.addingReportingOverflow(Int(block[index] &- 0x30))
      if tooLarge || overflow { return Int.max }
      value = sum
    }
    return value
  }

  /// Whether the bytes are `word`, which is in small letters.
  private static func matches(
    _ block: Span<UInt8>, _ range: Range<Int>, _ word: StaticString
  ) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    let letters = unsafe UnsafeBufferPointer(
      start: word.utf8Start, count: word.utf8CodeUnitCount)
    for offset in 0..<range.count {
      let byte = block[range.lowerBound + offset]
      let small = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
      guard unsafe small == letters[offset] else { return false }
    }
    return true
  }

  /// Bits of the characters that RFC 9110 allows in a token, for 0 to 63 and 64 to 127.
  private static let tokensLow: UInt64 = 0x03FF_6CFA_0000_0000
  private static let tokensHigh: UInt64 = 0x57FF_FFFF_C7FF_FFFE

  static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0..<64: tokensLow >> byte & 1 == 1
    case 64..<128: tokensHigh >> (byte - 64) & 1 == 1
    default: false
    }
  }

  /// Whether a target has neither blanks nor control bytes.
  static func isClean(_ target: [UInt8]) -> Bool {
    !target.isEmpty && target.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }
}
