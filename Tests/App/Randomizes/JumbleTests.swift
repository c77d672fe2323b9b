import Testing

@testable import App

@Suite struct JumbleTests {
  /// SplitMix64: the same draws in every run.
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
  }

  /// Words in which characters could join when they come to stand together.
  private static let words = [
    "a", "slipway", "aaaa", "e\u{301}te\u{301}", "\u{301}abc", "👩‍👩‍👧‍👦🇩🇪🇫🇷x", "🇩🇪🇫", "🇩🇪🇫🇷🇮🇹🇪",
    "\u{1161}\u{1100}x", "\u{11A8}\u{AC00}\u{1100}", "\n\r", "a\r\nb\n", "👨\u{200D}a👩",
    "\u{600}1\u{600}", "क्षि", "👍🏽🏽a", "\u{FE0F}☎x", String(repeating: "🇩", count: 255),
    String(repeating: "\u{1161}\u{1161}\u{1100}", count: 20),
  ]

  @Test(arguments: words)
  func theCharactersAreThoseOfTheWord(_ word: String) {
    var generator = Seeded(state: 1)
    for _ in 0..<50 {
      let jumbled = Jumble.of(word, using: &generator)
      #expect(Self.sorted(jumbled.map(String.init)) == Self.sorted(word.map(String.init)))
      #expect(jumbled.unicodeScalars.sorted() == word.unicodeScalars.sorted())
    }
  }

  /// By scalars: as texts, `é` and `e` with an accent are the same.
  private static func sorted(_ characters: [String]) -> [[Unicode.Scalar]] {
    characters.map { Array($0.unicodeScalars) }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  @Test func whatReadersSeeAsOneStaysWhole() {
    var generator = Seeded(state: 2)
    var firsts: Set<Character> = []
    for _ in 0..<200 {
      let jumbled = Jumble.of("👩‍👩‍👧‍👦🇩🇪e\u{301}\r\n", using: &generator)
      #expect(jumbled.count == 4)
      if let first = jumbled.first { firsts.insert(first) }
    }
    #expect(firsts == ["👩‍👩‍👧‍👦", "🇩🇪", "e\u{301}", "\r\n"])
  }

  @Test func everyOrderIsEquallyLikely() {
    #expect(Self.chiSquare("abcd", seed: 3, orders: 24) < 49.73)
  }

  @Test func whereSomeOrdersJoinTheOthersAreEquallyLikely() {
    // The lone accent must come first: 6 of 24 orders are left.
    #expect(Self.chiSquare("\u{301}abc", seed: 4, orders: 6) < 20.52)
  }

  /// The statistic of 1,000 draws for each order; the bounds above are those of p = 0.001.
  ///
  /// https://www.itl.nist.gov/div898/handbook/eda/section3/eda3674.htm
  private static func chiSquare(_ word: String, seed: UInt64, orders: Int) -> Double {
    let expected = 1000
    var generator = Seeded(state: seed)
    var counts: [[Unicode.Scalar]: Int] = [:]
    for _ in 0..<(orders * expected) {
      counts[Array(Jumble.of(word, using: &generator).unicodeScalars), default: 0] += 1
    }
    #expect(counts.count == orders)
    return counts.values.reduce(0) { sum, count in
      let difference = Double(count - expected)
      return sum + difference * difference / Double(expected)
    }
  }

  @Test func withoutAnotherOrderTheWordStays() {
    var generator = Seeded(state: 5)
    #expect(Jumble.of("\n\r", using: &generator) == "\n\r")
  }

  @Test(arguments: [
    ("a", true), ("", false), ("a\0b", false), (String(repeating: "👍", count: 255), true),
    (String(repeating: "👍", count: 256), false),
    (String(repeating: "e\u{301}", count: 127), true),
    (String(repeating: "e\u{301}", count: 128), false),
  ])
  func aWordHas1To255CodePointsWithoutNUL(_ text: String, _ isWord: Bool) {
    #expect((Word(text) != nil) == isWord)
  }
}
