import Core
import POSIX
import SQL
import Synchronization
import TestSupport
import Testing

/// The online backup of an SQLite file.
@Suite struct SQLiteBackupTests {
  private let directory = TemporaryDirectory()

  private func filled() throws -> SQLiteDatabase {
    let database = try SQLiteDatabase(path: directory.file("a.sqlite"))
    try database.run("CREATE TABLE item (id integer PRIMARY KEY, data blob)")
    try database.run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
        + "INSERT INTO item SELECT i, randomblob(3000) FROM n")
    return database
  }

  @Test func aCopyIsWholeAndOneFile() throws {
    let database = try filled()
    defer { database.close() }
    var last: BackupProgress?
    try database.backup(to: directory.file("copy.sqlite"), deadline: .generous) { last = $0 }
    #expect(last.map { $0.pagesDone == $0.pagesTotal && $0.pagesTotal > 1000 } == true)
    let files = try File.list(directory.path).filter { $0.hasPrefix("copy") }
    #expect(files == ["copy.sqlite"])
    let copy = try SQLiteDatabase(path: directory.file("copy.sqlite"))
    defer { copy.close() }
    #expect(try copy.value("SELECT count(*) FROM item") == 2000)
  }

  @Test func aBackupIsEndedFromAnotherThread() throws {
    let database = try filled()
    defer { database.close() }
    let error = #expect(throws: DatabaseError.self) {
      try database.backup(to: directory.file("copy.sqlite"), deadline: .distant) { _ in
        database.interrupt()
      }
    }
    #expect(error?.kind == .timeout)
    // Whenever the statement begins, one of these comes after it.
    let stopper = try WorkThread.start("stop") {
      for _ in 0..<400 {
        database.interrupt()
        WorkThread.sleep(.milliseconds(5))
      }
    }
    let reading = #expect(throws: DatabaseError.self) {
      try database.backup(to: directory.file("copy.sqlite"), deadline: .distant) { connection in
        let endless = Statement.once(
          "endless",
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
          access: .read)
        _ = try connection.query(endless, [], deadline: .after(.seconds(60)))
      }
    }
    stopper.join()
    #expect(reading?.kind == .timeout)
    #expect(try File.list(directory.path).filter { $0.hasPrefix("copy") } == [])
  }

  @Test func whoMayNotReadTheDatabaseMayNotReadTheCopy() throws {
    let database = try filled()
    defer { database.close() }
    try ShellService.run(["chmod", "600", directory.file("a.sqlite")])
    try database.backup(to: directory.file("copy.sqlite"), deadline: .generous)
    let mode = try ShellService.run(["stat", "-c", "%a", directory.file("copy.sqlite")])
    #expect(mode == "600\n")
  }

  @Test func whatIsRestoredHasTheModeOfWhatWasThere() throws {
    try filled().close()
    let (path, copy) = (directory.file("a.sqlite"), directory.file("copy.sqlite"))
    try ShellService.run(["cp", path, copy])
    try ShellService.run(["chmod", "640", path])
    try ShellService.run(["chmod", "600", copy])
    _ = try SQLiteDatabase.replace(
      path, with: copy, keepingOldAt: directory.file("old.sqlite"), deadline: .generous)
    #expect(try ShellService.run(["stat", "-c", "%a", path]) == "640\n")
  }

  @Test func writersGoOnMeanwhileAndTheCopyIsOfOneMoment() throws {
    let database = try filled()
    defer { database.close() }
    let isDone = Atomic<Bool>(false)
    let written = Atomic<Int64>(0)
    let target = directory.file("copy.sqlite")
    try Crowd.run(2) { index in
      if index == 0 {
        defer { isDone.store(true, ordering: .releasing) }
        for _ in 0..<5 { try database.backup(to: target, deadline: .generous) }
      } else {
        let insert = Statement("insert", "INSERT INTO item VALUES ($1, zeroblob(9000))")
        while !isDone.load(ordering: .acquiring) {
          let id = 2001 + written.load(ordering: .relaxed)
          _ = try database.execute(insert, [.integer(id)], deadline: .generous)
          written.add(1, ordering: .relaxed)
        }
      }
    }
    let copy = try SQLiteDatabase(path: target)
    defer { copy.close() }
    #expect(written.load(ordering: .relaxed) > 0)
    // Without a gap: everything up to one moment and nothing after it.
    #expect(try copy.value("SELECT count(*) = max(id) FROM item") == 1)
  }

  private static var impatient: SQLiteOptions {
    var options = SQLiteOptions()
    options.busyTimeout = .zero
    return options
  }

  @Test func nobodyWritesAFileWithoutWALWhileItIsCopied() throws {
    let database = try filled()
    defer { database.close() }
    // A copy has the journal that is rolled back.
    let file = directory.file("old.sqlite")
    try database.backup(to: file, deadline: .generous)
    var options = SQLiteOptions()
    options.readOnly = true
    let source = try SQLiteDatabase(path: file, options: options)
    defer { source.close() }
    let target = directory.file("copy.sqlite")
    let writing = Self.impatient
    let write = { (_: any DatabaseConnection) in
      let error = #expect(throws: DatabaseError.self) {
        let writer = try SQLiteDatabase(path: file, options: writing)
        defer { writer.close() }
        try writer.run("DELETE FROM item WHERE id % 2 = 0")
      }
      #expect(error?.kind == .busy || error?.kind == .timeout)
    }
    try source.backup(to: target, deadline: .generous, reading: write)
    let copy = try SQLiteDatabase(path: target)
    defer { copy.close() }
    #expect(try copy.value("SELECT count(*) FROM item") == 2000)
  }

  @Test func aDamagedDatabaseIsNotTakenForABackup() throws {
    let database = try filled()
    database.close()
    var bytes = try File.read(directory.file("a.sqlite"))
    for index in 40_000..<42_000 { bytes[index] = 0xff }
    try File.write(bytes, to: directory.file("a.sqlite"))
    let damaged = try SQLiteDatabase(path: directory.file("a.sqlite"))
    defer { damaged.close() }
    let error = #expect(throws: DatabaseError.self) {
      try damaged.backup(to: directory.file("copy.sqlite"), deadline: .generous)
    }
    #expect(error?.kind == .corrupt)
    #expect(try !File.list(directory.path).contains { $0.hasPrefix("copy") })
  }

  @Test func aBackupEndsAtItsDeadlineAndLeavesNothing() throws {
    let database = try filled()
    defer { database.close() }
    let error = #expect(throws: DatabaseError.self) {
      try database.backup(to: directory.file("copy.sqlite"), deadline: .after(.zero))
    }
    #expect(error?.kind == .timeout)
    #expect(try !File.list(directory.path).contains { $0.hasPrefix("copy") })
  }

  @Test func aFolderThatIsNotThereIsSaid() throws {
    let database = try filled()
    defer { database.close() }
    let error = #expect(throws: DatabaseError.self) {
      try database.backup(to: directory.file("missing/copy.sqlite"), deadline: .generous)
    }
    #expect(error?.description.contains("missing/copy.sqlite") == true)
  }
}
