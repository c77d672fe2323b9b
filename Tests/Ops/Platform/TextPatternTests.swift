import Testing

@testable import Ops

/// Expressions that readers of schemas and ours take for the same.
struct TextPatternTests {
  @Test(
    arguments: [
      ("", [""], ["a"]), ("a", ["a"], ["", "b", "aa"]), ("a|bc|", ["a", "bc", ""], ["ab", "c"]),
      ("a?b*c+", ["c", "ac", "bbcc"], ["", "a", "aac"]), ("(ab)*", ["", "abab"], ["aba"]),
      ("[a-c_-]+", ["a-_", "-"], ["d", ""]), ("[^a-c]", ["d", "-", "é"], ["a", ""]),
      ("a{2}", ["aa"], ["a", "aaa"]), ("a{2,}", ["aa", "aaaa"], ["a"]),
      ("a{0,2}b", ["b", "ab", "aab"], ["aaab"]), (#"\.\*"#, [".*"], ["xx"]),
      (".", ["x", "é"], ["\n", "", "xx"]), ("(a*)*b", ["b", "aab"], ["aa"]),
      ("(a|ab)(c|bcd)(d*)", ["abcd", "acd", "abcddd"], ["abd"]), ("é+", ["éé"], ["e"]),
    ] as [(String, [String], [String])])
  func aPatternTakesTheWholeText(_ source: String, _ taken: [String], _ refused: [String]) {
    let pattern = TextPattern(source)
    for text in taken { #expect(pattern.matches(text), "\(text)") }
    for text in refused { #expect(!pattern.matches(text), "\(text)") }
  }

  /// The matcher against the standard library's, for random patterns and texts.
  @Test func itSaysWhatOthersSay() throws {
    var random = Generator(state: 7)
    let pieces = [
      "a", "b", "[ab]", "[^a]", ".", "(a|b)", "(ab|a)", "(a|)", "a?", "b*", "a+", "[ab]{2}",
      "a{1,2}", "(ab)*", "(a*b)+", "(a|b){0,2}", "([ab]c)?",
    ]
    for _ in 0..<150 {
      let parts = (0..<random.below(5)).map { _ in pieces[random.below(pieces.count)] }
      let source = parts.joined()
      let other = try Regex("^(?:\(source))$").matchingSemantics(.unicodeScalar)
      let pattern = TextPattern(source)
      for _ in 0..<20 {
        let text = String((0..<random.below(7)).map { _ in Array("abc")[random.below(3)] })
        #expect(
          pattern.matches(text) == (try other.wholeMatch(in: text) != nil), "\(source) \(text)")
      }
    }
  }

  @Test func noTextTakesLongToRefuse() {
    let pattern: TextPattern = "(a*)*(a|aa)*[ab]*c"
    #expect(!pattern.matches(String(repeating: "a", count: 3000)))
  }

  @Test func alternativesAreAnchoredAsAWhole() {
    #expect(TextPattern("a|b").anchored == "^(a|b)$")
    #expect(TextPattern("(a|b)c").anchored == "^(a|b)c$")
  }
}

/// The same numbers every time.
private struct Generator {
  var state: UInt32

  mutating func below(_ count: Int) -> Int {
    // https://en.wikipedia.org/wiki/Linear_congruential_generator
    state = state &* 1_664_525 &+ 1_013_904_223
    return Int(state >> 8) % count
  }
}
