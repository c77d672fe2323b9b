import Core
import POSIX
import Subprocess

/// The programs of one installation of PostgreSQL: `pg_dump` and what comes with it.
struct PostgresPrograms: Sendable, Equatable {
  /// The folder that they are in.
  let folder: String
  /// Of `pg_dump`, such as 15.14.
  let version: String

  /// The first number of the version, by which servers and programs fit together.
  var major: Int { Self.major(of: version) ?? 0 }

  /// The path of a program.
  func path(_ program: String) -> String { "\(folder)/\(program)" }

  /// Where Debian has each major's programs beside each other.
  static let installedFolder = "/usr/lib/postgresql"
  /// How long a program may take to tell its version.
  private static let versionTimeout: Duration = .seconds(10)

  /// The oldest that is at least as new as the server: a newer one writes what an older `psql`
  /// may not read, and an older one does not know the server.
  ///
  /// https://www.postgresql.org/docs/15/app-pgdump.html
  static func find(
    serverMajor: Int, _ environment: [String: String], installed: String = installedFolder
  ) throws(BackupError) -> PostgresPrograms {
    let all = folders(environment, installed: installed).compactMap(programs(in:))
    let fitting = all.filter { $0.major >= serverMajor }.min { $0.major < $1.major }
    if let fitting { return fitting }
    // Several folders of PATH lead to the same ones.
    let known = all.map(\.version).reduce(into: [String]()) { known, version in
      if !known.contains(version) { known.append(version) }
    }
    throw .configuration(
      known.isEmpty
        ? "no pg_dump was found"
        : "the server is PostgreSQL \(serverMajor), and pg_dump is of "
          + known.joined(separator: ", "),
      hints: [
        "install the client of PostgreSQL \(serverMajor) or later "
          + "(Debian: postgresql-client-\(serverMajor)); it is looked for in \(installed)/*/bin "
          + "and on PATH"
      ])
  }

  /// Throws `refused` where a dump by them could not be restored into a server of that major.
  ///
  /// Programs set what their own major knows, and an older server takes that for a mistake.
  func checkRestores(into serverMajor: Int) throws(BackupError) {
    guard major > serverMajor else { return }
    throw .refused(
      "pg_dump here is of \(version), and the server is PostgreSQL \(serverMajor): what it writes "
        + "may only be restored into a server of PostgreSQL \(major) or newer",
      hints: [
        "install the server's own client (Debian: postgresql-client-\(serverMajor))",
        "or say --newer-client, and keep a server of PostgreSQL \(major) at hand for the restore",
      ])
  }

  /// Those of each major first: what PATH has may only choose one of them.
  private static func folders(
    _ environment: [String: String], installed: String
  ) -> [String] {
    let majors = ((try? File.list(installed)) ?? []).filter { Int($0) != nil }
    let path = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return majors.map { "\(installed)/\($0)/bin" } + path
  }

  private static func programs(in folder: String) -> PostgresPrograms? {
    let program = folder + "/pg_dump"
    guard File.isExecutable(program),
      let result = try? Subprocess.Command(program, ["--version"]).run(
        deadline: .after(versionTimeout)),
      result.isSuccess,
      // pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)
      let version = result.outputText.split(separator: " ").dropFirst(2).first
    else { return nil }
    let text = version.prefix { !$0.isWhitespace }
    return major(of: String(text)) == nil
      ? nil : PostgresPrograms(folder: folder, version: String(text))
  }

  /// The first number of a version; nil of what is none.
  static func major(of version: String) -> Int? {
    Int(version.prefix { $0.isASCII && $0.isNumber })
  }
}
