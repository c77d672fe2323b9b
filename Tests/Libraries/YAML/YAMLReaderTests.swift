import Testing
import YAML

/// The reader: structure, places and refusals.
struct YAMLReaderTests {
  @Test func keysKeepTheirOrder() throws {
    let node = try YAMLReader.read("zebra: 1\nant: 2\nmole: 3\n")
    #expect(node.mapping?.map(\.key) == ["zebra", "ant", "mole"])
  }

  @Test func everyNodeKnowsItsLineAndColumn() throws {
    let node = try YAMLReader.read("a:\n  - x\n  - {b: ü, c: d}\n")
    #expect(node["a"]?.sequence?[0].mark == YAMLMark(line: 2, column: 5))
    #expect(node["a"]?.sequence?[1]["c"]?.mark == YAMLMark(line: 3, column: 15))
    #expect(node["a"]?.sequence?[1].mapping?[1].keyMark == YAMLMark(line: 3, column: 12))
  }

  @Test func aByteOrderMarkIsNoPartOfTheText() throws {
    let node = try YAMLReader.read("\u{FEFF}a: x\nb: y\n")
    #expect(node == (try YAMLReader.read("a: x\nb: y\n")))
    #expect(node["a"]?.mark == YAMLMark(line: 1, column: 4))
    #expect(try YAMLReader.read("\u{FEFF}") == .null)
    #expect(try YAMLReader.readStream(Array("\u{FEFF}a\n---\nb\n".utf8)).count == 2)
    let reading = YAMLReader.examine(Array("\u{FEFF}a: *x\n".utf8))
    #expect(reading.problems.map(\.mark) == [YAMLMark(line: 1, column: 4)])
  }

  @Test func aScalarKeepsItsStyle() throws {
    let node = try YAMLReader.read("- a\n- 'b'\n- \"c\"\n- |\n  d\n- >\n  e\n")
    let styles = node.sequence?.compactMap(\.scalar?.style)
    #expect(styles == [.plain, .singleQuoted, .doubleQuoted, .literal, .folded])
  }

  @Test func anEmptyTextIsNull() throws {
    #expect(try YAMLReader.read("") == .null)
    #expect(try YAMLReader.read("# nothing\n") == .null)
  }

  @Test func aTextOfZeroBytesInQuotesIsKept() throws {
    #expect(try YAMLReader.read(#""a\0b""#).scalar?.text == "a\0b")
  }

  @Test func anAliasIsWhatItsAnchorNames() throws {
    let node = try YAMLReader.read("a: &x {k: 1}\nb: *x\n")
    #expect(node["b"] == node["a"])
    #expect(node["b"]?.mark == node["a"]?.mark)
  }

  @Test func anAnchorMayBeGivenAgain() throws {
    let node = try YAMLReader.read("a: &x 1\nb: &x 2\nc: *x\n")
    #expect(node["c"] == .integer(2))
  }

  @Test func aStreamGivesEachDocument() throws {
    let nodes = try YAMLReader.readStream(Array("a: 1\n---\nb: 2\n...\n---\nc: 3\n".utf8))
    #expect(nodes.map { $0.mapping?.first?.key } == ["a", "b", "c"])
  }

  @Test(arguments: Refusal.all)
  func aRefusalSaysWhatAndWhere(_ refusal: Refusal) {
    #expect(throws: YAMLError(refusal.reason, at: refusal.mark)) {
      try YAMLReader.read(refusal.bytes)
    }
  }

  @Test func aSyntaxErrorHasAPlace() throws {
    let error = try #require(throws: YAMLError.self) { try YAMLReader.read("a: [1, 2\nb: 3\n") }
    #expect(error.mark.line == 2)
    #expect(error.description.hasPrefix("2:"))
    guard case .syntax = error.reason else {
      Issue.record("not a syntax error: \(error.reason)")
      return
    }
  }
}

/// A text that the reader refuses, and how.
struct Refusal: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let reason: YAMLError.Reason
  let mark: YAMLMark

  init(_ name: String, _ text: String, _ reason: YAMLError.Reason, _ line: Int, _ column: Int) {
    self.init(name, Array(text.utf8), reason, line, column)
  }

  init(_ name: String, _ bytes: [UInt8], _ reason: YAMLError.Reason, _ line: Int, _ column: Int) {
    testDescription = name
    self.bytes = bytes
    self.reason = reason
    mark = YAMLMark(line: line, column: column)
  }

  static let first = YAMLMark(line: 1, column: 1)

  static let all: [Refusal] = [
    Refusal("a duplicate key", "a: 1\nb: 2\na: 3\n", .duplicateKey("a", first: first), 3, 1),
    Refusal("a duplicate in quotes", "a: 1\n'a': 3\n", .duplicateKey("a", first: first), 2, 1),
    Refusal("a tab as indentation", "a:\n\tb: 1\n", .tab, 2, 1),
    Refusal("a tab in a nested block", "a:\n  b:\n  \tc: 1\n", .tab, 3, 3),
    Refusal("a second document", "a: 1\n---\nb: 2\n", .secondDocument, 2, 1),
    Refusal("an unknown alias", "a: *x\n", .unknownAlias("x"), 1, 4),
    Refusal(
      "an alias loop", "a: &x [*x]\n", .aliasLoop("x", anchor: YAMLMark(line: 1, column: 4)), 1, 8),
    Refusal(
      "a loop to the nearer anchor", "a: &x 1\nb: &x [*x]\n",
      .aliasLoop("x", anchor: YAMLMark(line: 2, column: 4)), 2, 8),
    Refusal("a mapping as key", "? {a: 1}\n: 2\n", .collectionAsKey, 1, 3),
    Refusal("a tag of its own", "a: !password x\n", .unknownTag("!password"), 1, 4),
    Refusal(
      "a tag that does not fit", "a: !!int x\n",
      .tagMismatch(tag: "tag:yaml.org,2002:int", text: "x"), 1, 4),
    Refusal("a control character", "a: \u{1}\n", .forbiddenCharacter, 1, 4),
    Refusal("no UTF-8", [0x61, 0x0a, 0xff], .notUTF8, 2, 1),
    Refusal("half a character", [0x61, 0xc3], .notUTF8, 1, 2),
    Refusal("UTF-16", [0xff, 0xfe, 0x61, 0x00], .notUTF8, 1, 1),
    Refusal(
      "too deep", String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
      .limit(.depth, 64), 1, 66),
    Refusal(
      "too large", [UInt8](repeating: 0x61, count: 1024 * 1024 + 1), .limit(.bytes, 1024 * 1024),
      1, 1),
  ]
}
