import Core

/// How often tokens were accepted and refused, and why.
final class TokenMetrics: MetricsSource {
  /// Every label that the filter counts, in the order of the page.
  static let outcomes = [
    "accepted", "missing", "malformed", "unsupported", "key_unknown", "keys_away",
    "signature_invalid", "expired", "not_yet_valid", "not_for_us",
  ]

  private let counts = Guarded([UInt64](repeating: 0, count: outcomes.count))

  func count(_ outcome: String) {
    guard let index = Self.outcomes.firstIndex(of: outcome) else {
      preconditionFailure("no outcome is called \(outcome)")
    }
    counts.withLock { $0[index] += 1 }
  }

  func write(to page: inout MetricsText) {
    let name = "slipway_auth_tokens_total"
    page.family(name, .counter, "Requests that showed a token or had to, by what became of it.")
    for (outcome, count) in zip(Self.outcomes, counts.withLock { $0 }) {
      page.sample(name, [("outcome", outcome)], String(count))
    }
  }
}
