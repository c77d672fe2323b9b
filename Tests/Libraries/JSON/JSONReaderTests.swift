import JSON
import Testing

@Suite struct JSONReaderTests {
  @Test(
    arguments: [
      ("null", .null), ("true", .boolean(true)), ("22", .integer(22)), ("22.0", .real(22)),
      ("1e2", .real(100)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
      ("-9223372036854775808", .integer(.min)), (" [ ] ", .array([])), ("{}", .object([])),
      (#""a\u0000b""#, .string("a\0b")), (#""\ud83d\ude00""#, .string("😀")),
      (#""\/\b\f\n\r\t\"\\""#, .string("/\u{8}\u{c}\n\r\t\"\\")), ("\"é😀\"", .string("é😀")),
      (#"{"b":1,"a":[true,null,"x"]}"#, ["b": 1, "a": [true, nil, "x"]]),
    ] as [(String, JSONValue)])
  func aValueIsReadAsWhatItIs(text: String, value: JSONValue) throws {
    #expect(try JSONReader.read(text) == value)
  }

  @Test(arguments: [
    ("", "unexpected token near end of file", 1, 1),
    (#"{"a":1,"a":2}"#, "duplicate object key near '\"a\"'", 1, 10),
    (#"{"a":1} x"#, "end of file expected near 'x'", 1, 9),
    ("[1,\n2,\n  tru]", "invalid token near 'tru'", 3, 5),
    (#"["\ud800"]"#, #"invalid Unicode '\uD800' near '"\ud800"'"#, 1, 9),
    (#"["\udc00"]"#, #"invalid Unicode '\uDC00' near '"\udc00"'"#, 1, 9),
    (#"{"\u0000":1}"#, "NUL byte in object key not supported near '\"\\u0000\"'", 1, 9),
    ("9223372036854775808", "too big integer near '9223372036854775808'", 1, 19),
    ("[1e999]", "real number overflow near '1e999'", 1, 6),
    ("[01]", "invalid token near '0'", 1, 2),
    ("[\"a\nb\"]", "unexpected newline near '\"a'", 1, 3),
  ])
  func whatIsNoJSONIsRefusedWithItsPlace(text: String, problem: String, line: Int, column: Int) {
    let error = #expect(throws: JSONError.self) { try JSONReader.read(text) }
    #expect(error?.description == "\(problem) at line \(line), column \(column)")
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xC0, 0x80, 0x22], [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x5B, 0x00, 0x5D],
      [0x22, 0x00, 0x22], [0xEF, 0xBB, 0xBF, 0x31],
    ] as [[UInt8]])
  func bytesThatAreNoTextAreRefused(bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSONReader.read(bytes) }
  }

  @Test(arguments: [
    "[1,]", "{\"a\":}", "{a:1}", "['a']", "NaN", "Infinity", "+1", ".5", "1.", "//x\n1", "[1 2]",
    "\"\\x41\"", "{\"a\" 1}", "[", "{\"a\":[1}", "\"open",
  ])
  func dialectsOfJSONAreRefused(text: String) {
    #expect(throws: JSONError.self) { try JSONReader.read(text) }
  }

  @Test func nestingIsBoundedAndTheBracketTooManyIsNamed() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[\n", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSONReader.read(nested(JSONReader.depthMax))
    let error = #expect(throws: JSONError.self) {
      try JSONReader.read(nested(JSONReader.depthMax + 1))
    }
    #expect(error?.description == "more than 64 levels of nesting at line 65, column 1")
  }

  @Test func aMillionBracketsAreRefusedBeforeAnythingIsBuilt() {
    #expect(throws: JSONError.self) {
      try JSONReader.read([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))
    }
  }

  @Test func bracketsInTextsDoNotCountAsNesting() throws {
    let text = String(repeating: "[{", count: 100)
    #expect(try JSONReader.read(#"["\"\#(text)\\"]"#) == [.string("\"\(text)\\")])
  }

  @Test func membersKeepTheirOrder() throws {
    let names = ["z", "a", "m", "é", "0", "Z"]
    let text = "{" + names.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    #expect(try JSONReader.read(text).members?.map(\.name) == names)
  }

  @Test func aValueAnswersOnlyForItsOwnType() throws {
    let value = try JSONReader.read(#"{"text":"x","number":1,"real":1.5,"truth":false,"list":[1]}"#)
    #expect(value["text"]?.text == "x" && value["text"]?.number == nil)
    #expect(value["number"]?.number == 1 && value["real"]?.number == nil)
    #expect(value["truth"]?.truth == false && value["truth"]?.text == nil)
    #expect(value["list"]?.elements == [1] && value["list"]?["text"] == nil)
    #expect(value["none"] == nil && value.members?.count == 5)
    #expect(
      value.members?.map(\.value.typeName) == ["string", "integer", "number", "boolean", "array"])
  }
}
