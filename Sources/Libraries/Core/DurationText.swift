/// Durations as people write them: `500ms`, `10s`, `2m`, `24h`, `7d`.
public enum DurationText {
  /// What is accepted, for error messages.
  public static let allowed =
    "a whole number with a unit: ms, s, m, h or d (for example 500ms, 10s)"

  /// The largest count that is accepted, whatever the unit.
  private static let countMax: Int64 = 1_000_000_000

  /// Reads `text`, or gives nil when it is not a whole number followed by a known unit.
  public static func parse(_ text: some StringProtocol) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int64(digits), count <= countMax else { return nil }
    return switch text.dropFirst(digits.count) {
    case "ms": .milliseconds(count)
    case "s": .seconds(count)
    case "m": .seconds(count * 60)
    case "h": .seconds(count * 3600)
    case "d": .seconds(count * 86_400)
    default: nil
    }
  }

  /// Writes `duration` in the largest unit that holds it exactly, in milliseconds at the finest.
  public static func format(_ duration: Duration) -> String {
    let milliseconds = duration.inMilliseconds
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
      as [(String, Int64)]
    where milliseconds != 0 && milliseconds % size == 0 {
      return "\(milliseconds / size)\(unit)"
    }
    return milliseconds == 0 ? "0s" : "\(milliseconds)ms"
  }
}
