/// Lets callers that want the same thing at the same time share one piece of work.
///
/// The first caller for a key leads: it does the work on its own thread. Those that come before it
/// is done wait for what it makes, each no longer than its own deadline. What can fail is a
/// `Result`, so that a failure is shared like anything else.
///
/// Whoever waits holds a thread. `waitersMax` may do so as long as they like; a crowd beyond them
/// may while all work under way is younger than `crowdWaitMax`: it shares what is quick, and does
/// not pile up behind what hangs.
public final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// How a caller came by its value.
  public enum Outcome: Sendable {
    /// It did the work itself.
    case led(Value)
    /// Another caller did.
    case joined(Value)
    /// Its deadline came first, or too many wait.
    case gaveUp
  }

  /// One piece of work that is under way.
  private final class Flight: Sendable {
    struct State {
      var value: Value?
      var waiters: [WakeUp] = []
    }

    let begunAt = ContinuousClock.now
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

  private struct State {
    var flights: [Key: Flight] = [:]
    /// How many of `waitersMax` wait.
    var waiting = 0
  }

  private enum Place {
    case lead
    case wait(Flight)
    /// In the crowd, for so long.
    case waitBriefly(Flight, Duration)
    case none
  }

  private let waitersMax: Int
  private let crowdWaitMax: Duration
  private let state = Guarded(State())

  /// Nothing is under way.
  public init(waitersMax: Int = .max, crowdWaitMax: Duration = .zero) {
    self.waitersMax = waitersMax
    self.crowdWaitMax = crowdWaitMax
  }

  /// Pieces of work that are under way.
  public var count: Int { state.withLock { $0.flights.count } }

  /// Callers that wait for the work on `key`.
  func waiters(_ key: Key) -> Int {
    state.withLock { $0.flights[key] }?.state.withLock { $0.waiters.count } ?? 0
  }

  /// Gives what `work` makes for `key`, doing it here unless another caller is at it.
  public func run(_ key: Key, deadline: Deadline, _ work: () -> Value) -> Outcome {
    let own = Flight()
    switch place(key, own) {
    case .lead: break
    case .wait(let flight):
      defer { state.withLock { $0.waiting -= 1 } }
      return flight.wait(until: deadline).map(Outcome.joined) ?? .gaveUp
    case .waitBriefly(let flight, let time):
      return flight.wait(until: deadline.within(time)).map(Outcome.joined) ?? .gaveUp
    case .none: return .gaveUp
    }
    let value = work()
    // Off the list before it lands: who comes from now on finds what the work left behind.
    state.withLock { _ = $0.flights.removeValue(forKey: key) }
    own.land(value)
    return .led(value)
  }

  private func place(_ key: Key, _ own: Flight) -> Place {
    state.withLock { state in
      guard let flight = state.flights[key] else {
        state.flights[key] = own
        return .lead
      }
      if state.waiting < waitersMax {
        state.waiting += 1
        return .wait(flight)
      }
      let oldest = state.flights.values.reduce(flight.begunAt) { min($0, $1.begunAt) }
      let time = crowdWaitMax - oldest.duration(to: .now)
      return time > .zero ? .waitBriefly(flight, time) : .none
    }
  }
}
