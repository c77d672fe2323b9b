import Synchronization

/// The connections that nobody uses, taken and given back without a lock.
///
/// A lock here is the dearest part of a point read on a busy machine: `Synchronization.Mutex` hands
/// itself over in order, so that one waiter that is not scheduled holds up all threads. With one
/// bit of a word for each connection, the lowest first, the higher ones grow idle and old.
final class IdleConnections: Sendable {
  /// The bits of the word.
  static let connectionsMax = 64

  /// Sendable: a slot is written and read only by who has cleared its bit, or has not yet set it;
  /// the exchange of the bit orders what one owner did before what the next one sees.
  private final class Slot: @unchecked Sendable {
    var connection: PostgresConnection?
  }

  private let mask = Atomic<UInt64>(0)
  private let slots: [Slot]

  init(count: Int) {
    slots = (0..<count).map { _ in Slot() }
  }

  /// How many there are now.
  var count: Int { mask.load(ordering: .relaxed).nonzeroBitCount }

  /// Gives a connection back, to the slot that is its own for life.
  func put(_ connection: PostgresConnection) {
    slots[connection.slot].connection = connection
    mask.bitwiseOr(1 << UInt64(connection.slot), ordering: .sequentiallyConsistent)
  }

  /// Takes one for the caller alone.
  func take() -> PostgresConnection? {
    var word = mask.load(ordering: .sequentiallyConsistent)
    while word != 0 {
      let index = word.trailingZeroBitCount
      let (exchanged, original) = mask.compareExchange(
        expected: word, desired: word & ~(1 << UInt64(index)), ordering: .sequentiallyConsistent)
      if exchanged { return slots[index].connection.take() }
      word = original
    }
    return nil
  }

  /// Takes all there are.
  func takeAll() -> [PostgresConnection] {
    var taken: [PostgresConnection] = []
    while let connection = take() { taken.append(connection) }
    return taken
  }
}
