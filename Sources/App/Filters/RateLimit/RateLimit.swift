import Core

/// How often a client may ask.
struct RateLimit: Sendable, Equatable {
  static let requestsRange = 1...1_000_000

  /// How many requests a period allows in the long run.
  let requests: Int
  /// How many may come at once, after a rest.
  var burst: Int
  /// The period as it was written: `s`, `min` or `h`.
  let unit: String

  /// Reads `100/s`, `1000/min` or `5000/h`; nil for anything else.
  init?(_ text: String, burst: Int? = nil) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let requests = Int(parts[0]), Self.requestsRange.contains(requests),
      Self.seconds[String(parts[1])] != nil
    else { return nil }
    self.requests = requests
    self.burst = burst ?? requests
    unit = String(parts[1])
  }

  private static let seconds: [String: Int64] = ["s": 1, "min": 60, "h": 3600]

  var text: String { "\(requests)/\(unit)" }

  /// The bucket that keeps it.
  var bucket: TokenBucket {
    let period = (Self.seconds[unit] ?? 1) * 1_000_000_000
    return TokenBucket(interval: period / Int64(requests), burst: Int64(burst))
  }
}

/// A bucket of tokens that fills at a steady rate; a request takes one.
///
/// All that is kept of a bucket is the moment at which it is full again. Times are nanoseconds of
/// any clock that does not go back.
struct TokenBucket: Sendable, Equatable {
  /// The time in which one token comes.
  let interval: Int64
  /// The most tokens.
  let burst: Int64

  /// What a client is told.
  struct Verdict: Sendable, Equatable {
    let isAllowed: Bool
    /// The tokens that are left.
    let remaining: Int64
    /// The time until the bucket is full.
    let untilFull: Int64
    /// The time until there is a token; zero where there is one.
    let untilNext: Int64
  }

  /// Takes a token from the bucket that is full at `fullAt`; one that is empty stays as it is.
  func take(_ fullAt: inout Int64, now: Int64) -> Verdict {
    let before = verdict(fullAt, now: now)
    guard before.isAllowed else { return before }
    fullAt = max(fullAt, now) + interval
    let after = verdict(fullAt, now: now)
    return Verdict(
      isAllowed: true, remaining: after.remaining, untilFull: after.untilFull, untilNext: 0)
  }

  /// The bucket as it is; `isAllowed` where a token could be taken.
  func verdict(_ fullAt: Int64, now: Int64) -> Verdict {
    let untilFull = max(0, fullAt - now)
    let missing = (untilFull + interval - 1) / interval
    let remaining = max(0, burst - missing)
    return Verdict(
      isAllowed: remaining > 0, remaining: remaining, untilFull: untilFull,
      untilNext: remaining > 0 ? 0 : untilFull - (burst - 1) * interval)
  }
}
