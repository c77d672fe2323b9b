/// Lets callers that want the same thing at the same time share one piece of work.
///
/// The first caller for a key leads: it does the work on its own thread. Those that come before it
/// is done wait for what it makes, each no longer than its own deadline. What can fail is a
/// `Result`, so that a failure is shared like anything else.
public final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// How a caller came by its value.
  public enum Outcome: Sendable {
    /// It did the work itself.
    case led(Value)
    /// Another caller did.
    case joined(Value)
    /// Its deadline came first.
    case gaveUp
  }

  /// One piece of work that is under way.
  private final class Flight: Sendable {
    struct State {
      var value: Value?
      var waiters: [WakeUp] = []
    }

    let state = Guarded(State())

    func land(_ value: Value) {
      let waiters = state.withLock { state in
        state.value = value
        defer { state.waiters = [] }
        return state.waiters
      }
      for waiter in waiters { waiter.set() }
    }

    func wait(until deadline: Deadline) -> Value? {
      let signal = WakeUp()
      let value = state.withLock { state in
        if state.value == nil { state.waiters.append(signal) }
        return state.value
      }
      if let value { return value }
      guard signal.wait(until: deadline) else {
        return state.withLock { state in
          state.waiters.removeAll { $0 === signal }
          return state.value
        }
      }
      return state.withLock { $0.value }
    }
  }

  private let flights = Guarded<[Key: Flight]>([:])

  /// Nothing is under way.
  public init() {}

  /// Pieces of work that are under way.
  public var count: Int { flights.withLock { $0.count } }

  /// Callers that wait for the work on `key`.
  func waiters(_ key: Key) -> Int {
    flights.withLock { $0[key] }?.state.withLock { $0.waiters.count } ?? 0
  }

  /// Gives what `work` makes for `key`, doing it here unless another caller is at it.
  public func run(_ key: Key, deadline: Deadline, _ work: () -> Value) -> Outcome {
    let own = Flight()
    let other: Flight? = flights.withLock { flights in
      if let flight = flights[key] { return flight }
      flights[key] = own
      return nil
    }
    if let other { return other.wait(until: deadline).map(Outcome.joined) ?? .gaveUp }
    let value = work()
    // Off the list before it lands: who comes from now on finds what the work left behind.
    flights.withLock { _ = $0.removeValue(forKey: key) }
    own.land(value)
    return .led(value)
  }
}
