import Core
import Testing

@testable import App

struct BirthdayTests {
  private static func date(_ text: String) throws -> CivilDate { try #require(CivilDate(text)) }

  @Test(arguments: [
    ("1990-05-20", "2024-05-20", 0), ("1990-05-21", "2024-05-20", 1),
    ("1990-05-19", "2024-05-20", 364), ("1990-01-01", "2023-12-31", 1),
    ("1990-12-31", "2024-01-01", 365), ("1990-12-31", "2023-01-01", 364),
    ("1990-03-01", "2024-02-28", 2), ("1990-03-01", "2023-02-28", 1),
    ("1990-03-01", "2100-02-28", 1), ("2024-02-29", "2024-03-01", 364),
  ])
  func daysAreCountedByTheCalendar(_ born: String, _ today: String, _ days: Int) throws {
    let counted = Birthday.daysUntil(
      try Self.date(born), from: try Self.date(today), policy: .february28)
    #expect(counted == days)
  }

  @Test(arguments: [
    ("2023-02-28", 0, 1), ("2023-03-01", 365, 0), ("2024-02-28", 1, 1), ("2024-02-29", 0, 0),
    ("2024-03-01", 364, 365), ("2100-02-28", 0, 1), ("2100-03-01", 364, 0),
    ("2027-03-01", 365, 0), ("2027-03-02", 364, 364),
  ])
  func theLeapDayIsKeptByPolicy(_ today: String, _ february: Int, _ march: Int) throws {
    let born = try Self.date("1992-02-29")
    let today = try Self.date(today)
    #expect(Birthday.daysUntil(born, from: today, policy: .february28) == february)
    #expect(Birthday.daysUntil(born, from: today, policy: .march1) == march)
  }

  @Test(arguments: ["Anna", "a", "Z", String(repeating: "x", count: 64)])
  func lettersMakeAName(_ text: String) { #expect(Username(text)?.text == text) }

  @Test(arguments: ["", "a1", "a b", "é", "a-b", "@", "[", "`", "{", "\u{212A}"])
  func nothingElseMakesAName(_ text: String) { #expect(Username(text) == nil) }

  @Test func aNameOf65LettersIsTooLong() {
    #expect(Username(String(repeating: "x", count: 65)) == nil)
  }

  @Test func theWordsAreThoseOfTheOriginal() {
    #expect(
      Birthday.message(for: "Anna", daysUntil: 1)
        == "Hello, Anna! Your birthday is in 1 day(s)")
    #expect(Birthday.message(for: "Anna", daysUntil: 0) == "Hello, Anna! Happy birthday!")
  }
}
