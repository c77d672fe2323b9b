import Core
import POSIX
import Synchronization

/// Turns SIGINT and SIGTERM into a call while some work runs.
final class CancelOnSignal: Sendable {
  /// How long the end of the work may go unnoticed.
  private static let lookInterval: Duration = .milliseconds(50)

  private let signals: SignalReader
  private let isDone = Atomic(false)

  /// Blocks the signals: make it before other threads start.
  init() throws(SystemError) {
    signals = try SignalReader([.interrupt, .terminate])
  }

  /// Runs `body`; a signal meanwhile calls `cancel` on another thread, each time.
  func during<Value>(
    _ body: () throws -> Value, cancel: @escaping @Sendable () -> Void
  ) throws -> Value {
    isDone.store(false, ordering: .releasing)
    let watch = try WorkThread.start("signals") { [self] in
      while !isDone.load(ordering: .acquiring) {
        let signal = try? signals.next(.after(Self.lookInterval))
        if signal != nil { cancel() }
      }
    }
    let result = Result { try body() }
    isDone.store(true, ordering: .releasing)
    watch.join()
    return try result.get()
  }
}
