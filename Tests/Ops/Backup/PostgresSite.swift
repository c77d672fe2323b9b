import Core
import ObjectStorage
import POSIX
import SQL
import Subprocess
import TestSupport
import Testing

@testable import Ops

/// A database of the shared server, and a folder that its backups go to.
struct PostgresSite {
  let directory = TemporaryDirectory()
  let server: PostgresServer
  let url: String

  var database: String { String(url.split(separator: "/").last ?? "") }
  var store: String { "file://" + directory.file("store") }

  /// An empty database, or one of the fixture.
  init(fixture: Bool = false) throws {
    server = try PostgresServer.shared()
    url = try server.makeDatabase()
    if fixture {
      try ShellService.run([
        "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-o", "/dev/null", "-f",
        Self.folder + "/fixture.sql",
      ])
    }
  }

  /// `Tests/backup`.
  static let folder: String = {
    var root = #filePath
    for _ in 0..<3 { root = Path.parent(of: root) }
    return root + "/backup"
  }()

  func sql(_ text: String) throws -> String { try server.sql(text, in: database) }

  /// Many rows that do not compress: about so many mebibytes.
  func fill(mebibytes: Int) throws {
    _ = try sql(
      """
      CREATE TABLE bulk AS SELECT n, decode(string_agg(md5(n::text || i::text), ''), 'hex') AS bytes
      FROM generate_series(1, \(mebibytes * 64)) AS n, generate_series(1, 1024) AS i GROUP BY n
      """)
  }

  /// Runs a command of `ops backup` in this process.
  func backup(_ words: String..., environment: [String: String] = [:]) -> TestProgram.Result {
    let path = ProcessInfo.environment["PATH"] ?? ""
    return TestProgram.run(
      words: ["backup"] + words, tree: Ops.commands,
      environment: environment.merging(["PATH": path]) { given, _ in given })
  }

  /// A run of a backup of this database into `storage`, without a command line.
  func run(
    into storage: any ObjectStorage, _ options: PostgresBackupOptions = .init(),
    encryption: AgeEncryption? = nil
  ) throws -> BackupRun {
    guard case .postgres(let address) = try DatabaseURL(url) else {
      preconditionFailure("a server's address is one of PostgreSQL")
    }
    let programs = ProgramGroup()
    let source = PostgresSource(
      address, options, programs: programs, environment: ProcessInfo.environment)
    return BackupRun(
      source, into: BackupCatalog(storage, BackupFixtures.keys()), encryption: encryption,
      programs: programs)
  }

  /// The processes of that program whose variables name this database.
  func processes(of program: String) throws -> [Int32] {
    try File.list("/proc").compactMap { Int32($0) }.filter { number in
      let arguments = (try? File.readText("/proc/\(number)/cmdline")) ?? ""
      let variables = (try? File.readText("/proc/\(number)/environ")) ?? ""
      let name = arguments.split(separator: "\0").first?.split(separator: "/").last
      return name == program[...]
        && variables.split(separator: "\0").contains("PGDATABASE=\(database)")
    }
  }
}
