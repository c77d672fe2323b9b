import Core
import SQL
import Subprocess

/// The programs that write what a snapshot of PostgreSQL holds, as values.
///
/// https://www.postgresql.org/docs/15/app-pgdump.html
struct PostgresDump: Sendable {
  let programs: PostgresPrograms
  let variables: Subprocess.Command.Variables
  /// What a transaction of ours exported.
  let snapshot: String
  let database: String
  /// With quotes, so that each is one table's name and no pattern.
  let excludedTables: [String]
  let isSchemaOnly: Bool
  /// How long a table may be locked by somebody else.
  let lockWait: Duration
  /// Whether the passwords of roles may be read, and are to be kept.
  let hasRolePasswords: Bool

  /// The command that writes that content.
  func command(_ content: BackupFile.Content) -> Subprocess.Command {
    content == .globals ? globals : dump(content == .custom ? "custom" : "plain")
  }

  private func dump(_ format: String) -> Subprocess.Command {
    let arguments =
      [
        "--format=\(format)", "--snapshot=\(snapshot)", "--no-password",
        "--lock-wait-timeout=\(lockWait.inMilliseconds)",
      ] + (isSchemaOnly ? ["--schema-only"] : [])
      + excludedTables.map { "--exclude-table=\($0)" }
    return Subprocess.Command(programs.path("pg_dump"), arguments, variables: variables)
  }

  /// Goes to the database itself: another one may not let this role in.
  ///
  /// https://www.postgresql.org/docs/15/app-pg-dumpall.html
  private var globals: Subprocess.Command {
    let quoted = database.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
    return Subprocess.Command(
      programs.path("pg_dumpall"),
      ["--globals-only", "--no-password", "--database=dbname='\(quoted)'"]
        + (hasRolePasswords ? [] : ["--no-role-passwords"]), variables: variables)
  }

  /// Starts to write it, checked for being whole.
  func open(
    _ content: BackupFile.Content, _ group: ProgramGroup
  ) throws(BackupError) -> any ByteStream {
    let dump = try ProgramStream(command(content), group)
    if content == .custom {
      return try ArchiveListStream(dump, group, program: programs.path("pg_restore"))
    }
    return try ProgramStream(
      Subprocess.Command.gzip, group, upstream: CompletionLineStream(dump, content))
  }
}

extension Subprocess.Command {
  /// Compresses what it reads, without a name and a time, so that the same gives the same.
  ///
  /// https://www.gnu.org/software/gzip/manual/gzip.html
  static var gzip: Subprocess.Command { Subprocess.Command("gzip", ["--no-name", "--stdout"]) }

  /// Gives back what `gzip` took.
  static var gunzip: Subprocess.Command {
    Subprocess.Command("gzip", ["--decompress", "--stdout"])
  }
}
