import Core
import POSIX

extension Command {
  /// Runs the program to its end and gives what is left of it.
  ///
  /// At the deadline the program's whole group gets SIGTERM, and SIGKILL where it is still there
  /// after `terminationGrace`; the result then says `deadlinePassed`. A program that fails is no
  /// error here, its exit is a fact of the result.
  public func run(
    deadline: Deadline, captureBytesMax: Int = ChildProcess.captureBytesMaxDefault,
    terminationGrace: Duration = ChildProcess.terminationGraceDefault
  ) throws(SubprocessError) -> CommandResult {
    try ChildProcess(self, captureBytesMax: captureBytesMax)
      .finish(deadline, terminationGrace: terminationGrace)
  }

  /// Starts the program as this process's child.
  public func spawn() throws(SubprocessError) -> ChildProcess { try ChildProcess(self) }

  /// Starts the program in a session of its own, to outlive this process; its number.
  ///
  /// `posix_spawn(3)` can not fork twice, so the program stays this process's child as long as this
  /// process lives, and is handed to init (or the nearest subreaper) when it ends. A program that
  /// ends earlier is a zombie until then: one entry in the table of processes. Whoever watches it
  /// holds it through `ProcessHandle`, which does not need a parent. Captured output would lose its
  /// reader, so capturing is refused here; write to a file.
  public func spawnDetached() throws(SubprocessError) -> Int32 {
    if output == .capture || errorOutput == .capture {
      throw .invalidCommand(program: program, reason: "a detached program's output needs a file")
    }
    switch input {
    case .none, .descriptor, .inherit: break
    case .bytes, .stream:
      throw .invalidCommand(program: program, reason: "a detached program's input needs a file")
    }
    var command = self
    command.group = .session
    return try Launch.start(command).identifier
  }
}
