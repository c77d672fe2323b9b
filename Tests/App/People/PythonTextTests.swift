import JSON
import Testing

@testable import App

/// The expectations are what Python 3 prints for the same values.
@Suite struct PythonTextTests {
  @Test(
    arguments: [
      (JSONValue.null, "None"), (true, "True"), (false, "False"), (1, "1"), (-0.0, "-0.0"),
      (22.0, "22.0"), (1e15, "1000000000000000.0"), (1e16, "1e+16"), (1e22, "1e+22"),
      (9.9e15, "9900000000000000.0"), (9007199254740994.0, "9007199254740994.0"),
      (0.0001, "0.0001"), (0.00001, "1e-05"), (1.5e300, "1.5e+300"),
      (.integer(.min), "\(Int64.min)"),
      ("20", "'20'"), ("", "''"), ("it's", #""it's""#), (#"it's "it""#, #"'it\'s "it"'"#),
      (#"a"b"#, #"'a"b'"#), ("\\\n\r\t", #"'\\\n\r\t'"#), ("\u{0}\u{1B}\u{7F}", #"'\x00\x1b\x7f'"#),
      ("é漢👍", "'é漢👍'"), ("\u{A0}\u{AD}\u{200B}", #"'\xa0\xad\u200b'"#),
      ("\u{E0001}\u{E000}", #"'\U000e0001\ue000'"#), ([], "[]"), ([1, "a", nil], "[1, 'a', None]"),
      ([[[]]], "[[[]]]"), (["a": [1.5], "b": [:]], "{'a': [1.5], 'b': {}}"),
    ] as [(JSONValue, String)])
  func aValueIsShownAsPythonShowsIt(_ value: JSONValue, _ expected: String) {
    #expect(PythonText.of(value) == expected)
  }

  @Test func aLongValueIsCut() {
    let lists = JSONValue.array(
      Array(repeating: .array(Array(repeating: "ab", count: 90)), count: 9))
    for value in [
      JSONValue.string(String(repeating: "x", count: 100_000)),
      .array(Array(repeating: 1, count: 100_000)), lists,
      .string(String(repeating: "\u{1}", count: 1000)),
    ] {
      let text = PythonText.of(value)
      #expect(text.unicodeScalars.count == PythonText.lengthMax + 1)
      #expect(text.hasSuffix("…"))
    }
  }

  @Test func whatJustFitsIsWhole() {
    let text = String(repeating: "x", count: PythonText.lengthMax - 2)
    #expect(PythonText.of(.string(text)) == "'\(text)'")
  }
}
