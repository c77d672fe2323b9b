import Core
import POSIX
import SQL
import TestSupport
import Testing

@testable import Ops

/// Copies of a local SQLite file, as a rollout takes and counts them.
struct LocalBackupTests {
  private let directory = TemporaryDirectory()
  private let run = NotedRun()
  private var paths: LocalPaths { LocalPaths(root: directory.path) }

  private func means(_ number: Int, of name: String? = nil) throws -> LocalBackup {
    if !File.exists(paths.database) {
      try File.makeDirectory(paths.backups)
      let database = try SQLiteDatabase(path: paths.database)
      defer { database.close() }
      try database.session(deadline: .after(.seconds(30))) { connection in
        try connection.run(
          script: "CREATE TABLE notes (id INTEGER PRIMARY KEY)", named: "make",
          deadline: .after(.seconds(30)))
      }
    }
    return LocalBackup(
      paths: paths,
      database: .sqlite(path: name.map { "\(directory.path)/\($0)" } ?? paths.database),
      release: LocalRelease(
        number: number, revision: "abc", digest: "", program: "app", environment: [:], replicas: 1,
        version: nil, time: Timestamp.now()))
  }

  private func carryOut(_ number: Int) throws -> String {
    let backup = RolloutBackup(
      requirement: .provenWithin(.seconds(3600)), means: try means(number))
    return try #require(try backup.carryOut(run))
  }

  @Test func aCopyIsCalledCheckedAndNotProven() throws {
    let taken = try carryOut(1)
    #expect(taken.hasSuffix(", checked just now") && !taken.contains("proven"))
    #expect(run.notes == ["none is checked: one is taken and checked"])
    #expect(try carryOut(2).contains("is recent enough"))
  }

  @Test func aCopyOfAnotherDatabaseDoesNotCount() throws {
    _ = try carryOut(1)
    #expect(try means(2).newestProven(run) != nil)
    #expect(try means(2, of: "other.sqlite").newestProven(run) == nil)
  }

  /// What the status says of copies, where that database serves.
  private func words(of name: String? = nil) throws -> String {
    let settings = try PlatformTests.committed().environment("local")
    let path = name.map { "\(directory.path)/\($0)" } ?? paths.database
    let release = LocalRelease(
      number: 1, revision: "abc", digest: "", program: "app",
      environment: ["DATABASE_URL": "sqlite:///\(path)"], replicas: 1, version: nil,
      time: Timestamp.now())
    return LocalStatus.backupWords(settings, release, paths)
  }

  @Test func theStatusNamesTheNewestCopyThatIsStillWhatWasChecked() throws {
    #expect(try words() == "none")
    _ = try carryOut(1)
    let first = try #require(LocalBackup.newest(paths))
    #expect(try words() == "\(first.name), checked at \(first.takenAt)")
    let others = try words(of: "other.sqlite")
    #expect(others == "none of this database that is still what was checked")
    try File.remove("\(paths.backups)/\(first.name).sqlite")
    #expect(try words() == others)
  }

  @Test(arguments: [false, true])
  func aCopyWhoseFileIsGoneOrAnotherDoesNotCount(_ isGone: Bool) throws {
    _ = try carryOut(1)
    let name = try #require(LocalBackup.newest(paths)).name
    let file = "\(paths.backups)/\(name).sqlite"
    if isGone {
      try File.remove(file)
    } else {
      var bytes = try File.read(file)
      bytes[bytes.count / 2] ^= 1
      try File.write(bytes, to: file)
    }
    #expect(try means(2).newestProven(run) == nil)
    #expect(try carryOut(2).hasSuffix(", checked just now"))
  }
}
