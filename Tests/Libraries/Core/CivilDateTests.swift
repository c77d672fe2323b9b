import Core
import Testing

@Suite struct CivilDateTests {
  /// Counts the days one by one, which is slow, and hard to get wrong.
  @Test func everyDayOfAWholeCycleAgreesWithCountingOnByOne() {
    var (year, month, day) = (1900, 1, 1)
    // From 1900-01-01 to 1970-01-01 there are 70 years and 17 leap days.
    for number in (-70 * 365 - 17)..<(-70 * 365 - 17 + 146_097) {
      let date = CivilDate(daysSinceEpoch: number)
      guard date.year == year, date.month == month, date.day == day,
        date.daysSinceEpoch == number, CivilDate(year: year, month: month, day: day) == date
      else {
        Issue.record("day \(number) is \(year)-\(month)-\(day), not \(date)")
        return
      }
      day += 1
      if day > length(ofMonth: month, in: year) { (month, day) = (month + 1, 1) }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
    #expect((year, month, day) == (2300, 1, 1))
  }

  private func length(ofMonth month: Int, in year: Int) -> Int {
    let isLeap = year.isMultiple(of: 400) || (year.isMultiple(of: 4) && !year.isMultiple(of: 100))
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  @Test(arguments: [
    ("0001-01-01", -719_162), ("1969-12-31", -1), ("1970-01-01", 0), ("2000-02-29", 11_016),
    ("9999-12-31", 2_932_896),
  ])
  func knownDaysHaveTheirNumbers(text: String, number: Int) {
    #expect(CivilDate(text)?.daysSinceEpoch == number)
    #expect(CivilDate(daysSinceEpoch: number).description == text)
  }

  @Test(arguments: [
    "1900-02-29", "2023-02-29", "2024-02-30", "2024-04-31", "2024-00-10", "2024-13-01",
    "2024-01-00", "0000-01-01", "24-01-01", "2024-1-01", "2024/01/01", "2024-01-01 ",
    " 2024-01-1", "+024-01-01", "２０２４-01-01", "2024-01-0１", "", "2024-01-01T00:00:00Z",
  ])
  func whatIsNoDateIsRefused(text: String) {
    #expect(CivilDate(text) == nil)
  }

  @Test func datesAreOrderedByTheCalendar() throws {
    let texts = ["2023-12-31", "2024-01-01", "2024-01-31", "2024-02-01"]
    let dates = texts.compactMap { CivilDate($0) }
    #expect(dates.reversed().sorted().map(\.description) == texts)
  }
}
