import Core
import Logging
import Testing

@testable import App

/// What somebody sees who waits for an import.
@Suite struct ImportDisplayTests {
  private func measure(
    _ stage: ImportProgress.Stage = .reading, bytes: Int, of total: Int?, rows: Int,
    seconds: Int
  ) -> ImportMeasure {
    ImportMeasure(
      stage: stage, bytes: bytes, bytesTotal: total, rows: rows, elapsed: .seconds(seconds))
  }

  @Test func aBarHasThePartTheRateAndTheTimeThatIsLeft() {
    let line = measure(bytes: 25, of: 100, rows: 1_250_000, seconds: 2).line(
      name: "people.csv", width: 100)
    #expect(line == "people.csv [#####...............] 25 %  1,250,000 rows  625,000/s  6s left")
  }

  @Test func aPipeHasNoPartAndNoEnd() {
    let line = measure(bytes: 25, of: nil, rows: 100, seconds: 1).line(
      name: "standard input", width: 100)
    #expect(line == "standard input  100 rows  100/s")
  }

  @Test func afterTheFileItsRowsAreStored() {
    let line = measure(.storing, bytes: 100, of: 100, rows: 10, seconds: 1).line(
      name: "p.csv", width: 100)
    #expect(line == "p.csv [####################] 100 %  10 rows  10/s  storing")
  }

  @Test func aNarrowTerminalKeepsTheEndOfTheName() {
    let name = String(repeating: "folder/", count: 30) + "people.csv"
    let line = measure(bytes: 1, of: 2, rows: 1, seconds: 1).line(name: name, width: 79)
    #expect(line.count == 79)
    #expect(line.hasPrefix("…"))
    #expect(line.contains("people.csv [####"))
    #expect(measure(bytes: 1, of: 2, rows: 1, seconds: 1).line(name: name, width: 40).count == 40)
  }

  @Test func aLogLineHasTheSameAsFields() {
    let fields = measure(bytes: 25, of: 100, rows: 10, seconds: 2).fields
    #expect(fields.map(\.name) == ["stage", "rows", "rows_per_second", "percent", "seconds_left"])
    #expect(fields.map(\.value) == ["reading", 10, 5, 25, 6])
  }
}
