import Testing
import YAML

/// Documents that are read past their mistakes.
struct YAMLReadingTests {
  @Test func whatIsRightIsReadAsEver() throws {
    let text = "a: &x {k: [1, no]}\nb: *x\nc: |\n  x\n  \ty\n"
    let reading = YAMLReader.examine(Array(text.utf8))
    #expect(reading.problems == [])
    #expect(reading.node == (try YAMLReader.read(text)))
    #expect(YAMLReader.examine([]).node == .null)
  }

  @Test(arguments: Refusal.all)
  func theFirstProblemIsWhatReadingStopsAt(_ refusal: Refusal) {
    let reading = YAMLReader.examine(refusal.bytes)
    #expect(reading.problems.first == YAMLError(refusal.reason, at: refusal.mark))
  }

  @Test func mistakesOfAllKindsAreFoundInOneReading() {
    let text = """
      a: &x [*x]
      a: 1
      b: *y
      c: !secret z
      d: !!int e
      f:
      \tg: 1
      \th: 2
      ? [k]
      : 1
      i: j
      ---
      second: 1

      """
    let reading = YAMLReader.examine(Array(text.utf8))
    #expect(
      reading.problems.map(\.description) == [
        "1:8: a loop: this alias is within the value that '&x' at 1:4 names",
        "2:1: the key 'a' is already given at 1:1", "3:4: no anchor '&y' comes before this alias",
        "4:4: the tag '!secret' is not known",
        "5:4: 'e' is not what the tag 'tag:yaml.org,2002:int' says",
        "7:1: a tab where YAML wants spaces", "8:1: a tab where YAML wants spaces",
        "9:3: a mapping or a list cannot be a key",
        "12:1: a second document begins here; one is expected",
      ])
    #expect(reading.node?.mapping?.map(\.key) == ["a", "b", "c", "d", "f", "i"])
    #expect(reading.node?["f"] == .mapping([("g", .integer(1)), ("h", .integer(2))]))
  }

  @Test func aMistakeThatHidesTheRestEndsTheReading() {
    let reading = YAMLReader.examine(Array("a: 1\na: 2\nb: [\n".utf8))
    #expect(reading.node == nil)
    #expect(reading.problems.map(\.mark.line) == [2, 4])
  }

  @Test func placesOnALineWithTabsAreThoseOfTheFile() throws {
    let reading = YAMLReader.examine(Array("a:\n  b: 1\n \t c: {d: 2, d: 3}\n".utf8))
    #expect(
      reading.problems == [
        YAMLError(.tab, at: YAMLMark(line: 3, column: 2)),
        YAMLError(
          .duplicateKey("d", first: YAMLMark(line: 3, column: 8)),
          at: YAMLMark(line: 3, column: 14)),
      ])
    let pair = try #require(reading.node?["a"]?.mapping?.last)
    #expect(pair.keyMark == YAMLMark(line: 3, column: 4))
    #expect(pair.value.mark == YAMLMark(line: 3, column: 7))
  }

  @Test(arguments: [
    // Beside the line above it, and under one that ends with a colon.
    ("a:\n    b: 1\n\tc: 2\n", "a: {b: 1, c: 2}"),
    ("a:\n  b:\n\tc: 2\n  d: 3\n", "a: {b: {c: 2}, d: 3}"),
    ("a:\n  b: # why\n  # what\n\t\tc: 2\n", "a: {b: {c: 2}}"),
    // Only one width fits what comes after it.
    ("a:\n  b:\n    c: 1\n\td: 2\n  e: 3\n", "a: {b: {c: 1, d: 2}, e: 3}"),
    ("a:\n  b:\n    c: 1\n\td:\n    e: 3\n", "a: {b: {c: 1}, d: {e: 3}}"),
    // A file that is indented by tabs alone.
    ("a:\n\tb:\n\t\tc: 1\n\t\td: 2\n\te: 3\nf: 4\n", "a: {b: {c: 1, d: 2}, e: 3}\nf: 4"),
    ("a:\n\t- b\n\t- c\n", "a: [b, c]"), ("a:\r\n\tb: 1\r\n\tc: 2\r\n", "a: {b: 1, c: 2}"),
    ("-\ta\n-\tb: 1\n", "[a, {b: 1}]"), ("a: 1\n\t\nb: 2\n", "a: 1\nb: 2"),
  ])
  func aTabIsReadAsTheSpacesThatWereMeant(_ text: String, _ meant: String) throws {
    let reading = YAMLReader.examine(Array(text.utf8))
    #expect(reading.node == (try YAMLReader.read(meant)), "\(reading)")
    #expect(reading.problems.allSatisfy { $0.reason == .tab })
  }

  @Test func onlySoManyTabsAreReadOver() {
    var limits = YAMLLimits()
    limits.tabsMax = 3
    let text = "a:\n" + (1...9).map { "\tk\($0): \($0)\n" }.joined()
    let reading = YAMLReader.examine(Array(text.utf8), limits: limits)
    #expect(reading.node == nil)
    #expect(reading.problems.map(\.mark.line) == [2, 3, 4, 5])
  }

  @Test func onlySoManyProblemsAreCollected() {
    var limits = YAMLLimits()
    limits.problemsMax = 3
    let text = (1...9).map { "k\($0): *x\n" }.joined()
    let reading = YAMLReader.examine(Array(text.utf8), limits: limits)
    #expect(reading.node == nil)
    #expect(reading.problems.map(\.mark.line) == [1, 2, 3, 4])
  }

  /// Any bytes give what `read` gives, or problems that lie within the text.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func garbageIsReadOrRefused(_ seed: UInt64) throws {
    var random = Random(state: seed)
    let pieces = [
      "a", ": ", "- ", "\n", "\n", "  ", "\t", "\t", "{", "}", "&x ", "*x", "!!int ", "|\n", "'",
      "#", "? ", "---\n", "é", "\r\n", "\u{85}", "b: ", "c:\n", "\u{feff}",
    ]
    for _ in 0..<100 {
      let count = Int(random.next() % 40)
      let text = (0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
      let bytes = Array(text.joined().utf8)
      let reading = YAMLReader.examine(bytes)
      if let node = try? YAMLReader.read(bytes) {
        #expect(reading.node == node && reading.problems == [], "\(bytes)")
      } else {
        #expect(!reading.problems.isEmpty, "\(bytes)")
      }
    }
  }
}
