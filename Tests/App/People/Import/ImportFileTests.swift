import CSV
import Core
import Testing

@testable import App

/// What a file may hold.
@Suite struct ImportFileTests {
  private func problems(_ text: String) -> [String] {
    do {
      let site = try ImportSite(.sqlite)
      _ = try site.load(text)
      return []
    } catch let problems as ImportProblems {
      return problems.listed.map { "\($0.place.line):\($0.place.column): \($0.words)" }
    } catch {
      return ["\(error)"]
    }
  }

  @Test(arguments: [
    ("", ["1:1: the first line is missing: " + String(ImportSite.header.dropLast())]),
    (
      ImportSite.header.replacing("Pclass", with: "PClass"),
      [
        "1:10: unknown column 'PClass'; did you mean 'Pclass'?",
        "1:1: the column 'Pclass' is missing",
      ]
    ),
    (ImportSite.header.replacing(",Fare", with: ""), ["1:1: the column 'Fare' is missing"]),
    (
      ImportSite.header.replacing("\n", with: ",Age,Cabin\n"),
      ["1:83: the column 'Age' is there twice", "1:87: unknown column 'Cabin'"]
    ),
    ("a\"b\n", ["1:2: a quote within a field that does not begin with one"]),
  ])
  func aFirstLineThatIsWrongSaysHow(text: String, expected: [String]) {
    #expect(problems(text) == expected)
  }

  @Test func aFileOfItsFirstLineOnlyHoldsNobody() {
    #expect(problems("\u{feff}" + ImportSite.header) == [])
  }

  @Test(arguments: [
    ("2,3,A,male,22,1,0,7", "2:1: Survived is '2'; allowed: 0 or 1"),
    ("01,3,A,male,22,1,0,7", "2:1: Survived is '01'; allowed: 0 or 1"),
    ("-0,3,A,male,22,1,0,7", "2:1: Survived is '-0'; allowed: 0 or 1"),
    ("true,3,A,male,22,1,0,7", "2:1: Survived is 'true'; allowed: 0 or 1"),
    (
      "1,1.5,A,male,22,1,0,7",
      "2:3: Pclass is '1.5'; allowed: a whole number from -2147483648 to 2147483647"
    ),
    ("1,3,,male,22,1,0,7", "2:5: Name is ''; allowed: 1 to 100 characters without U+0000"),
    (
      "1,3,a\0b,male,22,1,0,7",
      "2:5: Name is 'a\u{fffd}b'; allowed: 1 to 100 characters without U+0000"
    ),
    ("1,3,A,Male,22,1,0,7", "2:7: Sex is 'Male'; allowed: male, female, other; did you mean male?"),
    (
      "1,3,A,male,,1,0,7",
      "2:12: Age is ''; allowed: a number from -2147483648 to 2147483647, whose fraction is cut off"
    ),
    ("1,3,A,male,22,1,0,nan", "2:19: Fare is 'nan'; allowed: a finite decimal number"),
    ("1,3,A,male,22,1,0,1e400", "2:19: Fare is '1e400'; allowed: a finite decimal number"),
    ("1,3,A,male,22,1,0", "2:1: the row has 7 fields, not 8"),
    ("1,3,A,male,22,1,0,7,8", "2:1: the row has 9 fields, not 8"),
  ])
  func aFieldThatIsWrongSaysWhatIsAllowed(row: String, expected: String) {
    #expect(problems(ImportSite.header + row + "\n") == [expected])
  }

  @Test func everyWrongFieldOfARowIsNamed() {
    let found = problems(ImportSite.header + "x,x,,x,x,x,x,x\n")
    #expect(
      found.map { $0.prefix(4) } == [
        "2:1:", "2:3:", "2:5:", "2:6:", "2:8:", "2:10", "2:12", "2:14",
      ])
  }

  @Test func aNameHasAHundredCodePointsAtMostAndALongValueIsShortened() {
    let long = String(repeating: "漢", count: 100)
    #expect(problems(ImportSite.header + "1,3,\(long),male,22,1,0,7\n") == [])
    let found = problems(ImportSite.header + "1,3,\(long)x,male,22,1,0,7\n")
    #expect(found.first?.hasPrefix("2:5: Name is '\(long.prefix(40))…'; allowed") == true)
  }

  @Test func bytesThatAreNotUTF8AreNamed() throws {
    let site = try ImportSite(.sqlite)
    let bytes = Array((ImportSite.header + "1,3,A").utf8) + [0xff] + Array(",male,22,1,0,7\n".utf8)
    let rest = Guarded(bytes)
    let problems = #expect(throws: ImportProblems.self) {
      try PeopleImport(database: site.database).run(
        {
          rest.withLock { rest in
            defer { rest = [] }
            return rest
          }
        }, deadline: .after(.seconds(20)))
    }
    #expect(
      problems?.listed == [
        ImportProblem(CSVPlace(line: 2, column: 5), "byte 2 of the field is not UTF-8")
      ])
  }

  @Test(
    arguments: [
      ("0", 0), ("-7", -7), ("007", 7), ("2147483647", Int32.max), ("-2147483648", Int32.min),
      ("2147483648", nil), ("-2147483649", nil), ("99999999999999999999999", nil), ("", nil),
      ("-", nil), ("+1", nil), (" 1", nil), ("1 ", nil), ("1.0", nil), ("1e2", nil), ("0x1", nil),
    ] as [(String, Int32?)])
  func wholeNumbersAreReadExactly(text: String, expected: Int32?) {
    #expect(ImportNumber.integer(Array(text.utf8).span, cutsFraction: false) == expected)
  }

  @Test(
    arguments: [
      ("0.42", 0), ("22.5", 22), ("-0.9", 0), ("-1.9", -1), ("2147483647.9", Int32.max),
      ("-2147483648.9", Int32.min), ("30", 30), ("1.", nil), (".5", nil), ("1.x", nil),
      ("1.5.5", nil), ("-.5", nil),
    ] as [(String, Int32?)])
  func fractionsAreCutOffWhereTheyMay(text: String, expected: Int32?) {
    #expect(ImportNumber.integer(Array(text.utf8).span, cutsFraction: true) == expected)
  }

  @Test(
    arguments: [
      ("7.25", 7.25), ("512.3292", 512.3292), ("0.1", 0.1), ("-0", 0), ("-0.0", 0), ("1e3", 1000),
      ("1E-3", 0.001), ("123456789012345678901234567890", 1.2345678901234568e29),
      ("0.30000000000000004", 0.30000000000000004),
      (
        "179769313486231570000000000e282", .greatestFiniteMagnitude
      ),
      ("5e-324", .leastNonzeroMagnitude), ("1e-400", 0), ("inf", nil), ("nan", nil), ("1e", nil),
      ("1e+", nil),
      ("0x10", nil), ("1,5", nil), ("", nil), (".5", nil), ("5.", nil), ("1 ", nil), ("--1", nil),
    ] as [(String, Double?)])
  func numbersAreRoundedCorrectly(text: String, expected: Double?) {
    let read = ImportNumber.real(Array(text.utf8).span)
    #expect(read == expected)
    #expect(read?.sign != .minus || read != 0)
  }

  @Test func occurrencesAreCountedThroughGrowthAndBeyondWhatASlotHolds() throws {
    var table = OccurrenceTable()
    for key in 0..<20_000 as Range<UInt64> {
      let count = try table.count(key &* 0x9e37_79b9_7f4a_7c15)
      #expect(count == 1)
    }
    for expected in 2...700 as ClosedRange<UInt32> {
      let count = try table.count(7 &* 0x9e37_79b9_7f4a_7c15)
      #expect(count == expected)
    }
    let other = try table.count(8 &* 0x9e37_79b9_7f4a_7c15)
    #expect(other == 2)
  }
}
