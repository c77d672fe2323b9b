/// A moment on the monotonic clock by which something must be done.
///
/// Passed down instead of time-outs, so that nested steps share one budget.
public struct Deadline: Sendable, Equatable, Comparable {
  private let instant: ContinuousClock.Instant

  /// The deadline `duration` from now.
  public static func after(_ duration: Duration) -> Deadline {
    Deadline(instant: ContinuousClock.now.advanced(by: duration))
  }

  /// Further away than any process lives.
  public static var distant: Deadline { .after(.seconds(100 * 365 * 86_400)) }

  /// What is left, never negative.
  public var remaining: Duration { max(.zero, ContinuousClock.now.duration(to: instant)) }

  /// Whether the moment has come.
  public var hasPassed: Bool { ContinuousClock.now >= instant }

  /// What is left in whole milliseconds, rounded up, in the form that `poll(2)` takes.
  public var remainingMilliseconds: Int32 {
    Int32(clamping: (remaining + .microseconds(999)).inMilliseconds)
  }

  /// The earlier of this deadline and one `duration` from now.
  public func within(_ duration: Duration) -> Deadline { min(self, .after(duration)) }

  /// Orders deadlines by the moment.
  public static func < (left: Deadline, right: Deadline) -> Bool { left.instant < right.instant }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero.
  public var inMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    return overflow ? Int64.max : product + attoseconds / 1_000_000_000_000_000
  }

  /// Whole microseconds, rounded towards zero.
  public var inMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }

  /// Seconds with their fraction.
  public var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
