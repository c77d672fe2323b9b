import Subprocess

/// An archive of `pg_dump`, whose table of contents must be one that `pg_restore` reads.
///
/// The table stands at the beginning: `pg_restore --list` gets what goes by until it has read it.
/// Where all is to be read, it makes a script of all, which nobody keeps.
final class ArchiveListStream: ByteStream {
  private let upstream: any ByteStream
  private let programs: ProgramGroup
  private var child: ChildProcess?
  private var isRead = false

  /// `program` is the path of `pg_restore`.
  init(
    _ upstream: any ByteStream, _ programs: ProgramGroup, program: String,
    readsAll: Bool = false
  ) throws(BackupError) {
    self.upstream = upstream
    self.programs = programs
    do throws(BackupError) {
      child = try programs.start(
        Subprocess.Command(
          program, [readsAll ? "--file=/dev/null" : "--list"], input: .stream, output: .discard))
    } catch {
      upstream.discard()
      throw error
    }
  }

  func next() throws -> [UInt8] {
    let piece = try upstream.next()
    if !isRead, let child {
      isRead = piece.isEmpty
      do throws(SubprocessError) {
        if !piece.isEmpty { isRead = try !child.write(piece) }
      } catch {
        throw BackupError.notStarted(error)
      }
    }
    return piece
  }

  func finish() throws {
    try upstream.finish()
    guard let child else { return }
    self.child = nil
    do throws(BackupError) {
      try programs.finish(child, named: "pg_restore")
    } catch {
      // One that was killed says nothing of what it read.
      guard case .program(let end) = error, case .code = end.exit else { throw error }
      throw BackupError.incomplete(
        .custom, reason: "pg_restore can not read it: \(end.lines.last ?? "\(end.exit)")")
    }
  }

  func discard() {
    if let child { programs.end(child) }
    upstream.discard()
  }
}
