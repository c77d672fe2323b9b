import JSON
import Testing

@Suite struct JSONWriterTests {
  private static let sample: JSONValue = [
    "name": "slipway", "count": 3, "ratio": 0.5, "on": true, "none": nil, "empty": [],
    "nothing": [:], "list": [1, ["deep": [2, 3]]],
  ]

  @Test func aValueIsWrittenCompactly() {
    #expect(
      Self.sample.written()
        == #"{"name":"slipway","count":3,"ratio":0.5,"on":true,"none":null,"empty":[],"#
        + #""nothing":{},"list":[1,{"deep":[2,3]}]}"#)
  }

  @Test func thePrettyFormHasTwoSpacesALevel() {
    #expect(
      Self.sample.written(pretty: true) == """
        {
          "name": "slipway",
          "count": 3,
          "ratio": 0.5,
          "on": true,
          "none": null,
          "empty": [],
          "nothing": {},
          "list": [
            1,
            {
              "deep": [
                2,
                3
              ]
            }
          ]
        }
        """)
  }

  @Test(arguments: [
    ("a\"b\\c", #""a\"b\\c""#), ("\n\r\t", #""\n\r\t""#),
    ("\0\u{1F}\u{7F}", #""\u0000\u001f\u007f""#),
    ("é😀/", "\"é😀/\""), ("", "\"\""),
  ])
  func aTextIsEscapedWhereItMustBe(text: String, written: String) {
    #expect(JSONValue.string(text).written() == written)
  }

  @Test func everyCharacterSurvivesARoundTrip() throws {
    let scalars = (0...0x2FFF).compactMap { Unicode.Scalar(UInt32($0)) }
    let text = String(String.UnicodeScalarView(scalars)) + "\u{FFFF}\u{10FFFF}😀"
    #expect(try JSONReader.read(JSONValue.string(text).bytes()) == .string(text))
  }

  @Test(arguments: [true, false])
  func aValueSurvivesARoundTrip(pretty: Bool) throws {
    #expect(try JSONReader.read(Self.sample.bytes(pretty: pretty)) == Self.sample)
  }

  @Test(arguments: [
    0.1, 1e300, .leastNonzeroMagnitude, -2.5, .greatestFiniteMagnitude, .leastNormalMagnitude, 1e16,
    123_456_789,
  ])
  func aRealSurvivesARoundTripAsAReal(number: Double) throws {
    #expect(try JSONReader.read(JSONValue.real(number).bytes()) == .real(number))
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func whatJSONHasNoWordForIsNull(number: Double) {
    #expect(JSONValue.real(number).written() == "null")
  }

  @Test func partsWrittenOneByOneMakeTheSameAsAWholeValue() {
    var writer = JSONWriter()
    writer.object {
      $0.member("a", "x")
      $0.name("b")
      $0.array { list in
        list.integer(UInt64.max)
        list.boolean(false)
        list.null()
        list.string("y")
        list.real(1.5)
      }
      $0.member("c", ["d": 1])
    }
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == #"{"a":"x","b":[18446744073709551615,false,null,"y",1.5],"c":{"d":1}}"#)
  }
}
