import CMicroHTTPD
import Synchronization

/// Ends an event thread's wait for the network, from any thread.
///
/// The library has such a thing of its own, but not where the application drives the daemon.
final class Waker: Sendable {
  private let descriptor: Int32
  /// Calls under way; the daemon and the descriptor must outlive them.
  private let callers = Atomic<Int>(0)
  private let isPending = Atomic<Bool>(false)

  /// A waker on the descriptor that `slipway_mhd_waker` gave.
  init(_ descriptor: Int32) { self.descriptor = descriptor }

  func begin() { callers.add(1, ordering: .acquiringAndReleasing) }
  func end() { callers.subtract(1, ordering: .acquiringAndReleasing) }

  /// Whether nobody is about to wake the thread.
  var isQuiet: Bool { callers.load(ordering: .acquiring) == 0 }

  /// Between `begin` and `end`: wakes the thread, once for any number of calls since its last wait.
  func wake() {
    guard !isPending.exchange(true, ordering: .acquiringAndReleasing) else { return }
    slipway_mhd_wake(descriptor)
  }

  /// On the event thread, once it does not wait any more: until `rearm` nobody needs to wake it.
  func disarm() { _ = isPending.exchange(true, ordering: .acquiringAndReleasing) }

  /// On the event thread, before it looks for work: calls from now on wake it again.
  func rearm() { _ = isPending.exchange(false, ordering: .acquiringAndReleasing) }
}
