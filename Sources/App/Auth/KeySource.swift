import Core
import Logging
import POSIX
import Tokens

/// One place that keys come from, read when `KeyRefresh` tells to.
final class KeySource: Sendable {
  /// How long a token's check waits for a reading, which goes on without it.
  static let waitMax: Duration = .milliseconds(500)
  /// How many checks wait at once: invented names must not take every worker.
  static let waitersMax = 2

  /// What was counted.
  struct Counts: Sendable {
    /// Readings by how they went; `ok` is the good one.
    var readings: [(outcome: String, count: UInt64)] = [("ok", 0)]
    var keys = 0
  }

  private struct State {
    var refresh: KeyRefresh
    var keys: TokenKeySet
    var waiting = 0
    /// What was logged last, so that a source that is away has one line.
    var trouble: String?
    var counts = Counts()
  }

  let name: String
  private let state: Guarded<State>
  private let reading: @Sendable () throws(KeyReadError) -> TokenKeySet
  private let logger: Logger

  /// A source with the `keys` that were read at the start, where any were.
  init(
    _ name: String, _ limits: KeyRefresh.Limits, keys: TokenKeySet, logger: Logger,
    reading: @escaping @Sendable () throws(KeyReadError) -> TokenKeySet
  ) {
    self.name = name
    self.logger = logger
    self.reading = reading
    state = Guarded(
      State(
        refresh: KeyRefresh(limits, succeededAt: keys.isEmpty ? nil : .now), keys: keys))
  }

  /// The keys that may be used now.
  var keys: TokenKeySet {
    state.withLock { $0.refresh.isUsable(at: .now) ? $0.keys : TokenKeySet() }
  }

  var counts: Counts {
    state.withLock { state in
      var counts = state.counts
      counts.keys = state.refresh.isUsable(at: .now) ? state.keys.keys.count : 0
      return counts
    }
  }

  /// Reads if it is time to; blocks while it does.
  func look() {
    if state.withLock({ $0.refresh.handle(.routine, at: .now) }) == .read { read() }
  }

  /// Tries to have a key that a token names; blocks for `waitMax` at most.
  ///
  /// True where it is worth looking at `keys` again.
  func search() -> Bool {
    let (action, mayWait) = state.withLock { state in
      let action = state.refresh.handle(.unknownKey, at: .now)
      guard action != .nothing, state.waiting < Self.waitersMax else { return (action, false) }
      state.waiting += 1
      return (action, true)
    }
    if action == .read { readAside() }
    guard mayWait else { return false }
    let deadline = Deadline.after(Self.waitMax)
    while state.withLock({ $0.refresh.isReading }), !deadline.hasPassed {
      WorkThread.sleep(.milliseconds(5))
    }
    state.withLock { $0.waiting -= 1 }
    return true
  }

  /// Reads on a thread of its own: at most one at a time, and no oftener than `KeyRefresh` allows.
  private func readAside() {
    do throws(SystemError) {
      try WorkThread.detach("key-reading") { self.read() }
    } catch { finish(.failure(.unreadable(error))) }
  }

  private func read() { finish(Result { () throws(KeyReadError) in try reading() }) }

  private func finish(_ result: Result<TokenKeySet, KeyReadError>) {
    let line: (LogLevel, String, String)? = state.withLock { state in
      switch result {
      case .success(let keys):
        state.keys = keys
        _ = state.refresh.handle(.succeeded, at: .now)
        state.counts.add("ok")
        defer { state.trouble = nil }
        return state.trouble == nil ? nil : (.info, "keys are read again", "")
      case .failure(let error):
        _ = state.refresh.handle(.failed, at: .now)
        state.counts.add(error.label)
        let trouble = "\(error)"
        defer { state.trouble = trouble }
        return state.trouble == trouble ? nil : (.warning, "keys can not be read", trouble)
      }
    }
    guard let (level, message, cause) = line else { return }
    let fields: [LogField] = [("source", .string(name))]
    logger.log(level, message, cause.isEmpty ? fields : fields + [("cause", .string(cause))])
  }
}

extension KeySource.Counts {
  fileprivate mutating func add(_ outcome: String) {
    if let index = readings.firstIndex(where: { $0.outcome == outcome }) {
      readings[index].count += 1
    } else {
      readings.append((outcome, 1))
    }
  }
}
