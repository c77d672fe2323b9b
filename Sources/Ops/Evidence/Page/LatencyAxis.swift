import Core

/// Latencies from below to above, each ten times as far from the next.
struct LatencyAxis: Sendable, Equatable {
  /// A latency that is named beside the chart.
  struct Tick: Sendable, Equatable {
    /// From 0, below, to 1.
    let place: Double
    let words: String
  }

  /// Faster answers are drawn at the lower edge.
  private static let least: Duration = .microseconds(10)

  /// Microseconds as powers of ten.
  private let low: Double
  private let high: Double

  /// Wide enough for all `latencies`.
  init(_ latencies: some Sequence<Duration>) {
    var (least, most) = (Double.infinity, 0.0)
    for latency in latencies {
      let value = Double(max(Self.least, latency).inMicroseconds)
      (least, most) = (min(least, value), max(most, value))
    }
    if most == 0 { (least, most) = (1000, 10_000) }
    low = Self.rounded(least, .down)
    // A line of dots at the very edge would look cut.
    high = max(Self.rounded(most * 1.1, .up), low + 1)
  }

  /// Where a latency is, from 0 to 1.
  func place(_ latency: Duration) -> Double {
    let value = log10(Double(max(Self.least, latency).inMicroseconds))
    return min(1, max(0, (value - low) / (high - low)))
  }

  var ticks: [Tick] {
    let decades = Int(low.rounded(.down))...Int(high.rounded(.up))
    let factors: [Double] = high - low < 1.5 ? [1, 2, 5] : [1]
    return decades.flatMap { decade in
      factors.compactMap { factor in
        let value = Double(decade) + log10(factor)
        let place = (value - low) / (high - low)
        guard place >= -0.001, place <= 1.001 else { return nil }
        return Tick(place: min(1, max(0, place)), words: Self.words(decade, Int(factor)))
      }
    }
  }

  /// The next of 1, 2 and 5 times a power of ten.
  private static func rounded(_ value: Double, _ rule: FloatingPointRoundingRule) -> Double {
    let decade = log10(value).rounded(.down)
    let steps = [0, log10(2), log10(5), 1].map { decade + $0 }
    let wanted = log10(value)
    return rule == .down
      ? steps.last { $0 <= wanted + 1e-9 } ?? decade : steps.first { $0 >= wanted - 1e-9 } ?? decade
  }

  private static func words(_ decade: Int, _ factor: Int) -> String {
    switch decade {
    case ...2: "0.\(decade == 1 ? "0" : "")\(factor) ms"
    case 3...5: "\(factor)\(String(repeating: "0", count: decade - 3)) ms"
    default: "\(factor)\(String(repeating: "0", count: decade - 6)) s"
    }
  }
}

/// The power of ten that gives `value`, without the C library: this program does not import it.
private func log10(_ value: Double) -> Double {
  // ln is 2 atanh((m - 1) / (m + 1)) for the significand, and ln 2 for each power of two.
  let ratio = (value.significand - 1) / (value.significand + 1)
  var (term, sum) = (ratio, 0.0)
  for odd in stride(from: 1.0, through: 31, by: 2) {
    sum += term / odd
    term *= ratio * ratio
  }
  return (2 * sum + Double(value.exponent) * 0.693_147_180_559_945_3) / 2.302_585_092_994_046
}
