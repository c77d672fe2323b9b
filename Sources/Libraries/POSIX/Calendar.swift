import Core
import Glibc

/// The day of a time zone, by the C library's rules.
public enum Calendar {
  private static let zonesDirectory = "/usr/share/zoneinfo/"

  /// Whether the system knows an IANA zone of that name, such as `Europe/Berlin` or `UTC`.
  public static func isKnownZone(_ name: String) -> Bool {
    guard !name.isEmpty, !name.hasPrefix("/"), !name.contains("..") else { return false }
    let path = zonesDirectory + name
    guard let head = try? File.open(path, .read).read(upTo: 4) else { return false }
    return head == Array("TZif".utf8)
  }

  /// Makes `name` the zone of this process; to be called before the first thread starts.
  ///
  /// https://man7.org/linux/man-pages/man3/tzset.3.html
  public static func setZone(_ name: String) {
    unsafe setenv("TZ", ":" + name, 1)
    tzset()
  }

  /// The day that holds `moment` in the process's zone.
  ///
  /// https://man7.org/linux/man-pages/man3/localtime.3.html
  public static func localDate(_ moment: Timestamp) -> CivilDate {
    var seconds = time_t(moment.microsecondsSinceEpoch / 1_000_000)
    var parts = unsafe tm()
    unsafe localtime_r(&seconds, &parts)
    return CivilDate(
      year: unsafe Int(parts.tm_year) + 1900, month: unsafe Int(parts.tm_mon) + 1,
      day: unsafe Int(parts.tm_mday))
      ?? moment.date
  }
}
