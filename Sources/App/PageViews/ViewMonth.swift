import Core

/// A month of the calendar, as counts are kept for it.
struct ViewMonth: Sendable, Hashable, Comparable {
  /// The first month that the upstream has counts of.
  static let first = ViewMonth(checkedYear: 2015, month: 7)
  /// Months of years that the calendar here knows.
  static let years = 1...9999

  let year: Int
  let month: Int

  init?(year: Int, month: Int) {
    guard Self.years.contains(year), (1...12).contains(month) else { return nil }
    self.init(checkedYear: year, month: month)
  }

  /// The month that holds `date`.
  init(holding date: CivilDate) { self.init(checkedYear: date.year, month: date.month) }

  private init(checkedYear year: Int, month: Int) {
    self.year = year
    self.month = month
  }

  var daysCount: Int { CivilDate.daysIn(month: month, year: year) }

  /// `YYYYMM`.
  var digits: String { Self.padded(year, to: 4) + Self.padded(month, to: 2) }

  /// The first and the last day as the upstream takes them: more than one month is never asked for.
  var range: (start: String, end: String) { (digits + "01", digits + String(daysCount)) }

  /// What the upstream calls the month in its answer.
  var timestamp: String { digits + "0100" }

  /// The moment at which the month is over.
  var end: Timestamp {
    guard let last = CivilDate(year: year, month: month, day: daysCount) else {
      preconditionFailure("a month has a last day")
    }
    let seconds = Int64(last.daysSinceEpoch + 1) * 86_400
    return Timestamp(microsecondsSinceEpoch: seconds * 1_000_000)
  }

  /// Whether its count will not change any more.
  ///
  /// The upstream loads a day's counts some hours to more than a day after its end, so a month is
  /// taken as final only `margin` after its own.
  func isFinal(at now: Timestamp, margin: Duration) -> Bool {
    now >= end.advanced(by: margin)
  }

  static func < (left: ViewMonth, right: ViewMonth) -> Bool {
    (left.year, left.month) < (right.year, right.month)
  }

  private static func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
