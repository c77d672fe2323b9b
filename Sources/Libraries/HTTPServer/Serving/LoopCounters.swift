import Synchronization

/// Counts of one event thread.
///
/// Only that thread writes, so a load and a store do where others would need a locked addition.
final class LoopCounters: Sendable {
  private let connectionsNow = Atomic<Int>(0)
  private let connectionsEver = Atomic<Int>(0)
  private let requestsNow = Atomic<Int>(0)
  private let requestsEver = Atomic<Int>(0)
  private let workingNow = Atomic<Int>(0)

  var connections: Int { connectionsNow.load(ordering: .acquiring) }
  var accepted: Int { connectionsEver.load(ordering: .relaxed) }
  var activeRequests: Int { requestsNow.load(ordering: .acquiring) }
  var requests: Int { requestsEver.load(ordering: .relaxed) }
  var working: Int { workingNow.load(ordering: .relaxed) }

  func connectionBegan() {
    Self.add(1, to: connectionsNow)
    Self.add(1, to: connectionsEver)
  }

  func connectionEnded() { Self.add(-1, to: connectionsNow) }

  func requestBegan() {
    Self.add(1, to: requestsNow)
    Self.add(1, to: requestsEver)
  }

  func requestEnded() { Self.add(-1, to: requestsNow) }
  func workBegan() { Self.add(1, to: workingNow) }
  func workEnded() { Self.add(-1, to: workingNow) }

  private static func add(_ step: Int, to count: borrowing Atomic<Int>) {
    count.store(count.load(ordering: .relaxed) + step, ordering: .releasing)
  }
}
