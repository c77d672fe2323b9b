/// An address of the internet, version 4 or 6.
///
/// Version 4 is kept in the part of version 6 that is mapped to it (RFC 4291, section 2.5.5.2), so
/// that `192.0.2.1` and `::ffff:192.0.2.1` are the same address.
public struct IPAddress: Sendable, Hashable {
  /// The first eight bytes, big-endian: for version 6 the network, as a rule.
  public let high: UInt64
  /// The last eight bytes, big-endian.
  public let low: UInt64

  /// The address of those bits.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads an address in numbers, or gives nil; no port, no zone, no leading zeros in version 4.
  public init?(_ text: some StringProtocol) {
    guard text.utf8.count <= Self.lengthMax else { return nil }
    if !text.utf8.contains(UInt8(ascii: ":")) {
      guard let number = Self.version4(Substring(text)) else { return nil }
      self.init(high: 0, low: Self.mapped | UInt64(number))
      return
    }
    guard let groups = Self.groups(Substring(text)) else { return nil }
    self.init(
      high: groups[..<4].reduce(0) { $0 << 16 | UInt64($1) },
      low: groups[4...].reduce(0) { $0 << 16 | UInt64($1) })
  }

  /// Whether it is an address of version 4.
  public var isVersion4: Bool { high == 0 && low >> 32 == Self.mapped >> 32 }

  private static let lengthMax = 45
  private static let mapped: UInt64 = 0xFFFF << 32

  private static func version4(_ text: Substring) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var number: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        part == "0" || part.first != "0", let byte = UInt8(part)
      else { return nil }
      number = number << 8 | UInt32(byte)
    }
    return number
  }

  /// The eight groups of version 6; `::` stands for as many zeros as are missing, once.
  private static func groups(_ text: Substring) -> [UInt16]? {
    guard let gap = gap(in: text) else {
      guard let groups = run(text, canEnd: true), groups.count == 8 else { return nil }
      return groups
    }
    guard let head = run(text[..<gap.lowerBound], canEnd: false),
      let tail = run(text[gap.upperBound...], canEnd: true), head.count + tail.count < 8
    else { return nil }
    return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
  }

  private static func gap(in text: Substring) -> Range<Substring.Index>? {
    for index in text.indices where text[index] == ":" {
      let next = text.index(after: index)
      if next < text.endIndex, text[next] == ":" { return index..<text.index(after: next) }
    }
    return nil
  }

  /// Groups with one colon between each two; the last two may be written as version 4.
  private static func run(_ text: Substring, canEnd: Bool) -> [UInt16]? {
    if text.isEmpty { return [] }
    var parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var tail: [UInt16] = []
    if canEnd, let last = parts.last, last.contains(".") {
      guard let number = version4(last) else { return nil }
      tail = [UInt16(number >> 16), UInt16(truncatingIfNeeded: number)]
      parts.removeLast()
    }
    var groups: [UInt16] = []
    for part in parts {
      guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
        let group = UInt16(part, radix: 16)
      else { return nil }
      groups.append(group)
    }
    return groups + tail
  }
}

extension IPAddress: CustomStringConvertible {
  /// The form that RFC 5952 recommends.
  public var description: String {
    if isVersion4 {
      return [24, 16, 8, 0].map { String(low >> $0 & 0xFF) }.joined(separator: ".")
    }
    let groups = [high, low].flatMap { half in
      [48, 32, 16, 0].map { half >> $0 & 0xFFFF }
    }
    guard let gap = Self.longestZeros(groups) else { return Self.joined(groups[...]) }
    return "\(Self.joined(groups[..<gap.lowerBound]))::\(Self.joined(groups[gap.upperBound...]))"
  }

  private static func joined(_ groups: ArraySlice<UInt64>) -> String {
    groups.map { String($0, radix: 16) }.joined(separator: ":")
  }

  /// The first of the longest runs of two zeros and more.
  private static func longestZeros(_ groups: [UInt64]) -> Range<Int>? {
    var best: Range<Int>?
    var start = 0
    for index in 0...groups.count where index == groups.count || groups[index] != 0 {
      if index - start > max(1, best?.count ?? 0) { best = start..<index }
      start = index + 1
    }
    return best
  }
}

/// Addresses that begin with the same bits, as `10.0.0.0/8` writes them.
public struct IPRange: Sendable, Hashable {
  private let first: IPAddress
  private let highMask: UInt64
  private let lowMask: UInt64
  /// As it was given.
  public let text: String

  /// Reads an address, or an address and the number of bits that count; nil for anything else, a
  /// bit behind those that count included.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let first = IPAddress(parts[0]) else { return nil }
    let isVersion4 = !parts[0].contains(":")
    let longest = isVersion4 ? 32 : 128
    var length = longest
    if parts.count == 2 {
      guard let given = Int(parts[1]), (0...longest).contains(given), parts[1] == String(given)[...]
      else { return nil }
      length = given
    }
    let bits = isVersion4 ? 96 + length : length
    highMask = Self.mask(min(bits, 64))
    lowMask = Self.mask(max(0, bits - 64))
    guard first.high & ~highMask == 0, first.low & ~lowMask == 0 else { return nil }
    self.first = first
    self.text = String(text)
  }

  /// Whether `address` is one of them.
  public func contains(_ address: IPAddress) -> Bool {
    address.high & highMask == first.high && address.low & lowMask == first.low
  }

  private static func mask(_ bits: Int) -> UInt64 { bits == 0 ? 0 : ~0 << UInt64(64 - bits) }
}
