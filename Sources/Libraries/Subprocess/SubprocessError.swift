import POSIX

/// Why a program was not started or not followed to its end.
///
/// Names the program and never its arguments or variables.
public enum SubprocessError: Error, Sendable, Equatable {
  /// No such program: the path, or the name and where it was looked for.
  case programNotFound(program: String, searched: [String])
  /// A file is there that this process may not run.
  case programNotExecutable(program: String)
  /// The directory to start in is not there.
  case workingDirectoryNotFound(program: String, directory: String)
  /// An argument or a variable holds a zero byte, or a descriptor number is out of range.
  case invalidCommand(program: String, reason: String)
  /// Anything else that the system refused.
  case system(program: String, SystemError)
}

extension SubprocessError: CustomStringConvertible {
  /// One line that names the program.
  public var description: String {
    switch self {
    case .programNotFound(let program, let searched):
      searched.isEmpty
        ? "\(program): no such program"
        : "\(program): no such program in \(searched.joined(separator: ":"))"
    case .programNotExecutable(let program): "\(program): is not an executable file"
    case .workingDirectoryNotFound(let program, let directory):
      "\(program): can not start in \(directory): no such directory"
    case .invalidCommand(let program, let reason): "\(program): \(reason)"
    case .system(let program, let error): "\(program): \(error)"
    }
  }
}
