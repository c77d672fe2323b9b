import POSIX

/// Where a program's file is.
enum ProgramSearch {
  /// Used where this process has no `PATH`.
  private static let foldersDefault = "/usr/local/bin:/usr/bin:/bin"

  /// The path of `command`'s program.
  ///
  /// A name is looked up in this process's `PATH`, not in the child's: the caller knows its own.
  /// A relative path starts from the child's working directory, since that is where it is opened.
  static func path(of command: Command) throws(SubprocessError) -> String {
    let program = command.program
    if program.contains("/") {
      let seen =
        program.hasPrefix("/") ? program : (command.workingDirectory ?? ".") + "/" + program
      if File.isExecutable(seen) { return program }
      if File.exists(seen) { throw .programNotExecutable(program: program) }
      throw .programNotFound(program: program, searched: [])
    }
    let folders = (ProcessInfo.environment["PATH"] ?? foldersDefault)
      .split(separator: ":").map(String.init)
    let candidates = program.isEmpty ? [] : folders.map { $0 + "/" + program }
    if let path = candidates.first(where: File.isExecutable) { return path }
    if candidates.contains(where: { File.exists($0) }) {
      throw .programNotExecutable(program: program)
    }
    throw .programNotFound(program: program, searched: folders)
  }
}
