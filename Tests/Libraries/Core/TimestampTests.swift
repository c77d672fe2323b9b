import Core
import Testing

@Suite struct TimestampTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.000001Z", 1),
      ("2001-09-09T01:46:40Z", 1_000_000_000_000_000), ("1969-12-31T23:59:59.999999Z", -1),
      ("2024-02-29T23:59:59.5Z", 1_709_251_199_500_000),
      ("2024-02-29T23:59:59.123456789Z", 1_709_251_199_123_456),
    ] as [(String, Int64)])
  func aMomentIsReadToTheMicrosecond(text: String, microseconds: Int64) {
    #expect(Timestamp(iso8601: text)?.microsecondsSinceEpoch == microseconds)
  }

  @Test(arguments: [
    "2024-02-29T23:59:59", "2024-02-29 23:59:59Z", "2024-02-30T00:00:00Z", "2024-02-29T24:00:00Z",
    "2024-02-29T23:60:00Z", "2024-02-29T23:59:60Z", "2024-02-29T23:59:59.Z",
    "2024-02-29T23:59:59.1234567890Z", "2024-02-29T23:59:59.12345678xZ",
    "2024-02-29T23:59:59+00:00", "2024-02-29T-1:00:00Z", "", "Z",
  ])
  func whatIsNoMomentIsRefused(text: String) {
    #expect(Timestamp(iso8601: text) == nil)
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (1_709_251_199_500_999, "2024-02-29T23:59:59.500Z"),
      (-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"),
    ] as [(Int64, String)])
  func aMomentIsWrittenInMilliseconds(microseconds: Int64, text: String) {
    #expect(Timestamp(microsecondsSinceEpoch: microseconds).iso8601 == text)
  }

  @Test func whatIsWrittenIsReadBack() {
    for step in stride(from: Int64(-4_000_000_000_000), to: 4_000_000_000_000, by: 77_777_777) {
      let moment = Timestamp(microsecondsSinceEpoch: step * 1000)
      #expect(Timestamp(iso8601: moment.iso8601) == moment)
    }
  }

  @Test func aMomentJustBeforeMidnightBelongsToTheDayBefore() {
    #expect(Timestamp(microsecondsSinceEpoch: -1).date.description == "1969-12-31")
    #expect(Timestamp(microsecondsSinceEpoch: 0).date.description == "1970-01-01")
  }

  @Test func timeBetweenMomentsMovesOneToTheOther() {
    let earlier = Timestamp(microsecondsSinceEpoch: 1_000_000)
    let later = earlier.advanced(by: .milliseconds(1500))
    #expect(later.since(earlier) == .milliseconds(1500))
    #expect(earlier.since(later) == .milliseconds(-1500))
    #expect(earlier < later)
  }

  @Test func theClockOfThisMachineIsPastTheRelease() {
    #expect(Timestamp.now() > Timestamp(microsecondsSinceEpoch: 1_735_689_600_000_000))
  }
}
