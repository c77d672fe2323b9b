import Core
import Glibc
import POSIX
import SQL
import Synchronization
import TestSupport
import Testing

/// What only an SQLite file can do.
@Suite struct SQLiteTests {
  private let directory = TemporaryDirectory()

  private func open(
    _ name: String, _ configure: (inout SQLiteOptions) -> Void = { _ in }
  ) throws(DatabaseError) -> SQLiteDatabase {
    var options = SQLiteOptions()
    configure(&options)
    return try SQLiteDatabase(path: directory.file(name), options: options)
  }

  private func kind(_ body: () throws -> Void) -> (DatabaseError.Kind?, String) {
    let error = #expect(throws: DatabaseError.self) { try body() }
    return (error?.kind, error?.description ?? "")
  }

  @Test func aFileThatIsNoDatabaseIsCorruptAndNamed() throws {
    let text = String(repeating: "this is not a database ", count: 100)
    try File.write(Array(text.utf8), to: directory.file("a.sqlite"))
    let (kind, words) = kind { _ = try open("a.sqlite") }
    #expect(kind == .corrupt)
    #expect(words.contains(directory.file("a.sqlite")))
  }

  @Test func aDamagedPageIsCorruptWhenItIsRead() throws {
    let database = try open("a.sqlite")
    try database.run("CREATE TABLE item (id integer PRIMARY KEY, name text)")
    try database.run("INSERT INTO item VALUES (1, hex(randomblob(20000)))")
    database.close()
    var bytes = try File.read(directory.file("a.sqlite"))
    for index in 4096..<4196 { bytes[index] = 0xff }
    try File.write(bytes, to: directory.file("a.sqlite"))
    let (kind, _) = kind {
      let damaged = try open("a.sqlite")
      defer { damaged.close() }
      _ = try damaged.value("SELECT name FROM item")
    }
    #expect(kind == .corrupt)
  }

  @Test func aFileInAFolderThatIsNotThereIsUnavailableAndNamed() {
    let (kind, words) = kind { _ = try open("missing/a.sqlite") }
    #expect(kind == .unavailable(sent: false))
    #expect(words.contains("missing/a.sqlite"))
    #expect(words.contains("No such file or directory"))
  }

  @Test func openedReadOnlyAMissingFileIsNotMade() throws {
    let (kind, _) = kind { _ = try open("a.sqlite") { $0.readOnly = true } }
    #expect(kind == .unavailable(sent: false))
    #expect(try File.list(directory.path).isEmpty)
  }

  @Test func openedReadOnlyAWriteIsRefusedAndNothingIsMade() throws {
    let writer = try open("a.sqlite")
    try writer.run("CREATE TABLE item (id integer)")
    writer.close()
    let reader = try open("a.sqlite") { $0.readOnly = true }
    defer { reader.close() }
    #expect(try reader.value("SELECT count(*) FROM item") == 0)
    let (kind, _) = kind { try reader.run("INSERT INTO item VALUES (1)") }
    #expect(kind == .readOnly)
    #expect(try File.list(directory.path) == ["a.sqlite"])
  }

  @Test func openedReadOnlyBesideAWriterItsCommitsAreSeen() throws {
    let writer = try open("a.sqlite")
    defer { writer.close() }
    try writer.run("CREATE TABLE item (id integer)")
    let reader = try open("a.sqlite") { $0.readOnly = true }
    defer { reader.close() }
    try writer.run("INSERT INTO item VALUES (1)")
    #expect(try reader.value("SELECT count(*) FROM item") == 1)
  }

  @Test func aReadStatementThatWritesIsRefused() throws {
    let database = try open("a.sqlite")
    defer { database.close() }
    try database.run("CREATE TABLE item (id integer)")
    let liar = Statement.once("liar", "INSERT INTO item VALUES (1)", access: .read)
    let (kind, _) = kind { _ = try database.execute(liar, deadline: .generous) }
    #expect(kind == .readOnly)
  }

  @Test func aLockOfAnotherProcessIsBusyAfterItsTime() throws {
    let one = try open("a.sqlite")
    let two = try open("a.sqlite") { $0.busyTimeout = .milliseconds(50) }
    defer {
      one.close()
      two.close()
    }
    try one.run("CREATE TABLE item (id integer)")
    try one.transaction(.write, deadline: .generous) { _ in
      let (busy, _) = kind { try two.run("INSERT INTO item VALUES (1)") }
      #expect(busy == .busy)
      let insert = Statement.once("insert", "INSERT INTO item VALUES (1)")
      let (late, _) = kind {
        _ = try two.execute(insert, deadline: .after(.milliseconds(10)))
      }
      #expect(late == .timeout)
      let count = try two.value("SELECT count(*) FROM item")
      #expect(count == 0)
    }
    try two.run("INSERT INTO item VALUES (1)")
  }

  @Test func aFullDiskIsFull() throws {
    let database = try open("a.sqlite")
    defer { database.close() }
    let fill = Statement.once("fill", "INSERT INTO item VALUES (randomblob(100000))")
    try database.run("CREATE TABLE item (data blob)")
    let error = #expect(throws: DatabaseError.self) {
      try database.session(deadline: .generous) { connection in
        try connection.run(
          script: "PRAGMA max_page_count = 10", named: "limit", deadline: .generous)
        _ = try connection.execute(fill, deadline: .generous)
      }
    }
    #expect(error?.kind == .full)
  }

  @Test func aWaiterGetsTheWriterWhenItIsFree() throws {
    let database = try open("a.sqlite")
    defer { database.close() }
    try database.run("CREATE TABLE item (id integer)")
    let insert = Statement("insert", "INSERT INTO item VALUES ($1)")
    try Crowd.run(6) { index in
      for _ in 0..<20 {
        try database.transaction(.write, deadline: .generous) { connection in
          _ = try connection.execute(insert, [.integer(Int64(index))], deadline: .generous)
        }
      }
    }
    #expect(try database.value("SELECT count(*) FROM item") == 120)
    #expect(database.statistics.inUse == 0)
  }

  @Test func aWaiterForTheWriterGivesUpAtItsDeadline() throws {
    let database = try open("a.sqlite")
    defer { database.close() }
    let insert = Statement.once("insert", "CREATE TABLE item (id integer)")
    try database.transaction(.write, deadline: .generous) { _ in
      let (kind, _) = kind {
        _ = try database.execute(insert, deadline: .after(.milliseconds(20)))
      }
      #expect(kind == .poolExhausted)
    }
    #expect(database.statistics.waitsTimedOut == 1)
    #expect(database.statistics.waiting == 0)
  }

  @Test func aDatabaseInMemoryIsOneForAllItsCallers() throws {
    let database = try DatabaseURL("sqlite::memory:").open()
    defer { database.close() }
    try database.run("CREATE TABLE item (id integer)")
    try Crowd.run(4) { _ in try database.run("INSERT INTO item VALUES (1)") }
    #expect(try database.value("SELECT count(*) FROM item") == 4)
  }

  @Test func commitsWaitForTheDiskUnlessToldOtherwise() throws {
    let full = try open("full.sqlite")
    let normal = try open("normal.sqlite") { $0.synchronous = .normal }
    defer {
      full.close()
      normal.close()
    }
    let look = Statement.once("look", "PRAGMA synchronous", access: .write)
    #expect(try full.query(look, deadline: .generous).first?.get(0) == 2)
    #expect(try normal.query(look, deadline: .generous).first?.get(0) == 1)
    #expect(try full.value("PRAGMA journal_mode") == "wal")
    #expect(try full.value("PRAGMA foreign_keys") == 1)
  }
}
