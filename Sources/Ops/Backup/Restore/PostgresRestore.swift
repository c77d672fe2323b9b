import Core
import POSIX
import SQL
import Subprocess

/// Brings a dump into a database of PostgreSQL: all of it, or nothing; but for a script with large
/// objects, which ends the transaction amid itself.
struct PostgresRestore: Sendable {
  /// Where `pg_restore` and `psql` are.
  let programs: String
  let target: PostgresAddress
  let content: BackupContent
  /// Whether objects keep their owners and rights, whose roles then have to be there.
  var keepsOwners = true

  /// Restores `file`; throws a `RestoreError` or a `BackupError`, and then the database is as it
  /// was before, but for such a script.
  ///
  /// `started` is called once the program that writes is there: before, nothing is written.
  func run(
    _ file: BackupFile, _ interruption: Interruption, started: () -> Void = {}
  ) throws {
    switch file.content {
    case .custom: try restoreArchive(file, interruption, started)
    case .plain: try restoreText(file, interruption, started)
    case .globals, .settings, .sqlite: throw RestoreError.nothingToRestore(content.manifest.id)
    }
  }

  /// An archive in one transaction.
  ///
  /// https://www.postgresql.org/docs/15/app-pgrestore.html
  private func restoreArchive(
    _ file: BackupFile, _ interruption: Interruption, _ started: () -> Void
  ) throws {
    let program = try FedProgram(
      try command("pg_restore", ["--single-transaction", "--exit-on-error"] + ownerOptions),
      content.programs)
    started()
    try program.pour(content.open(file), interruption)
  }

  /// A dump as text, all of which is read and checked once before any of it is run.
  ///
  /// It may end its own transaction, as one with large objects does. The transaction is begun and
  /// ended here, since psql would also take an end of its input for a reason to commit.
  ///
  /// https://www.postgresql.org/docs/15/app-psql.html
  private func restoreText(
    _ file: BackupFile, _ interruption: Interruption, _ started: () -> Void
  ) throws {
    try PsqlSafety.check("\(programs)/psql")
    var start: [UInt8] = []
    try content.read(file, interruption) { piece in
      if start.count < PsqlSafety.startBytes { start += piece.prefix(PsqlSafety.startBytes) }
    }
    let program = try FedProgram(
      try command("psql", ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]),
      content.programs)
    started()
    let head = PsqlSafety.restriction(of: String(decoding: start, as: UTF8.self)) + "BEGIN;\n"
    try program.pour(content.open(file), head: head, tail: "\nCOMMIT;\n", interruption)
  }

  /// So many tables at once, from a file in a folder of its own in `parent`, gone afterwards; after
  /// `kill -9` the next restore or drill there takes it away.
  ///
  /// The file is whole and checked before any of it is restored; but what was restored before a
  /// failure stays, since several sessions share no transaction.
  func run(
    _ file: BackupFile, jobs: Int, in parent: String, _ interruption: Interruption,
    started: () -> Void = {}
  ) throws {
    _ = ScratchFolder.sweep(parent)
    let folder = try ScratchFolder(in: parent)
    let result = Result {
      try run(file, jobs: jobs, from: "\(folder.path)/dump.pgdump", interruption, started)
    }
    if case .failure(let error) = result {
      // Why the restore failed is what is told, and not that something of it is left as well.
      try? folder.remove()
      throw error
    }
    try folder.remove()
  }

  /// The same, by a file that is made at `path`.
  private func run(
    _ file: BackupFile, jobs: Int, from path: String, _ interruption: Interruption,
    _ started: () -> Void
  ) throws {
    let output = try File.open(path, .create, mode: File.ownerOnly)
    try content.read(file, interruption) { try output.write($0) }
    var command = try command(
      "pg_restore", ["--exit-on-error", "--jobs=\(jobs)"] + ownerOptions)
    command.arguments.append(path)
    let child = try content.programs.start(command)
    started()
    let result = try interruption.cancelling(with: { child.send(.terminate) }) {
      try child.finish(.distant)
    }
    try interruption.check()
    guard result.isSuccess else { throw RestoreError.programFailed("pg_restore", result.cause) }
  }

  private var ownerOptions: [String] { keepsOwners ? [] : ["--no-owner", "--no-privileges"] }

  /// The database stands among the arguments too: without it `pg_restore` writes a script.
  private func command(
    _ program: String, _ options: [String]
  ) throws -> Subprocess.Command {
    let name = (target.database ?? target.user ?? "postgres")
      .replacing("\\", with: "\\\\").replacing("'", with: "\\'")
    return Subprocess.Command(
      "\(programs)/\(program)", options + ["--no-password", "--dbname=dbname='\(name)'"],
      variables: try PostgresVariables.make(target), output: .discard)
  }
}
