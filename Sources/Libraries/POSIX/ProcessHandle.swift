import CLinux
import Core
import Glibc

/// A running process held by a descriptor, so that its number can not come to mean another one.
///
/// Works for processes that are no children of this one.
/// https://man7.org/linux/man-pages/man2/pidfd_open.2.html
public struct ProcessHandle: ~Copyable, Sendable {
  /// The process's number.
  public let identifier: Int32
  private let file: FileDescriptor

  /// Holds the process with that number; throws `ESRCH` where there is none.
  public init(_ identifier: Int32) throws(SystemError) {
    self.identifier = identifier
    self.file = FileDescriptor(
      owning: try checked("pidfd_open", "process \(identifier)") {
        slipway_pidfd_open(identifier)
      })
  }

  /// The descriptor, readable once the process has ended.
  public var rawValue: Int32 { file.rawValue }

  /// Whether the process has ended.
  public var hasEnded: Bool { (try? file.waitUntilReadable(.after(.zero))) ?? true }

  /// Sends a signal; a process that has ended is no error.
  public func send(_ signal: Signal) {
    slipway_pidfd_send_signal(file.rawValue, signal.rawValue)
  }

  /// Waits for the end; false at the deadline.
  public func waitForEnd(_ deadline: Deadline) -> Bool {
    (try? file.waitUntilReadable(deadline)) ?? true
  }

  /// The directory that the process is in; nil where it is gone or nobody may know.
  ///
  /// https://man7.org/linux/man-pages/man5/proc_pid_cwd.5.html
  public var workingDirectory: String? {
    let path = ProcessInfo.readLink("/proc/\(identifier)/cwd")
    return hasEnded ? nil : path
  }

  /// When the process started, in clock ticks since the boot; nil where it is gone.
  ///
  /// Together with the number this names one process for ever.
  public var startTick: UInt64? { hasEnded ? nil : Self.startTick(of: identifier) }

  /// The same for a process that is not held.
  ///
  /// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  public static func startTick(of identifier: Int32) -> UInt64? {
    guard let text = try? File.readText("/proc/\(identifier)/stat") else { return nil }
    // The program's name is in parentheses and may hold anything, spaces and parentheses too.
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.count > 19 ? UInt64(fields[19]) : nil
  }
}
