/// Counts of durations in buckets, with the boundaries that OpenTelemetry recommends.
///
/// https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
struct Histogram: Sendable {
  /// The upper boundaries of the buckets, in seconds, as text so that they print exactly.
  static let boundaryTexts = [
    "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1.0", "2.5", "5.0",
    "7.5", "10.0",
  ]
  private static let boundaries: [Duration] = [
    5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000,
  ].map { Duration.milliseconds($0) }

  /// One count for each boundary and one for what lies above.
  private(set) var counts = [UInt64](repeating: 0, count: boundaryTexts.count + 1)
  private(set) var sum = Duration.zero
  var count: UInt64 { counts.reduce(0, +) }

  mutating func record(_ duration: Duration) {
    var index = 0
    while index < Self.boundaries.count, duration > Self.boundaries[index] { index += 1 }
    counts[index] += 1
    sum += duration
  }
}
