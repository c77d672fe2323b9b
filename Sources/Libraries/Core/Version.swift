/// The version of this release, the one place where it is written.
public enum Version {
  /// Year, month and number within the month.
  public static let current = "2026.11.0"
}
