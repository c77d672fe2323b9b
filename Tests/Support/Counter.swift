import Synchronization

/// A number that many threads count up.
public final class Counter: Sendable {
  private let count = Atomic(0)

  /// A counter at zero.
  public init() {}

  /// How often it was counted up.
  public var value: Int { count.load(ordering: .sequentiallyConsistent) }

  /// Counts up, and gives the new value.
  @discardableResult
  public func add() -> Int { count.add(1, ordering: .sequentiallyConsistent).newValue }
}
