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

  @Test func noTextTakesLongToRefuse() {
    let pattern: TextPattern = "(a*)*(a|aa)*[ab]*c"
    #expect(!pattern.matches(String(repeating: "a", count: 3000)))
  }

  @Test func alternativesAreAnchoredAsAWhole() {
    #expect(TextPattern("a|b").anchored == "^(a|b)$")
    #expect(TextPattern("(a|b)c").anchored == "^(a|b)c$")
  }
}
