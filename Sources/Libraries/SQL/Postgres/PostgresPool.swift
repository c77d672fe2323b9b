import Core
import Synchronization

/// Keeps connections between statements.
///
/// Callers that wait are served in order. While the server is away one caller at a time tries,
/// after a pause that grows to a second, and the others fail at once instead of queueing for
/// nothing.
final class PostgresPool: Sendable {
  private let connector: PostgresConnector
  private let options: PoolOptions
  private let idle: IdleConnections
  private let state: Guarded<State>
  /// How many waiters `state` holds, readable without its lock.
  private let waiting = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)
  private let started = ContinuousClock.now
  /// When idle connections are looked through again, in seconds since the start.
  private let sweepAt = Atomic<Int64>(0)

  init(connector: PostgresConnector) {
    self.connector = connector
    var options = connector.options.pool
    options.connectionsMax = min(max(1, options.connectionsMax), IdleConnections.connectionsMax)
    self.options = options
    idle = IdleConnections(count: options.connectionsMax)
    state = Guarded(State(freeSlots: Array((0..<options.connectionsMax).reversed())))
  }

  struct State {
    /// Slots without a connection, the next one last.
    var freeSlots: [Int]
    /// Idle, in use and being opened.
    var open = 0
    /// Those that exist, for `interrupt`.
    var all: [PostgresConnection] = []
    var waiters: [Waiter] = []
    var failure: Failure?
    var isProbing = false
    var waitsTimedOut: UInt64 = 0
    var reconnects: UInt64 = 0
    /// Connections that ended and were not replaced yet.
    var ended = 0
  }

  /// Why the server cannot be reached, and when to try again.
  struct Failure {
    let error: DatabaseError
    let pause: Duration
    let until: ContinuousClock.Instant
  }

  /// What a caller that waited gets.
  enum Grant {
    case connection(PostgresConnection)
    /// The right to open one.
    case place
  }

  final class Waiter: Sendable {
    let signal = WakeUp()
    let grant = Guarded<Grant?>(nil)

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
    let now = ContinuousClock.now
    connection.usedAt = now
    guard !connection.isBroken, !connection.isInTransaction, now < connection.expiresAt else {
      return discard(connection)
    }
    idle.put(connection)
    // Whoever began to wait before, or closed, may not have seen it.
    if waiting.load(ordering: .sequentiallyConsistent) > 0 { state.withLock { handOver(&$0) } }
    if isClosed.load(ordering: .sequentiallyConsistent) { return dropIdle() }
    sweep(now)
  }

  /// Ends a connection; its place goes to whoever waits first.
  func discard(_ connection: PostgresConnection, isReplaced: Bool = true) {
    state.withLock { state in
      state.all.removeAll { $0 === connection }
      state.freeSlots.append(connection.slot)
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
      isClosed.store(true, ordering: .sequentiallyConsistent)
      waiting.store(0, ordering: .sequentiallyConsistent)
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.signal.set() }
    dropIdle()
  }

  /// The counts of now.
  var statistics: PoolStatistics {
    state.withLock { state in
      var statistics = PoolStatistics()
      statistics.connectionsMax = options.connectionsMax
      statistics.idle = min(idle.count, state.open)
      statistics.inUse = state.open - statistics.idle
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
  private static let sweepInterval: Int64 = 5
  /// An attempt that took this long says something about the server, not about its caller.
  private static let tellingTime: Duration = .milliseconds(500)

  private func decide(_ deadline: Deadline) throws(DatabaseError) -> Grant {
    // Past those who wait there is no shortcut.
    if waiting.load(ordering: .relaxed) == 0, let connection = idle.take() {
      return .connection(connection)
    }
    switch state.withLock({ decide(&$0) }) {
    case .grant(let grant): return grant
    case .refuse(let error): throw error
    case .wait(let waiter): return try wait(waiter, deadline)
    }
  }

  private func decide(_ state: inout State) -> Decision {
    if isClosed.load(ordering: .acquiring) { return .refuse(.closedByUs) }
    if state.waiters.isEmpty, let connection = idle.take() {
      return .grant(.connection(connection))
    }
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
    waiting.store(state.waiters.count, ordering: .sequentiallyConsistent)
    handOver(&state)
    return .wait(waiter)
  }

  /// Gives idle connections to those who wait, in their order.
  private func handOver(_ state: inout State) {
    while !state.waiters.isEmpty, let connection = idle.take() {
      state.waiters.removeFirst().give(.connection(connection))
    }
    waiting.store(state.waiters.count, ordering: .sequentiallyConsistent)
  }

  private func wait(_ waiter: Waiter, _ deadline: Deadline) throws(DatabaseError) -> Grant {
    if !waiter.signal.wait(until: deadline) {
      if let error = state.withLock({ leave(waiter, &$0) }) { throw error }
      // It was granted in this very moment; the signal follows.
      _ = waiter.signal.wait(until: .distant)
    }
    guard let grant = waiter.grant.withLock({ $0 }) else { throw .closedByUs }
    return grant
  }

  /// Takes a waiter out of the queue; nil when it is not in it any more.
  private func leave(_ waiter: Waiter, _ state: inout State) -> DatabaseError? {
    guard let index = state.waiters.firstIndex(where: { $0 === waiter }) else { return nil }
    state.waiters.remove(at: index)
    waiting.store(state.waiters.count, ordering: .sequentiallyConsistent)
    state.waitsTimedOut += 1
    if let failure = state.failure, state.open < options.connectionsMax { return failure.error }
    return DatabaseError(
      .poolExhausted, "none of \(options.connectionsMax) connections became free in time")
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
      state.withLock { opened(connection, &$0) }
      guard isClosed.load(ordering: .acquiring) else { return connection }
      discard(connection, isReplaced: false)
    } catch {
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
    throw .closedByUs
  }

  private func opened(_ connection: PostgresConnection, _ state: inout State) {
    guard let slot = state.freeSlots.popLast() else { preconditionFailure("a slot for each place") }
    connection.slot = slot
    let part = 1 - options.lifetimeJitter * Double.random(in: 0...1)
    connection.expiresAt = .now.advanced(by: options.lifetime * part)
    state.failure = nil
    state.isProbing = false
    state.all.append(connection)
    if state.ended > 0 {
      state.ended -= 1
      state.reconnects += 1
    }
  }

  /// A place may have been granted before the server went away.
  private func refusal(_ state: State) -> DatabaseError? {
    if isClosed.load(ordering: .acquiring) { return .closedByUs }
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
    state.withLock { state in
      state.open -= 1
      guard !state.waiters.isEmpty, !mustShare(state) else { return }
      state.open += 1
      state.waiters.removeFirst().give(.place)
      waiting.store(state.waiters.count, ordering: .sequentiallyConsistent)
    }
  }

  private func dropIdle() {
    for connection in idle.takeAll() { discard(connection, isReplaced: false) }
  }

  /// Every few seconds ends the connections that were idle for too long.
  private func sweep(_ now: ContinuousClock.Instant) {
    let second = started.duration(to: now).components.seconds
    let due = sweepAt.load(ordering: .relaxed)
    guard second >= due else { return }
    let (isOurs, _) = sweepAt.compareExchange(
      expected: due, desired: second + Self.sweepInterval, ordering: .relaxed)
    guard isOurs else { return }
    for connection in idle.takeAll() {
      if connection.usedAt.duration(to: now) > options.idleTimeout {
        discard(connection, isReplaced: false)
      } else {
        idle.put(connection)
      }
    }
    if waiting.load(ordering: .sequentiallyConsistent) > 0 { state.withLock { handOver(&$0) } }
    if isClosed.load(ordering: .sequentiallyConsistent) { dropIdle() }
  }

  private func isUsable(_ connection: PostgresConnection, _ deadline: Deadline) -> Bool {
    let now = ContinuousClock.now
    guard connection.isStillOpen(), now < connection.expiresAt else { return false }
    guard connection.usedAt.duration(to: now) > options.idleCheckAfter else { return true }
    let until = deadline.within(Self.idleCheckTimeout)
    do throws(DatabaseError) {
      try connection.run(script: "", named: "idle_check", deadline: until)
      return true
    } catch {
      return false
    }
  }
}
