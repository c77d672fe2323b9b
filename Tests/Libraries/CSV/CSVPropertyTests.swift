import CSV
import Testing

/// What holds for every text.
@Suite struct CSVPropertyTests {
  /// Small and the same on every run.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
  }

  private static let pieces = [
    "a", "Z", "7", ".", " ", ",", "\"", "\n", "\r\n", "\t", "\\", "\0", "'", "é", "漢",
    "\u{1F1EA}\u{1F1E8}", "\u{feff}", "",
  ]

  private func records(_ generator: inout Generator) -> [[String]] {
    (0..<Int.random(in: 0...6, using: &generator)).map { _ in
      (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        (0..<Int.random(in: 0...6, using: &generator)).map { _ in
          Self.pieces.randomElement(using: &generator) ?? ""
        }.joined()
      }
    }
  }

  /// Quotes where it must be, and at times where it need not.
  private func written(_ records: [[String]], _ generator: inout Generator) -> String {
    let lineEnd = Bool.random(using: &generator) ? "\n" : "\r\n"
    var text = Bool.random(using: &generator) ? "\u{feff}" : ""
    for record in records {
      text += record.map { field in
        let mustBeQuoted =
          record == [""] || field.utf8.contains { ",\"\r\n".utf8.contains($0) }
          || field.hasPrefix("\u{feff}")
        guard mustBeQuoted || Bool.random(using: &generator) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
      }.joined(separator: ",")
      text += lineEnd
    }
    return text
  }

  @Test func whatIsWrittenIsReadAgainWhateverTheChunks() {
    var generator = Generator(state: 4180)
    for _ in 0..<2000 {
      let expected = records(&generator)
      let bytes = Array(written(expected, &generator).utf8)
      for chunkBytes in [1, 2, 3, 7, .max] {
        let read = CSVTests.records(bytes, chunkBytes: chunkBytes)
        #expect(read.errors.isEmpty)
        #expect(
          read.records.map { $0.map { Array($0.utf8) } }
            == expected.map { $0.map { Array($0.utf8) } })
      }
    }
  }

  @Test func garbageGivesTheSameHoweverItIsCutAndNeverTraps() {
    var generator = Generator(state: 7)
    var limits = CSVLimits()
    limits.fieldBytesMax = 12
    limits.fieldsMax = 6
    limits.recordBytesMax = 30
    let bytes: [UInt8] = [0x22, 0x22, 0x2c, 0x0a, 0x0d, 0x61, 0x20, 0x00, 0xc3, 0xa9, 0xff, 0xef]
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
        bytes.randomElement(using: &generator) ?? 0
      }
      let whole = CSVTests.records(text, limits)
      for chunkBytes in [1, 3] {
        let cut = CSVTests.records(text, limits, chunkBytes: chunkBytes)
        #expect(cut.records == whole.records)
        #expect(cut.errors.map(\.place.line) == whole.errors.map(\.place.line))
      }
    }
  }
}
