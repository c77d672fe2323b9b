import Core
import Synchronization

/// Keeps connections between statements.
///
/// The last one used is given out first, so that the others may grow idle; callers that wait are
/// served in order. While the server is away one caller at a time tries, after a pause that grows
/// to a second, and the others fail at once instead of queueing for nothing.
final class PostgresPool: Sendable {
  private let connector: PostgresConnector
  private let options: PoolOptions
  private let state = Mutex(State())

  init(connector: PostgresConnector) {
    self.connector = connector
    options = connector.options.pool
  }

  private struct State {
    var idle: [PostgresConnection] = []
    /// Idle, in use and being opened.
    var open = 0
    /// Those that exist, for `interrupt`.
    var all: [PostgresConnection] = []
    var waiters: [Waiter] = []
    var failure: Failure?
    var isProbing = false
    var isClosed = false
    var waitsTimedOut: UInt64 = 0
    var reconnects: UInt64 = 0
    /// Connections that ended and were not replaced yet.
    var ended = 0
  }

  /// Why the server cannot be reached, and when to try again.
  private struct Failure {
    let error: DatabaseError
    let pause: Duration
    let until: ContinuousClock.Instant
  }

  /// What a caller that waited gets.
  private enum Grant {
    case connection(PostgresConnection)
    /// The right to open one.
    case place
  }

  private final class Waiter: Sendable {
    let signal = WakeUp()
    let grant = Mutex<Grant?>(nil)

    func give(_ grant: Grant) {
      self.grant.withLock { $0 = grant }
      signal.set()
    }
  }

  private enum Decision {
    case grant(Grant)
    case wait(Waiter)
    case refuse(DatabaseError)
  }

  /// A connection that is open as far as is known, for this caller alone.
  func acquire(deadline: Deadline) throws(DatabaseError) -> PostgresConnection {
    while true {
      switch try decide(deadline) {
      case .connection(let connection):
        if isUsable(connection, deadline) { return connection }
        discard(connection)
      case .place:
        if let connection = try open(deadline) { return connection }
      }
    }
  }

  /// Takes a connection back; one that is broken, too old or in a transaction is not kept.
  func release(_ connection: PostgresConnection) {
    if !connection.isBroken, connection.isInTransaction {
      let deadline = Deadline.after(Self.rollbackTimeout)
      try? connection.run(script: "ROLLBACK", named: "rollback", deadline: deadline)
    }
    connection.usedAt = .now
    guard !connection.isBroken, !connection.isInTransaction, !isTooOld(connection) else {
      return discard(connection)
    }
    let (waiter, surplus): (Waiter?, [PostgresConnection]) = state.withLock { state in
      if state.isClosed { return (nil, [connection]) }
      if !state.waiters.isEmpty { return (state.waiters.removeFirst(), []) }
      state.idle.append(connection)
      // The first is the one that has not been used for the longest time.
      guard let oldest = state.idle.first,
        oldest.usedAt.duration(to: connection.usedAt) > options.idleTimeout
      else { return (nil, []) }
      return (nil, [state.idle.removeFirst()])
    }
    waiter?.give(.connection(connection))
    for connection in surplus { discard(connection, isReplaced: false) }
  }

  /// Ends a connection; its place goes to whoever waits first.
  func discard(_ connection: PostgresConnection, isReplaced: Bool = true) {
    state.withLock { state in
      state.all.removeAll { $0 === connection }
      if isReplaced { state.ended += 1 }
    }
    freePlace()
  }

  /// Cancels what runs on every connection.
  func interrupt() {
    for connection in state.withLock({ $0.all }) { connection.interrupt() }
  }

  /// Ends idle connections, refuses new callers and those that wait.
  func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      state.open -= state.idle.count
      state.all.removeAll { one in state.idle.contains { $0 === one } }
      state.idle = []
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.signal.set() }
  }

  /// The counts of now.
  var statistics: PoolStatistics {
    state.withLock { state in
      var statistics = PoolStatistics()
      statistics.connectionsMax = options.connectionsMax
      statistics.idle = state.idle.count
      statistics.inUse = state.open - state.idle.count
      statistics.waiting = state.waiters.count
      statistics.waitsTimedOut = state.waitsTimedOut
      statistics.reconnects = state.reconnects
      return statistics
    }
  }
}

extension PostgresPool {
  private static let rollbackTimeout: Duration = .seconds(2)
  private static let idleCheckTimeout: Duration = .seconds(2)
  /// An attempt that took this long says something about the server, not about its caller.
  private static let tellingTime: Duration = .milliseconds(500)

  private func decide(_ deadline: Deadline) throws(DatabaseError) -> Grant {
    switch state.withLock({ decide(&$0) }) {
    case .grant(let grant): return grant
    case .refuse(let error): throw error
    case .wait(let waiter): return try wait(waiter, deadline)
    }
  }

  private func decide(_ state: inout State) -> Decision {
    if state.isClosed { return .refuse(.closedByUs) }
    if let connection = state.idle.popLast() { return .grant(.connection(connection)) }
    if state.open < options.connectionsMax {
      guard let failure = state.failure, state.isProbing || .now < failure.until else {
        state.isProbing = state.failure != nil
        state.open += 1
        return .grant(.place)
      }
      guard mustShare(state) else { return .refuse(failure.error) }
    }
    guard state.waiters.count < options.waitersMax else {
      return .refuse(
        DatabaseError(.poolExhausted, "\(options.waitersMax) callers wait already"))
    }
    let waiter = Waiter()
    state.waiters.append(waiter)
    return .wait(waiter)
  }

  private func wait(_ waiter: Waiter, _ deadline: Deadline) throws(DatabaseError) -> Grant {
    if !waiter.signal.wait(until: deadline) {
      let error: DatabaseError? = state.withLock { state in
        guard let index = state.waiters.firstIndex(where: { $0 === waiter }) else { return nil }
        state.waiters.remove(at: index)
        state.waitsTimedOut += 1
        if let failure = state.failure, state.open < options.connectionsMax {
          return failure.error
        }
        return DatabaseError(
          .poolExhausted, "none of \(options.connectionsMax) connections became free in time")
      }
      if let error { throw error }
      // It was granted in this very moment; the signal follows.
      _ = waiter.signal.wait(until: .distant)
    }
    guard let grant = waiter.grant.withLock({ $0 }) else { throw .closedByUs }
    return grant
  }

  /// Opens a connection in the place that was granted; nil when the caller should queue instead.
  private func open(_ deadline: Deadline) throws(DatabaseError) -> PostgresConnection? {
    let (refused, mayShare) = state.withLock { state -> (DatabaseError?, Bool) in
      (refusal(state), mustShare(state, besides: 1))
    }
    if let refused {
      freePlace()
      if mayShare { return nil }
      throw refused
    }
    let start = ContinuousClock.now
    do throws(DatabaseError) {
      let connection = try connector.connect(deadline: deadline)
      let isClosed = state.withLock { state in
        state.failure = nil
        state.isProbing = false
        state.all.append(connection)
        if state.ended > 0 {
          state.ended -= 1
          state.reconnects += 1
        }
        return state.isClosed
      }
      if isClosed {
        discard(connection)
        throw DatabaseError.closedByUs
      }
      return connection
    } catch {
      if error.kind == .closed { throw error }
      let isTelling = !deadline.hasPassed || start.duration(to: .now) >= Self.tellingTime
      let mayQueue = state.withLock { state in
        state.isProbing = false
        if isTelling { state.failure = failure(after: state.failure, error) }
        return mustShare(state, besides: 1)
      }
      freePlace()
      if mayQueue { return nil }
      throw error
    }
  }

  /// A place may have been granted before the server went away.
  private func refusal(_ state: State) -> DatabaseError? {
    if state.isClosed { return .closedByUs }
    guard let failure = state.failure, !state.isProbing, .now < failure.until else { return nil }
    return failure.error
  }

  private func failure(after last: Failure?, _ error: DatabaseError) -> Failure {
    let pause = last.map { min(options.backoffMax, $0.pause * 2) } ?? options.backoffMin
    let jittered = pause * Double.random(in: 0.5...1)
    return Failure(error: error, pause: pause, until: .now.advanced(by: jittered))
  }

  /// Whether the server takes no more connections while some are ours: those will become free, and
  /// trying for more of them would only go round in circles.
  private func mustShare(_ state: State, besides mine: Int = 0) -> Bool {
    guard let failure = state.failure, state.open > mine else { return false }
    return failure.error.state == .tooManyConnections
  }

  /// The place goes over to the first that waits, or is given up.
  private func freePlace() {
    let waiter: Waiter? = state.withLock { state in
      state.open -= 1
      guard !state.isClosed, !state.waiters.isEmpty, !mustShare(state) else { return nil }
      state.open += 1
      return state.waiters.removeFirst()
    }
    waiter?.give(.place)
  }

  private func isUsable(_ connection: PostgresConnection, _ deadline: Deadline) -> Bool {
    guard connection.isStillOpen(), !isTooOld(connection) else { return false }
    guard connection.usedAt.duration(to: .now) > options.idleCheckAfter else { return true }
    let until = deadline.within(Self.idleCheckTimeout)
    do throws(DatabaseError) {
      try connection.run(script: "", named: "idle_check", deadline: until)
      return true
    } catch {
      return false
    }
  }

  private func isTooOld(_ connection: PostgresConnection) -> Bool {
    let lifetime = options.lifetime * (1 - options.lifetimeJitter * connection.jitter)
    return connection.openedAt.duration(to: .now) > lifetime
  }
}
