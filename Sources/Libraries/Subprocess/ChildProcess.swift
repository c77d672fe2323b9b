import CLinux
import Core
import Glibc
import POSIX

/// A started program that this process owns.
///
/// Every way out reaps it: `wait`, `run`, and `deinit`, which ends a child that nobody holds any
/// more. Signals are sent only while the child is unreaped, so its number is still its own.
public final class ChildProcess: Sendable {
  /// The child's number.
  public let identifier: Int32

  private let command: Command
  private let startedAt = ContinuousClock.now
  private let handle: ProcessHandle
  private let exit = Guarded<Exit?>(nil)
  private let pipes: Guarded<PipeTraffic>

  /// How long the group may take from SIGTERM to its end before SIGKILL.
  public static let terminationGraceDefault: Duration = .seconds(5)

  /// How long output is awaited that a grandchild still holds open after the program's end.
  static let lingeringOutputMax: Duration = .milliseconds(500)

  /// Most bytes that are kept of each output; what comes after is read and dropped.
  public static let captureBytesMaxDefault = 16 * 1024 * 1024

  /// Starts `command`.
  public init(
    _ command: Command, captureBytesMax: Int = captureBytesMaxDefault
  ) throws(SubprocessError) {
    var launched = try Launch.start(command)
    self.command = command
    self.identifier = launched.identifier
    var bytes: [UInt8] = []
    if case .bytes(let given) = command.input { bytes = given }
    do throws(SystemError) {
      self.handle = try ProcessHandle(launched.identifier)
      self.pipes = Guarded(
        try PipeTraffic(
          input: launched.input.take(), bytes: command.input == .stream ? nil : bytes,
          output: launched.output.take(),
          errorOutput: launched.errorOutput.take(), bytesMax: captureBytesMax))
    } catch {
      kill(launched.identifier, SIGKILL)
      _ = Self.reap(launched.identifier)
      throw .system(program: command.program, error)
    }
  }

  deinit {
    guard exit.withLock({ $0 == nil }) else { return }
    send(.kill)
    _ = Self.reap(identifier)
  }

  /// How it ended, nil while it runs or has not been waited for.
  public var ended: Exit? { exit.withLock { $0 } }

  /// A descriptor that is readable once the program has ended, to wait on beside others.
  public var endDescriptor: Int32 { handle.rawValue }

  /// Sends `signal` to the child's whole group, or to it alone where the group is shared.
  ///
  /// A child that has ended is no error.
  public func send(_ signal: Signal) {
    exit.withLock { exit in
      guard exit == nil else { return }
      kill(command.group == .shared ? identifier : -identifier, signal.rawValue)
    }
  }

  /// Waits for the end and reaps; nil where the deadline comes first and the program still runs.
  ///
  /// Moves no output: a child with captured output is followed by `finish` instead.
  public func wait(_ deadline: Deadline) -> Exit? {
    if let known = ended { return known }
    guard handle.waitForEnd(deadline) else { return nil }
    return reapOnce()
  }

  /// The next piece of standard output, which must be captured; empty at its end.
  ///
  /// For output that does not fit into memory. A child whose input is a `stream` is fed with what
  /// `source` gives, until an empty piece: `source` is asked when the last one was taken, on this
  /// thread, and no more once the child reads no further. Waits without a limit: `send` from
  /// another thread ends it. How the child ended `finish` says, with what it wrote to standard
  /// error.
  public func read(feeding source: () throws -> [UInt8] = { [] }) throws -> [UInt8] {
    try pipes.withLock { pipes in try pipes.piece(feeding: source) }
  }

  /// Gives the child all of `bytes`; false where it reads no further.
  public func write(_ bytes: [UInt8]) throws(SubprocessError) -> Bool {
    do throws(SystemError) {
      return try pipes.withLock { pipes throws(SystemError) in try pipes.give(bytes) }
    } catch {
      throw .system(program: command.program, error)
    }
  }

  /// Lets the child read the end of its input.
  public func closeInput() { pipes.withLock { $0.closeInput() } }

  /// Follows the program to its end, ends its group at the deadline, and gives what is left of it.
  public func finish(
    _ deadline: Deadline, terminationGrace: Duration = terminationGraceDefault
  ) throws(SubprocessError) -> CommandResult {
    let failure = Guarded<SystemError?>(nil)
    let (result, late) = pipes.withLock { pipes in
      if command.input == .stream { pipes.closeInput() }
      var late = false
      do throws(SystemError) {
        late = try follow(&pipes, deadline, terminationGrace)
      } catch {
        failure.withLock { $0 = error }
      }
      return (pipes.collected, late)
    }
    let end = reapOnce()
    if let error = failure.withLock({ $0 }) {
      throw .system(program: command.program, error)
    }
    return CommandResult(
      exit: end, output: result.output, errorOutput: result.errorOutput,
      droppedBytes: result.droppedBytes, duration: startedAt.duration(to: .now),
      deadlinePassed: late)
  }

  /// Moves bytes until the program has ended; whether it had to be ended.
  private func follow(
    _ pipes: inout PipeTraffic, _ deadline: Deadline, _ grace: Duration
  ) throws(SystemError) -> Bool {
    if try pipes.move(until: handle.rawValue, deadline) {
      _ = try pipes.moveToEnd(deadline.within(Self.lingeringOutputMax))
      return false
    }
    send(.terminate)
    let last = Deadline.after(grace)
    if try pipes.move(until: handle.rawValue, last) { _ = try pipes.moveToEnd(last) }
    // The program is not reaped yet, so what is left of its group is still found by its number.
    send(.kill)
    _ = try pipes.move(until: handle.rawValue, .distant)
    _ = try pipes.moveToEnd(.after(Self.lingeringOutputMax))
    return true
  }

  private func reapOnce() -> Exit {
    exit.withLock { exit in
      if let exit { return exit }
      let result = Self.reap(identifier)
      exit = result
      return result
    }
  }

  /// Waits for the end of the child and takes it off the table of processes.
  ///
  /// https://man7.org/linux/man-pages/man2/waitpid.2.html
  private static func reap(_ identifier: Int32) -> Exit {
    var status: Int32 = 0
    while unsafe waitpid(identifier, &status, 0) < 0 {
      // ECHILD: this process ignores SIGCHLD, so the system reaped and the code is lost.
      guard slipway_errno() == EINTR else { return .code(-1) }
    }
    return slipway_signaled(status) != 0
      ? .signal(slipway_term_signal(status)) : .code(slipway_exit_status(status))
  }
}
