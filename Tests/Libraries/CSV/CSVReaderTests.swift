import CSV
import Testing

/// What RFC 4180 says, and what it leaves open.
@Suite struct CSVReaderTests {
  @Test(arguments: [
    ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]), ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
    ("a,b\nc,d", [["a", "b"], ["c", "d"]]), ("", []), ("\n\r\n\n", []), ("a", [["a"]]),
    (",", [["", ""]]), ("a,\n,b\n", [["a", ""], ["", "b"]]), ("\"\"", [[""]]),
    ("\"\"\n\"\",\"\"\n", [[""], ["", ""]]), ("a\n\nb\n", [["a"], ["b"]]),
    ("\"a,b\",\"c\"\"d\",\"e\nf\"\r\ng", [["a,b", "c\"d", "e\nf"], ["g"]]),
    ("\"a\r\nb\"\n", [["a\r\nb"]]), ("\u{feff}a,b\n", [["a", "b"]]),
    ("\u{feff}\"a\",b\n", [["a", "b"]]), (" a , \"b\n", []), ("é,漢\n", [["é", "漢"]]),
  ])
  func aTextHasTheseRecords(text: String, expected: [[String]]) {
    // A quote after a space is an error, which leaves no record.
    #expect(records(Array(text.utf8)).records == expected)
  }

  @Test(arguments: [
    ("a,b\"c\nd\n", 1, 4, CSVError.Kind.quoteInField), ("x\na,\"b\" \n", 2, 6, .textAfterQuote),
    ("a\nb,\"c\nd\n", 2, 3, .unterminatedQuote), ("a\rb\n", 1, 2, .bareCarriageReturn),
    ("a\r", 1, 2, .bareCarriageReturn), ("\"a\"\rb\n", 1, 4, .bareCarriageReturn),
    ("é,漢\"\n", 1, 4, .quoteInField), ("\"é\n漢\",x\"\n", 2, 5, .quoteInField),
    ("\u{feff}a\"\n", 1, 2, .quoteInField), ("\r\n\rb\n", 2, 1, .bareCarriageReturn),
  ])
  func anErrorIsNamedByLineAndColumn(
    text: String, line: Int, column: Int, kind: CSVError.Kind
  ) {
    let errors = records(Array(text.utf8)).errors
    #expect(errors == [CSVError(CSVPlace(line: line, column: column), kind)])
  }

  @Test func readingGoesOnWithTheLineAfterAnError() {
    let text = "a\nb\"\nc\n\"d\"e,\"f\ng\n\u{1}\nh,\"i\n"
    let read = records(Array(text.utf8))
    #expect(read.records == [["a"], ["c"], ["g"], ["\u{1}"]])
    #expect(read.errors.map(\.place.line) == [2, 4, 7])
  }

  @Test func bytesThatAreNotUTF8AreNamedAndTheNextLineIsRead() {
    let bytes = Array("a,ab".utf8) + [0xff] + Array("c\nd,".utf8) + [0xc3] + Array("\ne\n".utf8)
    let read = records(bytes)
    #expect(
      read.errors == [
        CSVError(CSVPlace(line: 1, column: 3), .notUTF8(byte: 2)),
        CSVError(CSVPlace(line: 2, column: 3), .notUTF8(byte: 0)),
      ])
    #expect(read.records == [["e"]])
  }

  @Test func everyFieldKnowsWhereItBegan() throws {
    var reader = CSVReader(Array("a,\"é\n漢\",b\n\nc,\"d\",é,f\n".utf8))
    var record = CSVRecord()
    var places: [[String]] = []
    while try reader.next(&record) {
      places.append(
        (0..<record.count).map { "\(record.place(of: $0).line):\(record.place(of: $0).column)" })
    }
    #expect(places == [["1:1", "1:3", "2:4"], ["4:1", "4:3", "4:7", "4:9"]])
  }

  @Test func limitsAreKept() {
    var limits = CSVLimits()
    limits.fieldBytesMax = 4
    limits.fieldsMax = 3
    limits.recordBytesMax = 8
    let text = "abcd,e\nabcde\na,b,c,d\n\"abcde\"\nabc,abc,abc\nab\n"
    let read = records(Array(text.utf8), limits)
    #expect(read.records == [["abcd", "e"], ["ab"]])
    #expect(
      read.errors == [
        CSVError(CSVPlace(line: 2, column: 1), .fieldTooLong(max: 4)),
        CSVError(CSVPlace(line: 3, column: 7), .tooManyFields(max: 3)),
        CSVError(CSVPlace(line: 4, column: 1), .fieldTooLong(max: 4)),
        CSVError(CSVPlace(line: 5, column: 1), .recordTooLong(max: 8)),
      ])
  }

  @Test func anErrorOfTheSourceComesOutAsItIs() throws {
    struct Broken: Error {}
    var chunks = [Array("a,b\n".utf8)]
    var reader = CSVReader { if let chunk = chunks.popLast() { chunk } else { throw Broken() } }
    var record = CSVRecord()
    #expect(try reader.next(&record))
    #expect(throws: Broken.self) { try reader.next(&record) }
  }
}

/// All that a text holds, read in chunks of `chunkBytes`.
func records(
  _ bytes: [UInt8], _ limits: CSVLimits = CSVLimits(), chunkBytes: Int = .max
) -> (records: [[String]], errors: [CSVError]) {
  var rest = bytes[...]
  var reader = CSVReader(limits: limits) {
    defer { rest = rest.dropFirst(chunkBytes) }
    return Array(rest.prefix(chunkBytes))
  }
  var record = CSVRecord()
  var found: (records: [[String]], errors: [CSVError]) = ([], [])
  // Every call takes at least a byte, so this ends.
  for _ in 0...bytes.count {
    do {
      guard try reader.next(&record) else { return found }
      found.records.append((0..<record.count).map { record.text($0) })
    } catch let error as CSVError {
      found.errors.append(error)
    } catch {
      return found
    }
  }
  Issue.record("a call took nothing")
  return found
}
