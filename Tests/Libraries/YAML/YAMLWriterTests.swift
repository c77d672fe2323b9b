import Testing
import YAML

/// The writer: same bytes for the same nodes, and no text that becomes something else.
struct YAMLWriterTests {
  @Test func aDocumentLooksLikeOneWrittenByHand() {
    let node = YAMLNode.mapping([
      ("name", .string("slipway")), ("replicas", .integer(3)), ("enabled", .boolean(true)),
      ("nothing", .null), ("list", .sequence([.string("a"), .mapping([("k", .string("v"))])])),
      ("empty", .mapping([])), ("none", .sequence([])), ("image", .string("ghcr.io/example/app")),
      ("script", .string("first\nsecond\n")), ("memory", .string("64Mi")),
    ])
    #expect(
      YAMLWriter.write(node, comment: ["Rendered.", "By hand: never."]) == """
        # Rendered.
        # By hand: never.
        name: slipway
        replicas: 3
        enabled: true
        nothing: null
        list:
        - a
        - k: v
        empty: {}
        none: []
        image: ghcr.io/example/app
        script: |
          first
          second
        memory: 64Mi

        """)
  }

  @Test(arguments: [
    "no", "on", "y", "True", "null", "~", "", "012", "1e3", "1_000", "12:30:00", "0x1F", "1.0",
    "2026-11-21", "2026-11-21T10:00:00Z", ".5", "-1", "+1", "=", "<<", "- a", "a: b", "a:", "#a",
    " a", "a ", "@a", "`a", "%a", "&a", "*a", "!a", "|", ">", "{a", "[a", "'a", "\"a", "?", ".inf",
    ".nan", "NaN", "017", "0o17", "1e", "5.",
  ])
  func aDoubtfulTextIsQuoted(_ text: String) {
    let written = YAMLWriter.write(.mapping([("k", .string(text))]))
    #expect(written.hasPrefix("k: \""), "\(written)")
  }

  @Test(arguments: ["100m", "64Mi", "10s", "api.example.com", "a b", "/path", "v1", "s3://b/p"])
  func aHarmlessTextIsNotQuoted(_ text: String) {
    #expect(YAMLWriter.write(.mapping([("k", .string(text))])) == "k: \(text)\n")
  }

  @Test func aDoubtfulKeyIsQuoted() {
    #expect(YAMLWriter.write(.mapping([("on", .integer(1))])) == "\"on\": 1\n")
  }

  @Test(arguments: [
    "a\nb", "a\nb\n", "a\n\n\nb\n\n", "\n", "\na", "  a\n b\n", "a \nb", "a\tb\n", "\ta\n",
    "a\r\nb",
    "é\n日本\n🚢", "\u{0}\u{1}\u{7f}", "\u{85}\u{2028}\u{feff}", "a\\b\"c'd", "#\n#", "---\n...\n",
    String(repeating: "long ", count: 100), String(repeating: "x", count: 5000), "a\n# b\n",
    "- a\n- b", "{{ .Values.x }}", "key: |\n  text\n", "%", "tail\n\n  \n",
  ])
  func everyTextComesBack(_ text: String) throws {
    let node = YAMLNode.mapping([
      ("k", .string(text)), (text + "key", .sequence([.string(text), .sequence([.string(text)])])),
    ])
    #expect(try YAMLReader.read(YAMLWriter.write(node)) == node)
  }

  @Test func aWholeDocumentComesBack() throws {
    let document = try YAMLReader.read(
      "a: {b: [1, 2.5, ~, true, 'no', 012, 0x1F, .inf], 'on': \"x\"}\nc: |\n  x\n  y\n")
    #expect(try YAMLReader.read(YAMLWriter.write(document)) == document)
  }

  @Test(arguments: [
    ("{a: [1, no, 'x'], b: {}, c: []}", "{a: [1, \"no\", x], b: {}, c: []}"),
    ("a b", "a b"), ("''", "\"\""), ("|\n  a\n  b\n", #""a\nb\n""#), ("[]", "[]"), ("~", "~"),
    ("'a, b'", "\"a, b\""), ("s3://b/p?x=y", "\"s3://b/p?x=y\""),
    ("a: {b: 'c: d'}", #"{a: {b: "c: d"}}"#),
  ])
  func aValueCanBeWrittenOnOneLine(_ text: String, _ line: String) throws {
    let node = try YAMLReader.read(text)
    #expect(YAMLWriter.inline(node) == line)
    #expect(try YAMLReader.read("[" + YAMLWriter.inline(node) + "]") == .sequence([node]))
  }

  @Test func severalDocumentsArePartedByDashes() throws {
    let documents = [YAMLNode.mapping([("a", .integer(1))]), .mapping([("b", .integer(2))])]
    let text = YAMLWriter.write(documents: documents)
    #expect(text == "---\na: 1\n---\nb: 2\n")
    #expect(try YAMLReader.readStream(Array(text.utf8)) == documents)
  }

  @Test func aLineBreakCannotEndTheComment() throws {
    let text = YAMLWriter.write(.mapping([("a", .integer(1))]), comment: ["x\nb: 2\rc: 3"])
    #expect(try YAMLReader.read(text) == .mapping([("a", .integer(1))]))
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func randomNodesComeBack(_ seed: UInt64) throws {
    var random = Random(state: seed)
    for _ in 0..<100 {
      let node = Self.node(&random, depth: 0)
      let text = YAMLWriter.write(node)
      #expect(try YAMLReader.read(text) == node, "\(text)")
    }
  }

  private static func node(_ random: inout Random, depth: Int) -> YAMLNode {
    switch random.next() % (depth < 4 ? 6 : 4) {
    case 0: return .integer(Int(truncatingIfNeeded: random.next()))
    case 1: return .boolean(random.next() % 2 == 0)
    case 2, 3: return .string(text(&random))
    case 4:
      return .sequence((0..<Int(random.next() % 4)).map { _ in node(&random, depth: depth + 1) })
    default:
      return .mapping(
        (0..<Int(random.next() % 4)).map {
          ("\($0)\(text(&random))", node(&random, depth: depth + 1))
        })
    }
  }

  private static func text(_ random: inout Random) -> String {
    let alphabet = Array(" \n\t:#-?[]{},&*!|>'\"%@`ab01.é\u{2028}\\\r🚢~=")
    let count = Int(random.next() % 12)
    return String((0..<count).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] })
  }
}
