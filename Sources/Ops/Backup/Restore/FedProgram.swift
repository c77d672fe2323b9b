import Core
import POSIX
import Subprocess

/// A program that takes in a stream, such as `pg_restore`.
struct FedProgram {
  private let name: String
  private let child: ChildProcess
  private let programs: ProgramGroup

  /// Starts `command`, whose input comes with `pour`.
  init(_ command: Subprocess.Command, _ programs: ProgramGroup) throws(BackupError) {
    var command = command
    command.input = .stream
    name = Path.name(of: command.program)
    child = try programs.start(command)
    self.programs = programs
  }

  /// Gives it all of `stream` between `head` and `tail`, and waits for its end.
  ///
  /// The last piece is kept back until the stream has said that all of it was right: till then the
  /// program cannot have come to its end. Where it was not, the program is killed before it could
  /// take what it has for everything. Throws also where the program does not end well.
  func pour(
    _ stream: any ByteStream, head: String = "", tail: String = "", _ interruption: Interruption
  ) throws {
    do {
      try interruption.cancelling(with: { [programs] in programs.cancel() }) {
        let gaveAll = try give(stream, head, tail)
        child.closeInput()
        let result = try child.finish(.distant)
        guard result.isSuccess else { throw RestoreError.programFailed(name, result.cause) }
        // What was not read was not checked either.
        guard gaveAll else {
          throw RestoreError.programFailed(name, "ended before its input did")
        }
      }
    } catch {
      child.send(.kill)
      stream.discard()
      programs.end(child)
      // Of a program that a signal ended, the signal is the cause.
      try interruption.check()
      throw error
    }
  }

  /// Whether all of it was taken; a program that reads no further says with its end why.
  private func give(_ stream: any ByteStream, _ head: String, _ tail: String) throws -> Bool {
    var held = Array(head.utf8)
    while true {
      let piece = try stream.next()
      if piece.isEmpty { break }
      guard try child.write(held) else { return false }
      held = piece
    }
    try stream.finish()
    guard try child.write(held) else { return false }
    return try child.write(Array(tail.utf8))
  }
}

extension CommandResult {
  /// What a program says is the cause: its first error, not what it adds to it.
  var cause: String {
    let lines = errorText.split(whereSeparator: \.isNewline)
    let first = lines.first { $0.lowercased().contains("error:") }
    return first.map(String.init) ?? lastErrorLine ?? "\(exit)"
  }
}
