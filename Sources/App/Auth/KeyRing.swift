import Core
import HTTPClient
import Logging
import POSIX
import Tokens

/// Every key that tokens may be signed with, wherever it comes from.
///
/// One thread of its own looks at files and addresses, so that no request waits for them; only a
/// token that names an unknown key does, for a moment.
final class KeyRing: MetricsSource {
  /// How often the thread looks; what it finds to do is up to each source.
  static let lookPause: Duration = .milliseconds(500)

  private let fixed: TokenKeySet
  private let sources: [KeySource]
  private let isStopping = Flag()

  convenience init(_ origins: [KeyOrigin], logger: Logger) {
    let client = HTTPClient(idleHandlesMax: 1)
    let fixed = origins.filter { $0.place == .variable }.flatMap(\.keys.keys)
    let sources = origins.compactMap { origin -> KeySource? in
      let reading = KeyReading(origin: origin, client: client)
      let limits: KeyRefresh.Limits
      switch origin.place {
      case .variable: return nil
      case .file: limits = .file
      case .address: limits = .remote
      }
      return KeySource(origin.name, limits, keys: origin.keys, logger: logger) {
        () throws(KeyReadError) in try reading.read()
      }
    }
    self.init(fixed: TokenKeySet(fixed), sources: sources)
  }

  init(fixed: TokenKeySet, sources: [KeySource]) {
    self.fixed = fixed
    self.sources = sources
  }

  /// Whether nothing is configured that a key could come from.
  var isUnconfigured: Bool { fixed.isEmpty && sources.isEmpty }

  /// Whether a source that is configured has no key to use at present.
  var lacksKeys: Bool { sources.contains { $0.keys.isEmpty } }

  /// Whether there is anywhere to look for more keys.
  var maySearch: Bool { !sources.isEmpty }

  /// The keys that may be used now.
  var keys: TokenKeySet { sources.reduce(fixed) { $0 + $1.keys } }

  /// Tries to have more keys; blocks.
  ///
  /// True where it is worth looking at `keys` again.
  func search() -> Bool {
    sources.reduce(false) { found, source in source.search() || found }
  }

  /// Begins to look.
  func start() throws(SystemError) {
    guard !sources.isEmpty else { return }
    try WorkThread.detach("keys") { [self] in
      while !isStopping.isRaised {
        for source in sources { source.look() }
        let deadline = Deadline.after(Self.lookPause)
        while !deadline.hasPassed, !isStopping.isRaised { WorkThread.sleep(.milliseconds(50)) }
      }
    }
  }

  /// Ends that, without waiting for it.
  func stop() { isStopping.raise() }

  func write(to page: inout MetricsText) {
    let counts = sources.map { (name: $0.name, counts: $0.counts) }
    let readings = "slipway_auth_key_reads_total"
    page.family(readings, .counter, "Readings of a source of keys, by how they went.")
    for (name, counts) in counts {
      for (outcome, count) in counts.readings {
        page.sample(readings, [("source", name), ("outcome", outcome)], String(count))
      }
    }
    page.family("slipway_auth_keys", .gauge, "Keys that tokens may be signed with.")
    page.sample("slipway_auth_keys", [("source", "variables")], String(fixed.keys.count))
    for (name, counts) in counts {
      page.sample("slipway_auth_keys", [("source", name)], String(counts.keys))
    }
  }
}
