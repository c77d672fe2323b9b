import Core
import Synchronization

/// Hands a fixed set of resources to one thread each.
///
/// Taking a free one is a single compare-and-exchange, because a point read on SQLite takes only
/// a few microseconds and a lock would be the dearest part of it. Waiting is the slow path.
final class SlotPool: Sendable {
  /// One bit of a word for each resource.
  static let slotsMax = 64

  private let slots: Int
  private let waitersMax: Int
  /// A set bit is a free slot.
  private let free: Atomic<UInt64>
  /// How many signals `queue` holds, readable without its lock.
  private let waiting = Atomic<Int>(0)
  private let timedOut = Atomic<UInt64>(0)
  private let isClosed = Atomic<Bool>(false)
  private let queue = Guarded<[WakeUp]>([])

  init(slots: Int, waitersMax: Int) {
    precondition((1...Self.slotsMax).contains(slots), "1 to \(Self.slotsMax) slots")
    self.slots = slots
    self.waitersMax = waitersMax
    free = Atomic(slots == 64 ? .max : (1 << UInt64(slots)) - 1)
  }

  /// Takes a slot, waiting for one until the deadline.
  func acquire(deadline: Deadline) throws(DatabaseError) -> Int {
    if isClosed.load(ordering: .acquiring) { throw .closedByUs }
    if let slot = take() { return slot }
    while true {
      let signal = WakeUp()
      guard enqueue(signal) else {
        throw DatabaseError(.poolExhausted, "\(waitersMax) callers wait already")
      }
      if let slot = take() {
        leave(signal)
        return slot
      }
      let isSet = !isClosed.load(ordering: .acquiring) && signal.wait(until: deadline)
      if !isSet { leave(signal) }
      if isClosed.load(ordering: .acquiring) { throw .closedByUs }
      if let slot = take() { return slot }
      if !isSet {
        timedOut.wrappingAdd(1, ordering: .relaxed)
        throw DatabaseError(.poolExhausted, "none of \(slots) connections became free in time")
      }
    }
  }

  /// Gives a slot back.
  func release(_ slot: Int) {
    free.bitwiseOr(1 << UInt64(slot), ordering: .sequentiallyConsistent)
    if waiting.load(ordering: .sequentiallyConsistent) > 0 { wakeOne() }
  }

  /// Refuses every later caller and wakes those that wait; gives the slots that were free.
  func close() -> [Int] {
    isClosed.store(true, ordering: .sequentiallyConsistent)
    let signals = queue.withLock { signals in
      defer { signals = [] }
      return signals
    }
    waiting.store(0, ordering: .sequentiallyConsistent)
    for signal in signals { signal.set() }
    var taken: [Int] = []
    while let slot = take() { taken.append(slot) }
    return taken
  }

  /// Whether `close` was called.
  var hasClosed: Bool { isClosed.load(ordering: .acquiring) }

  /// How many are free, how many callers wait, how many waits ended without a slot.
  var counts: (idle: Int, waiting: Int, timedOut: UInt64) {
    (
      free.load(ordering: .relaxed).nonzeroBitCount, max(0, waiting.load(ordering: .relaxed)),
      timedOut.load(ordering: .relaxed)
    )
  }

  private func take() -> Int? {
    var mask = free.load(ordering: .sequentiallyConsistent)
    while mask != 0 {
      let slot = mask.trailingZeroBitCount
      let (exchanged, original) = free.compareExchange(
        expected: mask, desired: mask & ~(1 << UInt64(slot)), ordering: .sequentiallyConsistent)
      if exchanged { return slot }
      mask = original
    }
    return nil
  }

  private func enqueue(_ signal: WakeUp) -> Bool {
    queue.withLock { signals in
      guard signals.count < waitersMax else { return false }
      signals.append(signal)
      waiting.store(signals.count, ordering: .sequentiallyConsistent)
      return true
    }
  }

  /// Takes `signal` out of the queue; when it was woken meanwhile, the wake-up is passed on,
  /// for it may have been meant for a slot that somebody else still waits for.
  private func leave(_ signal: WakeUp) {
    let wasQueued = queue.withLock { signals in
      guard let index = signals.firstIndex(where: { $0 === signal }) else { return false }
      signals.remove(at: index)
      waiting.store(signals.count, ordering: .sequentiallyConsistent)
      return true
    }
    if !wasQueued { wakeOne() }
  }

  private func wakeOne() {
    let first: WakeUp? = queue.withLock { signals in
      guard !signals.isEmpty else { return nil }
      let first = signals.removeFirst()
      waiting.store(signals.count, ordering: .sequentiallyConsistent)
      return first
    }
    first?.set()
  }
}

extension DatabaseError {
  static var closedByUs: DatabaseError { DatabaseError(.closed, "the database was closed") }
}
