import Subprocess

/// What a program writes; of a filter, made of what another stream gives.
final class ProgramStream: ByteStream {
  private let program: String
  private let programs: ProgramGroup
  private let child: ChildProcess
  private let upstream: (any ByteStream)?
  private var isUpstreamOver = false

  /// Starts the program of `command`, whose input and output are taken over.
  init(
    _ command: Subprocess.Command, _ programs: ProgramGroup, upstream: (any ByteStream)? = nil
  ) throws(BackupError) {
    var command = command
    command.input = upstream == nil ? .none : .stream
    command.output = .capture
    command.errorOutput = .capture
    program = command.program.split(separator: "/").last.map(String.init) ?? command.program
    self.programs = programs
    self.upstream = upstream
    do throws(BackupError) {
      child = try programs.start(command)
    } catch {
      upstream?.discard()
      throw error
    }
  }

  func next() throws -> [UInt8] {
    do {
      return try child.read { [self] in
        let piece = try upstream?.next() ?? []
        if piece.isEmpty { isUpstreamOver = true }
        return piece
      }
    } catch {
      throw (error as? SubprocessError).map(BackupError.notStarted) ?? error
    }
  }

  /// The program's own end is the first that is looked at: one that died took no more of what is
  /// behind it, which then could not end either.
  func finish() throws {
    do throws(BackupError) {
      try programs.finish(child, named: program)
      if upstream != nil, !isUpstreamOver {
        throw .program(
          .init(program: program, exit: .code(0), lines: ["it did not read all of its input"]))
      }
    } catch {
      upstream?.discard()
      throw error
    }
    try upstream?.finish()
  }

  func discard() {
    programs.end(child)
    upstream?.discard()
  }
}
