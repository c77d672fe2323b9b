import Core

/// What is done in common years with a birthday on 29 February.
enum LeapPolicy: String, Sendable, CaseIterable {
  /// It is kept on 28 February.
  case february28 = "feb28"
  /// It is kept on 1 March.
  case march1 = "mar01"
}

/// The rules of birthdays, without a clock and without a database.
enum Birthday {
  /// Days from `today` until the birthday of somebody born on `born`, 0 on the day itself.
  static func daysUntil(_ born: CivilDate, from today: CivilDate, policy: LeapPolicy) -> Int {
    let thisYear = occurrence(of: born, in: today.year, policy: policy)
    if thisYear >= today { return thisYear.daysSinceEpoch - today.daysSinceEpoch }
    let next = occurrence(of: born, in: today.year + 1, policy: policy)
    return next.daysSinceEpoch - today.daysSinceEpoch
  }

  /// The words that the original service answered with; `day(s)` for every number.
  static func message(for username: String, daysUntil days: Int) -> String {
    days == 0
      ? "Hello, \(username)! Happy birthday!"
      : "Hello, \(username)! Your birthday is in \(days) day(s)"
  }

  private static func occurrence(
    of born: CivilDate, in year: Int, policy: LeapPolicy
  ) -> CivilDate {
    if let date = CivilDate(year: year, month: born.month, day: born.day) { return date }
    // Only 29 February is missing from a year; day 59 of a common year is 1 March.
    let march1 = CivilDate(daysSinceEpoch: newYear(year).daysSinceEpoch + 59)
    return policy == .march1 ? march1 : CivilDate(daysSinceEpoch: march1.daysSinceEpoch - 1)
  }

  private static func newYear(_ year: Int) -> CivilDate {
    guard let date = CivilDate(year: min(max(year, 1), 9999), month: 1, day: 1) else {
      preconditionFailure("every year has a 1 January")
    }
    return date
  }
}

/// The name under which a birthday is kept: ASCII letters only, as given.
struct Username: Sendable, Equatable {
  /// How many letters a name may have.
  static let lengthMax = 64

  let text: String

  init?(_ text: String) {
    guard (1...Self.lengthMax).contains(text.utf8.count),
      text.utf8.allSatisfy({ byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      })
    else { return nil }
    self.text = text
  }
}
