import Core
import POSIX
import Subprocess

/// The programs of one backup, which end together.
///
/// Each gets SIGTERM with the thread that started it, so that none outlives a killed run.
final class ProgramGroup: Sendable {
  private struct State {
    var isCancelled = false
    /// Whether nothing more is to be started, for whatever reason.
    var isStopped = false
    var running: [Int32: ChildProcess] = [:]
  }

  private let state = Guarded(State())

  /// What is kept of what a program says on standard error, in bytes.
  static let errorBytesMax = 64 * 1024
  /// How long a program that has written all may take to end.
  static let endTimeout: Duration = .seconds(60)
  /// How many of its last lines are told.
  private static let linesMax = 6

  /// Whether somebody wanted no more of it, such as by a signal.
  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Starts a program; throws `interrupted` once the group was told to end.
  func start(_ command: Subprocess.Command) throws(BackupError) -> ChildProcess {
    var command = command
    command.endsWithThread = true
    let child: ChildProcess
    do throws(SubprocessError) {
      child = try ChildProcess(command, captureBytesMax: Self.errorBytesMax)
    } catch {
      throw .notStarted(error)
    }
    let isStopped = state.withLock { state in
      state.running[child.identifier] = child
      return state.isStopped
    }
    if isStopped {
      child.send(.terminate)
      throw .interrupted
    }
    return child
  }

  /// Waits for the end of a program that has nothing left to write, and throws where it was none.
  func finish(_ child: ChildProcess, named program: String) throws(BackupError) {
    defer { forget(child) }
    let result: CommandResult
    do throws(SubprocessError) {
      result = try child.finish(.after(Self.endTimeout))
    } catch {
      throw .notStarted(error)
    }
    guard result.isSuccess else {
      let lines = result.errorText.split(whereSeparator: \.isNewline).map(String.init)
      throw .program(
        .init(program: program, exit: result.exit, lines: Array(lines.suffix(Self.linesMax))))
    }
  }

  /// Ends one that is no longer wanted.
  func end(_ child: ChildProcess) {
    child.send(.terminate)
    _ = try? child.finish(.after(.zero))
    forget(child)
  }

  /// Ends all, and whatever is started from now on, since somebody wants no more of it.
  func cancel() {
    state.withLock { $0.isCancelled = true }
    stop()
  }

  /// Ends all, and whatever is started from now on, since something else of the backup failed: that
  /// is what is told.
  func stop() {
    let running = state.withLock { state in
      state.isStopped = true
      return Array(state.running.values)
    }
    for child in running { child.send(.terminate) }
  }

  private func forget(_ child: ChildProcess) {
    state.withLock { _ = $0.running.removeValue(forKey: child.identifier) }
  }
}
