import Core
import POSIX

/// Takes finished log lines; lines of several threads are never mixed.
public protocol LogSink: Sendable {
  /// Takes a whole line. One that is urgent is put out before this returns.
  func write(_ line: [UInt8], urgent: Bool)
  /// Puts out all that was taken.
  func flush()
}

/// Writes lines to a standard stream in batches, since a system call a line is what a fast request
/// would mostly consist of.
///
/// What is held back is put out after `intervalMax` at the latest; `kill -9` loses no more than
/// that.
public final class BufferedSink: LogSink {
  /// How long a line may be held back.
  public static let intervalMax: Duration = .milliseconds(100)
  /// How many bytes are held back at most.
  public static let heldBytesMax = 64 * 1024

  private let stream: StandardStream
  private let held = Guarded<[UInt8]>([])

  /// A sink before `stream`, with a thread that empties it.
  public init(_ stream: StandardStream) throws(SystemError) {
    self.stream = stream
    try WorkThread.detach("log") { [weak self] in
      while let sink = self {
        sink.flush()
        WorkThread.sleep(Self.intervalMax)
      }
    }
  }

  /// Takes a line.
  public func write(_ line: [UInt8], urgent: Bool) {
    held.withLock { held in
      held += line
      if urgent || held.count >= Self.heldBytesMax { put(&held) }
    }
  }

  /// Puts out what is held.
  public func flush() {
    held.withLock { held in
      if !held.isEmpty { put(&held) }
    }
  }

  /// Writes under the lock: that is what keeps lines in order.
  private func put(_ held: inout [UInt8]) {
    stream.write(bytes: held)
    held.removeAll(keepingCapacity: true)
  }
}

/// Keeps lines in memory; for tests.
public final class MemorySink: LogSink {
  private let lines = Guarded<[String]>([])

  /// An empty sink.
  public init() {}

  /// What was written so far, without line ends.
  public var written: [String] { lines.withLock { $0 } }

  /// Keeps the line.
  public func write(_ line: [UInt8], urgent: Bool) {
    lines.withLock { $0.append(String(decoding: line.dropLast(), as: UTF8.self)) }
  }

  /// Nothing is held back.
  public func flush() {}
}
