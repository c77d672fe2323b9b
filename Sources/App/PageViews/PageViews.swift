import Core
import HTTPServer
import SQL

/// Monthly page views: from memory, from the database, or from the upstream.
///
/// A final count is kept in the database for `retention`; one that may still change in memory for
/// `recentTTL`; "no such count" for `negativeTTL`. What is kept beyond its time is answered while
/// the upstream can not be asked, up to `staleMax`. That it could not be had is remembered for a
/// moment. The database is a cache here: while it is away the upstream is asked instead.
final class PageViews: Sendable {
  /// How many callers wait however long another's look takes.
  ///
  /// With those who have a place at the upstream's gate they leave a worker of the standard number
  /// to whoever asks for what is kept.
  static let waitersMax = 8
  /// How long more of them wait, from the beginning of the oldest look.
  static let crowdWaitMax: Duration = .seconds(1)
  /// How long a failure stands for the next looks: those who queue must not fail one by one.
  static let failureTTL: Duration = .seconds(1)
  /// The same where the upstream answered what can not be used: it would do so again.
  static let senselessTTL: Duration = .seconds(30)
  /// Most failures that are remembered, and the bytes for them.
  static let failuresMax = 1000
  static let failureBytesMax = 512 * 1024

  /// A count and how it was come by.
  struct Count: Sendable, Equatable {
    /// Nil where the upstream has none.
    let views: Int64?
    let isFinal: Bool
    /// How long it may be repeated, from when it was asked for.
    let timeToLive: Duration
    /// How long ago it was asked for; nil where that was just now.
    let age: Duration?
  }

  /// A count in memory.
  private struct Entry {
    let views: Int64?
    let isFinal: Bool
    let askedAt: Timestamp
  }

  /// Why a count could not be had, and when that was.
  private struct Failed {
    let failure: ViewFailure
    let at: Timestamp
  }

  private let configuration: ViewConfiguration
  private let store: ViewStore
  private let upstream: ViewUpstream
  private let clock: @Sendable () -> Timestamp
  private let flights: SingleFlight<String, Result<Count, ViewFailure>>
  private let memory: Guarded<RecentCache<Entry>>
  private let failures = Guarded(
    RecentCache<Failed>(entriesMax: failuresMax, bytesMax: failureBytesMax))
  private let metrics: ViewMetrics

  init(
    _ configuration: ViewConfiguration, store: ViewStore, upstream: ViewUpstream,
    clock: @escaping @Sendable () -> Timestamp = { .now() }
  ) {
    self.configuration = configuration
    self.store = store
    self.upstream = upstream
    self.clock = clock
    // A lane with fewer workers has fewer to lose.
    flights = SingleFlight(
      waitersMax: min(Self.waitersMax, configuration.workers / 3), crowdWaitMax: Self.crowdWaitMax)
    memory = Guarded(
      RecentCache(entriesMax: configuration.entriesMax, bytesMax: configuration.bytesMax))
    metrics = ViewMetrics()
  }

  /// The day by which months are past or future.
  var today: CivilDate { clock().date }

  /// The count that `query` asks for.
  func count(
    _ query: ViewQuery, for context: RequestContext, deadline: Deadline
  ) throws(ViewFailure) -> Count {
    let key = query.key
    if let count = remembered(key) {
      metrics.count(count.views == nil ? .negative : .hit)
      return count
    }
    if let failure = recentFailure(key) { return try stale(key, failure) }
    let outcome = flights.run(key, deadline: deadline) {
      // Another flight may have landed since this caller looked.
      if let count = remembered(key) {
        metrics.count(.coalesced)
        return .success(count)
      }
      if let failure = recentFailure(key) { return .failure(failure) }
      let result = load(query, key, context, deadline)
      if case .failure(let failure) = result {
        failures.withLock { $0.set(key, Failed(failure: failure, at: clock())) }
      }
      return result
    }
    switch outcome {
    case .led(.success(let count)): return count
    case .joined(.success(let count)):
      metrics.count(.coalesced)
      return count
    case .led(.failure(let failure)), .joined(.failure(let failure)):
      return try stale(key, failure)
    case .gaveUp:
      return try stale(key, .unavailable(retryAfter: ViewUpstream.retryAfter))
    }
  }

  /// From the database where the month is over, else from the upstream; it is kept for later.
  private func load(
    _ query: ViewQuery, _ key: String, _ context: RequestContext, _ deadline: Deadline
  ) -> Result<Count, ViewFailure> {
    let isFinal = query.month.isFinal(at: clock(), margin: configuration.finalAfter)
    if isFinal, let kept = try? store.find(query, deadline: deadline) {
      let entry = Entry(views: kept.views, isFinal: true, askedAt: kept.storedAt)
      // Beyond its time too: it is what there is if the upstream can not be asked.
      remember(key, entry)
      if age(entry) < configuration.retention {
        metrics.count(.stored)
        return .success(count(entry, age: age(entry)))
      }
    }
    metrics.count(.miss)
    return upstream.fetch(query, for: context, deadline: deadline).map { views in
      let entry = Entry(views: views, isFinal: isFinal && views != nil, askedAt: clock())
      memory.withLock { $0.set(key, entry) }
      if entry.isFinal, let views {
        // Without the row the next look asks the upstream again: no reason to fail this one.
        try? store.save(views, for: query, at: entry.askedAt, deadline: deadline)
      }
      return count(entry, age: nil)
    }
  }

  /// Keeps `entry` in memory unless a later one is there.
  private func remember(_ key: String, _ entry: Entry) {
    memory.withLock { memory in
      if let known = memory.value(key), known.views != nil, known.askedAt > entry.askedAt { return }
      memory.set(key, entry)
    }
  }

  /// Why the count could not be had a moment ago.
  private func recentFailure(_ key: String) -> ViewFailure? {
    guard let failed = failures.withLock({ $0.value(key) }) else { return nil }
    let timeToLive = failed.failure == .senseless ? Self.senselessTTL : Self.failureTTL
    let age = max(.zero, clock().since(failed.at))
    return age < timeToLive ? failed.failure : nil
  }

  /// What is in memory and within its time.
  private func remembered(_ key: String) -> Count? {
    guard let entry = memory.withLock({ $0.value(key) }) else { return nil }
    let age = age(entry)
    return age < timeToLive(entry) ? count(entry, age: age) : nil
  }

  /// What is in memory beyond its time, since `failure` stands in the way of anything newer.
  private func stale(_ key: String, _ failure: ViewFailure) throws(ViewFailure) -> Count {
    guard let entry = memory.withLock({ $0.value(key) }), entry.views != nil,
      age(entry) < timeToLive(entry) + configuration.staleMax
    else {
      metrics.count(.failed)
      throw failure
    }
    metrics.count(.stale)
    return count(entry, age: age(entry))
  }

  private func count(_ entry: Entry, age: Duration?) -> Count {
    Count(
      views: entry.views, isFinal: entry.isFinal, timeToLive: timeToLive(entry), age: age)
  }

  private func age(_ entry: Entry) -> Duration { max(.zero, clock().since(entry.askedAt)) }

  private func timeToLive(_ entry: Entry) -> Duration {
    if entry.views == nil { return configuration.negativeTTL }
    return entry.isFinal ? configuration.retention : configuration.recentTTL
  }
}

extension PageViews: MetricsSource {
  func write(to page: inout MetricsText) {
    let kept = memory.withLock { ($0.count, $0.bytes, $0.evictions) }
    metrics.write(to: &page, entries: kept.0, bytes: kept.1, evictions: kept.2)
    upstream.metrics.write(to: &page, upstream.counts)
  }
}
