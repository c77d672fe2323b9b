import Core

/// Latencies in constant memory, exact to 3 %.
///
/// Each power of two of microseconds is split into 32 steps.
struct LatencyHistogram: Sendable, Equatable {
  private(set) var count = 0
  private(set) var worst: Duration = .zero
  private var steps: [Int: Int] = [:]

  private static let stepBits = 5

  /// Counts one latency.
  mutating func add(_ latency: Duration) {
    count += 1
    worst = max(worst, latency)
    steps[Self.step(of: latency), default: 0] += 1
  }

  /// The latency that `share` of all did not exceed (0.99 for the 99th percentile); nil if empty.
  func percentile(_ share: Double) -> Duration? {
    guard count > 0 else { return nil }
    let rank = max(1, Int((share * Double(count)).rounded(.up)))
    var seen = 0
    for (step, number) in steps.sorted(by: { $0.key < $1.key }) {
      seen += number
      if seen >= rank { return min(worst, Self.upperEnd(of: step)) }
    }
    return worst
  }

  private static func step(of latency: Duration) -> Int {
    let value = UInt64(max(0, latency.inMicroseconds))
    let exponent = max(0, (64 - value.leadingZeroBitCount) - 1 - stepBits)
    return exponent << (stepBits + 1) | Int(value >> exponent)
  }

  private static func upperEnd(of step: Int) -> Duration {
    let exponent = step >> (stepBits + 1)
    let mantissa = step & ((1 << (stepBits + 1)) - 1)
    return .microseconds((Int64(mantissa) + 1) << exponent - 1)
  }
}
