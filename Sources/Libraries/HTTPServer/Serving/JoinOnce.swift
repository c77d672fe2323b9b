import POSIX
import Synchronization

/// A thread that is joined once, whoever asks first.
final class JoinOnce: Sendable {
  private let handle: Mutex<WorkThread.Handle?>

  init(_ handle: consuming sending WorkThread.Handle) {
    self.handle = Mutex(consume handle)
  }

  func join() {
    if let handle = handle.withLock({ $0.take() }) { handle.join() }
  }
}
