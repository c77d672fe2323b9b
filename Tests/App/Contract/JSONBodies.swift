/// JSON bodies that services tend to get wrong, for any operation that takes an object.
struct JSONBodies {
  /// Members that make up an object that is accepted, without the braces.
  let valid: String
  /// The same with another JSON text in place of a field that is no object.
  let with: (String) -> String

  /// What each is called, and its bytes.
  var all: [(name: String, bytes: [UInt8])] { ofField + structures + wholes }

  /// Those that differ in the field's value alone.
  var ofField: [(name: String, bytes: [UInt8])] { values + texts }

  /// In place of the field's value.
  private var values: [(String, [UInt8])] {
    [
      "0", "-0", "2147483647", "2147483648", "-2147483648", "-2147483649", "9007199254740993",
      "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e2", "22.0", "22.5",
      "1E+2", "1e308", "1e400", "-1e400", "1e-400", "007", "-", "+1", "1.", ".5", "1e", "0x10",
      "1_000", "NaN", "Infinity", "-Infinity", "nan", "true", "True", "null", "None", "undefined",
      "\"\"", "\"20\"", "[]", "{}", "[1,2.5,null,\"a\"]", "{\"a\":{\"b\":[true]}}", "",
    ].map { ("value \($0.isEmpty ? "missing" : $0)", object(with($0))) } + [
      ("value of 1000 digits", object(with(String(repeating: "9", count: 1000)))),
      ("value of 1000 decimals", object(with("0." + String(repeating: "9", count: 1000)))),
      (
        "value of 300,000 characters", object(with("\"\(String(repeating: "x", count: 300_000))\""))
      ),
    ]
  }

  /// In place of the field's value, as a text in quotes.
  private var texts: [(String, [UInt8])] {
    let escapes = [
      "\\ud83d\\ude00", "\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud83dx", "\\u0000", "a\\u0000b",
      "\\u12", "\\u12g4", "\\x41", "\\'", "\\/", "\\a",
    ].map { ("text \($0)", object(with("\"\($0)\""))) }
    let raw: [(String, [UInt8])] = [
      ("a byte 00", [0x00]), ("a line feed", [0x0A]), ("a tabulator", [0x09]),
      ("a byte 7F", [0x7F]), ("a byte FF", [0xFF]), ("a lone continuation", [0x80]),
      ("a sequence cut short", [0xC3]), ("an overlong slash", [0xC0, 0xAF]),
      ("an overlong NUL", [0xC0, 0x80]), ("a surrogate in UTF-8", [0xED, 0xA0, 0x80]),
      ("beyond U+10FFFF", [0xF4, 0x90, 0x80, 0x80]), ("U+10FFFF", [0xF4, 0x8F, 0xBF, 0xBF]),
      ("Latin-1", [0x4A, 0xF6, 0x72, 0x67]),
    ]
    return escapes
      + raw.map { name, bytes in
        let parts = object(with("\"!\"")).split(separator: UInt8(ascii: "!"))
        return ("text with \(name)", Array(parts.joined(separator: bytes)))
      }
  }

  /// Around an object that would be accepted.
  private var structures: [(String, [UInt8])] {
    let object = "{\(valid)}"
    let deep = { (depth: Int) in
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    let texts: [(String, String)] = [
      ("accepted", object), ("blanks around it", " \r\n\t\(object)\r\n"),
      ("a byte order mark", "\u{FEFF}\(object)"), ("a no-break space", "\u{A0}\(object)"),
      ("a form feed", "\u{C}\(object)"), ("a trailing comma", "{\(valid),}"),
      ("a leading comma", "{,\(valid)}"), ("a trailing word", "\(object) x"),
      ("a second value", "\(object)\(object)"), ("a trailing bracket", "\(object)]"),
      ("a byte 00 behind it", "\(object)\u{0}"), ("not closed", "{\(valid)"),
      ("closed by a bracket", "{\(valid)]"), ("a comment", "/* x */\(object)"),
      ("a line comment", "\(object)// x"), ("a hash comment", "# x\n\(object)"),
      ("single quotes", object.replacing("\"", with: "'")),
      ("names without quotes", "{a:1,\(valid)}"), ("a number as a name", "{1:1,\(valid)}"),
      ("no colon", "{\"a\" 1,\(valid)}"), ("an empty name", "{\"\":1,\(valid)}"),
      ("a name with NUL", "{\"a\\u0000\":1,\(valid)}"), ("a name twice", "{\(valid),\(valid)}"),
      ("an unknown name twice", "{\"a\":1,\"a\":1,\(valid)}"),
      ("a name twice by an escape", "{\"a\":1,\"\\u0061\":1,\(valid)}"),
      ("63 levels beside it", "{\"a\":\(deep(63)),\(valid)}"),
      ("64 levels beside it", "{\"a\":\(deep(64)),\(valid)}"),
      ("100,000 levels beside it", "{\"a\":\(deep(100_000)),\(valid)}"),
      ("100,000 openings", String(repeating: "[", count: 100_000)),
      ("100,000 objects", String(repeating: "{\"a\":", count: 100_000)),
      (
        "10,000 unknown names",
        "{\((0..<10_000).map { "\"n\($0)\":0" }.joined(separator: ",")),\(valid)}"
      ),
    ]
    return texts.map { ($0, Array($1.utf8)) } + [
      ("UTF-16", object.utf16.flatMap { [UInt8($0 & 0xFF), 0] })
    ]
  }

  /// In place of the object.
  private var wholes: [(String, [UInt8])] {
    let object = "{\(valid)}"
    let bytesMax = 1_048_576
    return [
      "", " ", "null", "true", "1", "1.5", "\"x\"", "[]", "[\(object)]", "{}", "{", "}", "\"", ",",
      "<people/>", "a=1&b=2", "---\na: 1",
    ].map { ("body \($0.hasPrefix("[{") ? "in an array" : JSONText.quoted($0))", Array($0.utf8)) }
      + [
        ("at the limit of the size", Array((object + blanks(bytesMax - object.utf8.count)).utf8)),
        (
          "beyond the limit of the size",
          Array((object + blanks(bytesMax - object.utf8.count + 1)).utf8)
        ),
      ]
  }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }

  private func object(_ members: String) -> [UInt8] { Array("{\(members)}".utf8) }

  private enum JSONText {
    static func quoted(_ text: String) -> String {
      "\"\(text.replacing("\n", with: "\\n"))\""
    }
  }
}
