import Testing

@testable import Core

@Suite struct SuggestionTests {
  private let known = ["rollout", "render", "status", "gate", "doctor"]

  @Test(arguments: [
    ("rolout", "rollout"), ("rollotu", "rollout"), ("ROLLOUT", "rollout"), ("stats", "status"),
    ("gte", "gate"), ("docter", "doctor"), ("rendre", "render"),
  ])
  func aMisspeltWordFindsTheOneThatWasMeant(word: String, meant: String) {
    #expect(Suggestion.nearest(to: word, in: known) == meant)
  }

  @Test(arguments: ["", "xyz", "deploy", "g", "rollouttttt"])
  func aStrangeWordFindsNothing(word: String) {
    #expect(Suggestion.nearest(to: word, in: known) == nil)
  }

  @Test func aLongWordIsNoMisspelling() {
    let longest = String(repeating: "a", count: Suggestion.lengthMax)
    #expect(Suggestion.nearest(to: longest, in: ["b" + longest]) != nil)
    #expect(Suggestion.nearest(to: longest + "b", in: [longest]) == nil)
    // One character of many code points is as long.
    let marks = "a" + String(repeating: "\u{301}", count: Suggestion.lengthMax)
    #expect(Suggestion.nearest(to: marks, in: ["a"]) == nil)
  }

  @Test func nothingIsFoundAmongNothing() {
    #expect(Suggestion.nearest(to: "rollout", in: []) == nil)
  }

  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "acb", 1),
    ("kitten", "sitting", 3), ("ca", "abc", 3), ("flaw", "lawn", 2),
  ])
  func editsAreCountedWithSwapsOfNeighbours(source: String, target: String, edits: Int) {
    #expect(Suggestion.edits(from: source, to: target) == edits)
    #expect(Suggestion.edits(from: target, to: source) == edits)
  }
}
