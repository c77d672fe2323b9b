import POSIX

/// A process by what no other process of any machine has: whoever runs on the same kernel, among
/// the same processes, can tell whether it has ended.
struct ProcessMark: Sendable, Equatable {
  /// The boot of the machine.
  let boot: String
  /// The namespace in which the number counts: containers of one machine have their own numbers.
  let namespace: String
  let process: Int32
  /// When it started, in clock ticks since the boot.
  let startTick: UInt64

  /// This process; nil where the system does not tell.
  static var own: ProcessMark? {
    guard let boot = ProcessInfo.bootIdentifier, let namespace = ProcessInfo.processNamespace,
      let tick = ProcessHandle.startTick(of: ProcessInfo.identifier)
    else { return nil }
    return ProcessMark(
      boot: boot, namespace: namespace, process: ProcessInfo.identifier, startTick: tick)
  }

  /// Whether the process has certainly ended, as seen from `own`.
  ///
  /// One of another machine, another container, or of which nothing can be read is taken to live.
  func hasEnded(seenFrom own: ProcessMark?) -> Bool {
    guard let own, own.boot == boot, own.namespace == namespace else { return false }
    do throws(SystemError) {
      let handle = try ProcessHandle(process)
      if handle.hasEnded { return true }
      return handle.startTick.map { $0 != startTick } ?? handle.hasEnded
    } catch {
      return error.isMissing
    }
  }
}

extension ProcessMark {
  var text: String { "\(boot) \(namespace) \(process) \(startTick)" }

  /// Reads what `text` gave; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 4, let process = Int32(parts[2]), let tick = UInt64(parts[3]) else {
      return nil
    }
    self.init(boot: parts[0], namespace: parts[1], process: process, startTick: tick)
  }
}
