import Core
import POSIX
import Testing

@Suite struct CalendarTests {
  @Test(arguments: ["UTC", "Europe/Berlin", "Pacific/Auckland", "America/Argentina/Buenos_Aires"])
  func aZoneOfTheDatabaseIsKnown(name: String) {
    #expect(Calendar.isKnownZone(name))
  }

  @Test(arguments: [
    "", "Europe", "Europe/Nowhere", "../passwd", "/etc/passwd", "Europe/../UTC", "zone.tab", ":UTC",
  ])
  func whatIsNoZoneIsNotKnown(name: String) {
    #expect(!Calendar.isKnownZone(name))
  }

  /// In a process of its own, since the zone belongs to the whole process.
  @Test func theDayDependsOnTheZone() async {
    await #expect(processExitsWith: .success) {
      let moment = try #require(Timestamp(iso8601: "2024-02-29T11:30:00Z"))
      let justBeforeMidnight = try #require(Timestamp(iso8601: "2024-02-29T23:30:00Z"))
      Calendar.setZone("UTC")
      #expect(Calendar.localDate(moment).description == "2024-02-29")
      Calendar.setZone("Pacific/Auckland")
      #expect(Calendar.localDate(moment).description == "2024-03-01")
      Calendar.setZone("Europe/Berlin")
      #expect(Calendar.localDate(justBeforeMidnight).description == "2024-03-01")
      Calendar.setZone("America/New_York")
      #expect(Calendar.localDate(justBeforeMidnight).description == "2024-02-29")
    }
  }
}
