/// Numbers as files write them: digits, at most one sign before them, no spaces.
enum ImportNumber {
  private static let zero = UInt8(ascii: "0")
  private static let minus = UInt8(ascii: "-")
  private static let point = UInt8(ascii: ".")

  /// A whole number of 32 bits; nil where it is none or too large.
  ///
  /// With `cutsFraction` there may be a point and digits after it, which do not count.
  static func integer(_ text: Span<UInt8>, cutsFraction: Bool) -> Int32? {
    let isNegative = text.count > 0 && text[0] == minus
    var index = isNegative ? 1 : 0
    let start = index
    var value: Int64 = 0
    while index < text.count, let digit = digit(text[index]) {
      value = value * 10 + Int64(digit)
      if value > 1 << 31 { return nil }
      index += 1
    }
    guard index > start else { return nil }
    if cutsFraction, index + 1 < text.count, text[index] == point {
      index += 1
      while index < text.count, digit(text[index]) != nil { index += 1 }
    }
    guard index == text.count else { return nil }
    return Int32(exactly: isNegative ? -value : value)
  }

  /// A finite number with or without fraction and exponent; nil where it is none, and never -0.
  static func real(_ text: Span<UInt8>) -> Double? {
    let isNegative = text.count > 0 && text[0] == minus
    var index = isNegative ? 1 : 0
    var mantissa: UInt64 = 0
    let whole = digits(text, &index, &mantissa)
    var fraction = 0
    if index < text.count, text[index] == point {
      index += 1
      fraction = digits(text, &index, &mantissa)
      guard fraction > 0 else { return nil }
    }
    guard whole > 0 else { return nil }
    // Up to 15 digits and a power of ten that is exact: one correctly rounded division.
    if index == text.count, whole + fraction <= 15 {
      let value = Double(mantissa) / powersOfTen[fraction]
      return isNegative && value != 0 ? -value : value
    }
    guard index == text.count || isExponent(text, index) else { return nil }
    let bytes = (0..<text.count).map { text[$0] }
    guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else {
      return nil
    }
    return value == 0 ? 0 : value
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  private static func isExponent(_ text: Span<UInt8>, _ start: Int) -> Bool {
    var index = start
    guard text[index] | 0x20 == UInt8(ascii: "e") else { return false }
    index += 1
    if index < text.count, text[index] == minus || text[index] == UInt8(ascii: "+") { index += 1 }
    var ignored: UInt64 = 0
    return digits(text, &index, &ignored) > 0 && index == text.count
  }

  /// Takes digits, and gives how many there were.
  private static func digits(
    _ text: Span<UInt8>, _ index: inout Int, _ value: inout UInt64
  ) -> Int {
    let start = index
    while index < text.count, let digit = digit(text[index]) {
      value = value &* 10 &+ UInt64(digit)
      index += 1
    }
    return index - start
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    let value = byte &- zero
    return value < 10 ? value : nil
  }
}
