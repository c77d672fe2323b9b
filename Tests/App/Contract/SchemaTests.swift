import HTTPServer
import JSON
import Testing

@testable import App

@Suite struct SchemaTests {
  private static func kinds(_ schema: Schema, _ value: JSONValue) -> [Violation.Kind] {
    schema.violations(of: value).map(\.kind)
  }

  @Test(
    arguments: [
      (.string(1...3), "abc"), (.string(1...3), "👩‍👩"), (.string(0...0), ""), (.integer(), 0),
      (.integer(), -2_147_483_648), (.integer(1...3), 3), (.number, 1), (.number, 1.5),
      (.number, -0.0), (.boolean, true), (.choice(["a", "b"]), "b"), (.array(.boolean), []),
      (.array(.boolean), [true, false]), (.any, nil), (.any, [1]), (.uuid, uuid),
      (.date, "2024-02-29"),
      (.moment, "2026-11-02T09:30:00.698Z"),
    ] as [(Schema, JSONValue)])
  func whatFitsHasNothingWrong(_ schema: Schema, _ value: JSONValue) {
    #expect(schema.violations(of: value).isEmpty)
  }

  private static let uuid: JSONValue = "0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968"

  @Test(
    arguments: [
      (.string(1...3), 1, "string"), (.string(1...3), nil, "string"),
      (.string(1...3), [], "string"),
      (.integer(), 22.0, "integer"), (.integer(), true, "integer"), (.integer(), "1", "integer"),
      (.number, "1", "number"), (.number, false, "number"), (.boolean, 1, "boolean"),
      (.boolean, "true", "boolean"), (.array(.any), [:], "array"),
      (.object(ObjectSchema(nil, [])), [], "object"),
      (.object(ObjectSchema(nil, [])), nil, "object"),
    ] as [(Schema, JSONValue, String)])
  func anotherTypeIsNamed(_ schema: Schema, _ value: JSONValue, _ expected: String) {
    #expect(Self.kinds(schema, value) == [.type(expected: expected, value: value)])
  }

  @Test func lengthsAreCodePoints() {
    #expect(Self.kinds(.string(1...3), "") == [.length(1...3, count: 0)])
    #expect(Self.kinds(.string(1...3), "abcd") == [.length(1...3, count: 4)])
    #expect(Self.kinds(.string(1...3), "e\u{301}e\u{301}") == [.length(1...3, count: 4)])
  }

  @Test func integersHaveBounds() {
    #expect(
      Self.kinds(.integer(), 2_147_483_648)
        == [.range(Schema.integers, value: 2_147_483_648)])
    #expect(Self.kinds(.integer(1...3), 0) == [.range(1...3, value: 0)])
  }

  @Test func aWholeNumberThatWouldBeRoundedIsNotTaken() {
    #expect(Self.kinds(.number, 9_007_199_254_740_992).isEmpty)
    #expect(Self.kinds(.number, 9_007_199_254_740_993).count == 1)
  }

  @Test func aChoiceTellsWhatThereIs() {
    for value in ["c", 1, nil] as [JSONValue] {
      #expect(Self.kinds(.choice(["a", "b"]), value) == [.choice(["a", "b"], value: value)])
    }
  }

  @Test func aTextMustLookAsItsFormatSays() {
    #expect(Self.kinds(.date, "2023-02-29") == [.format("a day of the calendar as YYYY-MM-DD")])
    #expect(Self.kinds(.uuid, "x").count == 1)
    #expect(Self.kinds(.moment, "2026-11-02").count == 1)
  }

  @Test func theCharacterNULIsNoText() {
    #expect(Self.kinds(.string(1...3), "a\u{0}") == [.nul])
    #expect(Self.kinds(.date, "2024-02-29\u{0}") == [.nul])
  }

  private static let object = Schema.object(
    ObjectSchema(
      nil, refusesUnknown: true,
      [
        .init("name", .string(1...3), ""), .init("a/b~c", .integer(), ""),
        .init("tags", .array(.string(1...1)), ""),
        .init("note", .boolean, required: false, ""),
      ]))

  @Test func everyFaultIsToldAtOnceInTheOrderOfTheSchema() {
    let found = Self.object.violations(
      of: ["tags": ["a", "", 1], "nmae": "x", "a/b~c": "x", "note": 1])
    #expect(
      found.map(\.pointer)
        == ["#/name", "#/a~1b~0c", "#/tags/1", "#/tags/2", "#/note", "#/nmae"])
    #expect(found.first?.kind == .missing)
    #expect(found.last?.kind == .unknown(suggestion: "name"))
    #expect(found[2].kind == .length(1...1, count: 0))
  }

  @Test func aPointerIsEscapedInTheOrderThatRFC6901Wants() {
    let found = Self.object.violations(of: ["name": "a", "a/b~c": 1, "tags": [], "~1/": 1])
    #expect(found.map(\.pointer) == ["#/~01~1"])
    #expect(found.map(\.kind) == [.unknown(suggestion: nil)])
  }

  @Test func aPointerIsAFragmentAndALongNameIsShortened() {
    func pointer(_ name: String) -> String {
      Violation.unknown(in: "#/query", name, among: []).pointer
    }
    #expect(pointer("a b") == "#/query/a%20b")
    #expect(pointer("50%~/é\"") == "#/query/50%25~0~1%C3%A9%22")
    let longest = String(repeating: "x", count: PointerPart.nameLengthMax)
    #expect(pointer(longest) == "#/query/" + longest)
    #expect(pointer(longest + "yz") == "#/query/" + longest + "...")
  }

  @Test func ofManyFaultsTheFirstAreToldAndTheRestCounted() {
    let elements = (0..<(Violations.toldMax + 7)).map { JSONValue.integer(Int64($0)) }
    let schema = Schema.array(.boolean)
    var found = Violations()
    schema.check(.array(elements), "#", &found)
    #expect(found.told.count == Violations.toldMax)
    #expect(found.told.last?.pointer == "#/\(Violations.toldMax - 1)")
    #expect(found.untoldCount == 7)
    #expect(Problem.invalid(found).detail?.hasSuffix("7 more faults are not listed.") == true)
  }

  @Test func nullIsNotTheSameAsMissing() {
    let found = Self.object.violations(of: ["name": nil, "a/b~c": 1, "tags": [], "note": nil])
    #expect(found.map(\.pointer) == ["#/name", "#/note"])
    #expect(found.map(\.kind).allSatisfy { $0 != .missing })
  }

  @Test func fieldsThatNobodyKnowsAreIgnoredUnlessTheyAreRefused() {
    let lenient = Schema.object(ObjectSchema(nil, [.init("name", .string(1...3), "")]))
    #expect(lenient.violations(of: ["name": "a", "other": 1]).isEmpty)
  }

  @Test func aMergingChangeNeedsNoField() {
    let whole = ObjectSchema("Whole", [.init("name", .string(1...3), default: "x", "")])
    let part = whole.allOptional("Part")
    #expect(Schema.object(part).violations(of: [:]).isEmpty)
    #expect(Schema.object(part).violations(of: ["name": ""]).count == 1)
    #expect(part.fields.allSatisfy { $0.standard == nil })
  }

  @Test(
    arguments: [
      (.missing, "is missing"),
      (.type(expected: "integer", value: "x"), "must be an integer, not string"),
      (.type(expected: "string", value: nil), "must be a string, not null"),
      (.length(1...3, count: 4), "must have 1 to 3 characters, not 4"),
      (.range(1...3, value: 4), "must be from 1 to 3, not 4"),
      (.choice(["a", "b"], value: 1), "must be one of a, b"), (.format("a day"), "must be a day"),
      (.nul, "must not hold the character U+0000"), (.unknown(suggestion: nil), "is not known"),
      (.unknown(suggestion: "name"), "is not known; did you mean name?"),
      (.rule("is odd"), "is odd"),
    ] as [(Violation.Kind, String)])
  func everyKindHasItsWords(_ kind: Violation.Kind, _ words: String) {
    #expect(Violation(pointer: "#/x", kind: kind).detail == words)
  }
}
