import Core

/// How counts were come by.
final class ViewMetrics: Sendable {
  enum Outcome: String, CaseIterable {
    /// From memory.
    case hit
    /// "No such count", from memory.
    case negative
    /// From the database.
    case stored
    /// The upstream was asked.
    case miss
    /// Another caller was at it already.
    case coalesced
    /// From memory, beyond its time.
    case stale
    /// Not at all.
    case failed
  }

  private let outcomes = Guarded<[Outcome: Int]>([:])

  func count(_ outcome: Outcome) { outcomes.withLock { $0[outcome, default: 0] += 1 } }

  func write(to page: inout MetricsText, entries: Int, bytes: Int, evictions: Int) {
    let outcomes = outcomes.withLock { $0 }
    let name = "slipway_page_views_lookups_total"
    page.family(name, .counter, "Looks for a count, by where it was found.")
    for outcome in Outcome.allCases {
      page.sample(name, [("result", outcome.rawValue)], String(outcomes[outcome] ?? 0))
    }
    page.single("slipway_page_views_cache_entries", .gauge, "Counts in memory.", entries)
    page.single("slipway_page_views_cache_bytes", .gauge, "Memory that they take.", bytes)
    page.single(
      "slipway_page_views_cache_evictions_total", .counter, "Counts that made room for others.",
      evictions)
  }
}

/// What calls of the upstream took and came to.
final class ViewUpstreamMetrics: Sendable {
  private struct Key: Hashable {
    let status: Int?
    let errorType: String
  }

  private let address: String
  private let calls = Guarded<[Key: Histogram]>([:])
  private let refused = Guarded(0)

  init(address: String) { self.address = address }

  func record(status: Int?, _ errorType: String, _ duration: Duration) {
    calls.withLock {
      $0[Key(status: status, errorType: errorType), default: Histogram()].record(duration)
    }
  }

  /// Counts a caller for whom there was no place in time.
  func turnedAway() { refused.withLock { $0 += 1 } }

  func write(
    to page: inout MetricsText, _ counts: (calls: Int, waiting: Int, breaker: CircuitBreaker)
  ) {
    let name = "http_client_request_duration_seconds"
    page.family(name, .histogram, "Duration of HTTP client requests.")
    let calls = calls.withLock { $0 }.sorted {
      ($0.key.status ?? 0, $0.key.errorType) < ($1.key.status ?? 0, $1.key.errorType)
    }
    for (key, histogram) in calls {
      page.histogram(
        name,
        [
          ("http_request_method", "GET"), ("server_address", address),
          ("http_response_status_code", key.status.map(String.init) ?? ""),
          ("error_type", key.errorType),
        ], histogram)
    }
    page.single(
      "slipway_page_views_upstream_calls", .gauge, "Calls of the upstream under way.",
      counts.calls)
    page.single(
      "slipway_page_views_upstream_waiting", .gauge, "Callers that wait for one of them to end.",
      counts.waiting)
    page.single(
      "slipway_page_views_upstream_turned_away_total", .counter,
      "Callers for whom there was no place in time.", refused.withLock { $0 })
    writeBreaker(counts.breaker, to: &page)
  }

  private func writeBreaker(_ breaker: CircuitBreaker, to page: inout MetricsText) {
    let state = "slipway_page_views_breaker_state"
    page.family(state, .gauge, "1 for the state that the breaker is in.")
    for one in CircuitBreaker.State.allCases {
      page.sample(state, [("state", one.rawValue)], breaker.state == one ? "1" : "0")
    }
    let transitions = "slipway_page_views_breaker_transitions_total"
    page.family(transitions, .counter, "How often the breaker came into a state.")
    for one in CircuitBreaker.State.allCases {
      page.sample(
        transitions, [("state", one.rawValue)], String(breaker.transitions[one] ?? 0))
    }
  }
}

extension UpstreamAnswer {
  /// The label of metrics; empty where nothing is wrong.
  var errorType: String {
    switch self {
    case .views, .nothing: ""
    case .busy: "busy"
    case .failed: "failed"
    case .senseless: "senseless"
    }
  }
}
