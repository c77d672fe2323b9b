import Core
import POSIX

/// A thread that is joined once, whoever asks first.
final class JoinOnce: Sendable {
  private let handle: Guarded<WorkThread.Handle?>

  init(_ handle: consuming sending WorkThread.Handle) {
    self.handle = Guarded(consume handle)
  }

  func join() {
    if let handle = handle.withLock({ $0.take() }) { handle.join() }
  }
}
