import CLinux
import Core
import Glibc
import POSIX

/// What a start leaves behind: the child and this process's ends of its pipes.
struct Launched: ~Copyable {
  let identifier: Int32
  var input: FileDescriptor?
  var output: FileDescriptor?
  var errorOutput: FileDescriptor?
}

/// Starts programs.
enum Launch {
  /// How long a program may be open for writing elsewhere before its start fails.
  ///
  /// Whoever wrote it has closed it, but a child that another thread has begun at that moment holds
  /// a copy of the descriptor until its own program starts.
  private static let writtenTimeout: Duration = .seconds(2)
  /// How long to rest between two tries.
  private static let writtenPause: Duration = .milliseconds(10)

  /// Starts `command`'s program.
  ///
  /// The child's signals are unblocked and back to their defaults, and it keeps no descriptor that
  /// the command does not name, whatever other threads have open.
  /// https://man7.org/linux/man-pages/man3/posix_spawn.3.html
  static func start(_ command: Command) throws(SubprocessError) -> Launched {
    let path = try ProgramSearch.path(of: command)
    if command.endsWithThread || command.user != nil {
      return try start(changed(command, path))
    }
    let environment = command.environment
    try check(command, environment)
    let deadline = Deadline.after(writtenTimeout)
    while true {
      do throws(SubprocessError) {
        return try tryStart(command, path, environment)
      } catch .system(_, let error) where error.isProgramBeingWritten && !deadline.hasPassed {
        WorkThread.sleep(writtenPause)
      }
    }
  }

  private static func tryStart(
    _ command: Command, _ path: String, _ environment: [String]
  ) throws(SubprocessError) -> Launched {
    do throws(SystemError) {
      return try spawn(command, path, environment)
    } catch {
      if error.isMissing, let directory = command.workingDirectory, !File.isDirectory(directory) {
        throw .workingDirectoryNotFound(program: command.program, directory: directory)
      }
      throw .system(program: command.program, error)
    }
  }

  /// `command` by way of the program that changes the user and asks for a signal at this thread's
  /// end, in this order: a change of the user takes the signal away.
  private static func changed(_ command: Command, _ path: String) -> Command {
    var changed = command
    changed.program = "setpriv"
    changed.arguments = []
    if let user = command.user {
      changed.arguments += ["--reuid", "\(user.number)", "--regid", "\(user.group)"]
      changed.arguments += ["--clear-groups"]
    }
    if command.endsWithThread { changed.arguments += ["--pdeathsig", "TERM"] }
    changed.arguments += ["--", path] + command.arguments
    changed.endsWithThread = false
    changed.user = nil
    return changed
  }

  private static func check(
    _ command: Command, _ environment: [String]
  ) throws(SubprocessError) {
    func refuse(_ reason: String) -> SubprocessError {
      .invalidCommand(program: command.program, reason: reason)
    }
    if ([command.program] + command.arguments).contains(where: { $0.utf8.contains(0) }) {
      throw refuse("an argument holds a zero byte")
    }
    if environment.contains(where: { $0.utf8.contains(0) || $0.hasPrefix("=") }) {
      throw refuse("a variable holds a zero byte or has no name")
    }
    if let number = command.descriptors.keys.first(where: {
      !(3...Command.childNumberMax).contains($0)
    }) {
      throw refuse("descriptor \(number) is not in 3...\(Command.childNumberMax)")
    }
  }

  private static func spawn(
    _ command: Command, _ path: String, _ environment: [String]
  ) throws(SystemError) -> Launched {
    var actions = try SpawnActions(above: max(2, command.descriptors.keys.max() ?? 2))
    var launched = Launched(identifier: 0, input: nil, output: nil, errorOutput: nil)
    switch command.input {
    case .none: try actions.open("/dev/null", O_RDONLY, as: 0)
    case .descriptor(let number): try actions.give(number, as: 0)
    case .inherit: try actions.give(0, as: 0)
    case .bytes, .stream:
      let pipe = try Pipe()
      try actions.give(pipe.reading.rawValue, as: 0)
      launched.input = pipe.intoWriting()
    }
    launched.output = try connect(command.output, as: 1, &actions)
    launched.errorOutput = try connect(command.errorOutput, as: 2, &actions)
    for (number, descriptor) in command.descriptors.sorted(by: { $0.key < $1.key }) {
      try actions.give(descriptor, as: number)
    }
    if let directory = command.workingDirectory { try actions.changeDirectory(directory) }
    let identifier = try actions.spawn(
      path, [command.program] + command.arguments, environment, command.group)
    return Launched(
      identifier: identifier, input: launched.input.take(), output: launched.output.take(),
      errorOutput: launched.errorOutput.take())
  }

  private static func connect(
    _ output: Command.Output, as number: Int32, _ actions: inout SpawnActions
  ) throws(SystemError) -> FileDescriptor? {
    switch output {
    case .discard: try actions.open("/dev/null", O_WRONLY, as: number)
    case .descriptor(let descriptor): try actions.give(descriptor, as: number)
    case .inherit: try actions.give(number, as: number)
    case .capture:
      let pipe = try Pipe()
      try actions.give(pipe.writing.rawValue, as: number)
      return pipe.intoReading()
    }
    return nil
  }
}
