import Core
import POSIX
import Subprocess

/// A process that the supervisor looks after: a child of its own, or one that it took over.
protocol WatchedProcess: AnyObject {
  /// The process's number.
  var identifier: Int32 { get }
  /// Readable once the process has ended.
  var endDescriptor: Int32 { get }
  /// How it ended, nil while it runs. Reaps a child.
  func end() -> ProcessEnd?
  /// Sends a signal; a process that has ended is no error.
  func send(_ signal: Signal)
}

extension ChildProcess: WatchedProcess {
  func end() -> ProcessEnd? {
    switch wait(.after(.zero)) {
    case .code(let code): .exit(code)
    case .signal(let number): .signal(number)
    case nil: nil
    }
  }
}

/// A process that a former supervisor started; how it ends is told to nobody.
final class AdoptedProcess: WatchedProcess {
  private let handle: ProcessHandle

  /// Takes over the process with that number, if it is still the one that was started then.
  init?(_ identifier: Int32, startedAtTick tick: UInt64) {
    guard let handle = try? ProcessHandle(identifier), handle.startTick == tick else { return nil }
    self.handle = handle
  }

  var identifier: Int32 { handle.identifier }
  var endDescriptor: Int32 { handle.rawValue }
  func end() -> ProcessEnd? { handle.hasEnded ? .unknown : nil }
  func send(_ signal: Signal) { handle.send(signal) }
}
