import CSV
import Core
import Glibc
import POSIX
import SQL
import TestSupport
import Testing

@testable import App

/// A file in, people out; the same on both databases.
@Suite struct PeopleImportTests {
  private static let header = ImportSite.header

  @Test(arguments: TestDatabase.allCases)
  func theSampleHas887PeopleHoweverOftenItIsImported(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    let sample = try ImportSite.sample()
    let first = try site.load(sample)
    #expect((first.rows, first.inserted, first.existing) == (887, 887, 0))
    let second = try site.load(sample)
    #expect((second.rows, second.inserted, second.existing) == (887, 0, 887))
    #expect(try site.count() == 887)
    #expect(try site.count(kind == .postgres ? "survived" : "survived = 1") == 342)
    #expect(sample.split(separator: "\n").count { $0.contains(/male,[0-9]+\.[0-9]+,/) } > 50)
  }

  @Test(arguments: TestDatabase.allCases)
  func everyColumnArrives(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    let text = Self.header + "1,-3,\"Ms. \"\"É\"\" 漢, O'\\N\t\",other,0.92,2147483647,0,-0.5e1\r\n"
    #expect(try site.load(text, chunkBytes: 1).inserted == 1)
    let select = Statement.once("all", "SELECT * FROM people")
    let row = try #require(try site.database.query(select, deadline: .after(.seconds(20))).first)
    #expect(try row.get("survived") == true)
    #expect(try row.get("passenger_class") == -3)
    #expect(try row.get("name") == "Ms. \"É\" 漢, O'\\N\t")
    #expect(try row.get("sex") == "other")
    #expect(try row.get("age") == 0)
    #expect(try row.get("siblings_or_spouses_aboard") == Int(Int32.max))
    #expect(try row.get("parents_or_children_aboard") == 0)
    #expect(try row.get("fare") == -5.0)
    let created: Timestamp = try row.get("created_at")
    #expect(try row.get("updated_at") == created)
    #expect(
      abs(Timestamp.now().microsecondsSinceEpoch - created.microsecondsSinceEpoch) < 60_000_000)
  }

  @Test(arguments: TestDatabase.allCases)
  func rowsThatSayTheSameAreDifferentPeople(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    let row = "0,3,Mr. Twin,male,22,1,0,7.25\n"
    // What only looks different says the same.
    let alike = "0,03,\"Mr. Twin\",male,22.9,1,0,7.250\n"
    #expect(try site.load(Self.header + row + row + alike).inserted == 3)
    #expect(try site.load(Self.header + row).inserted == 0)
    #expect(try site.load(Self.header + alike + row + row + row).inserted == 1)
    #expect(try site.count() == 4)
  }

  @Test(arguments: TestDatabase.allCases)
  func theOrderOfRowsAndColumnsDoesNotMatter(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    _ = try site.load(Self.header + "0,3,Mr. A,male,22,1,0,7.25\n1,1,Ms. B,female,30,0,2,80\n")
    let turned =
      "Fare,Name,Sex,Age,Siblings/Spouses Aboard,Parents/Children Aboard,Survived,Pclass\r\n"
      + "80.0,Ms. B,female,30,0,2,1,1\r\n7.25,Mr. A,male,22,1,0,0,3\r\n"
    #expect(try site.load(turned).inserted == 0)
  }

  /// So that another program can name the rows of a file too: computed with Python's hashlib.
  @Test func aRowHasTheUUIDThatTheManualDescribes() throws {
    let site = try ImportSite(.sqlite)
    let row = "0,3,Mr. Twin,male,22,1,0,7.25\n"
    _ = try site.load(Self.header + row + row)
    #expect(
      try site.column("uuid") == [
        .text("67e98e24-2781-55dc-83de-2c21c46552b7"),
        .text("c6bf6da0-42e5-5119-8619-c221e4586a54"),
      ])
  }

  @Test(arguments: TestDatabase.allCases)
  func oneWrongRowIsNamedAndNothingIsImported(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    let text =
      Self.header + ImportSite.rows(0..<20_000) + "1,3,Mr. É,mael,22,1,0,7.25\n"
      + ImportSite.rows(20_000..<30_000)
    let problems = #expect(throws: ImportProblems.self) { try site.load(text, chunkBytes: 65_536) }
    #expect(
      problems?.listed == [
        ImportProblem(
          CSVPlace(line: 20_002, column: 11),
          "Sex is 'mael'; allowed: male, female, other; did you mean male?")
      ])
    #expect(problems?.rows == 1)
    #expect(try site.count() == 0)
  }

  @Test(arguments: TestDatabase.allCases)
  func wrongRowsAreLeftOutWhereThatIsWanted(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    let text =
      Self.header + ImportSite.rows(0..<3) + "2,3,Mr. A,male,22,1,0,7.25\n"
      + "0,3,Mr. \"B\",male,22,1,0,7.25\n0,3,Mr. C,male\n" + ImportSite.rows(3..<5)
    let result = try site.load(text, skipsInvalid: true)
    #expect((result.rows, result.inserted, result.skipped.rows) == (8, 5, 3))
    #expect(result.skipped.listed.map(\.place.line) == [5, 6, 7])
    #expect(try site.count() == 5)
  }

  @Test func aHundredProblemsAreListedAndAllRowsAreCounted() throws {
    let site = try ImportSite(.sqlite)
    let text = Self.header + String(repeating: "x,3,Mr. A,male,y,1,0,7.25\n", count: 500)
    let problems = #expect(throws: ImportProblems.self) { try site.load(text) }
    #expect(problems?.listed.count == ImportProblem.listedMax)
    #expect(problems?.rows == 500)
    #expect(problems?.listed[1].place == CSVPlace(line: 2, column: 16))
  }

  @Test(arguments: TestDatabase.allCases)
  func replacingLeavesExactlyTheFile(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    _ = try site.load(Self.header + ImportSite.rows(0..<10))
    let kept = try site.column("created_at")
    try site.execute("UPDATE people SET age = 99 WHERE name = 'Mr. Nobody 4'")
    try site.execute("DELETE FROM people WHERE name = 'Mr. Nobody 5'")
    let result = try site.load(Self.header + ImportSite.rows(2..<12), .replace)
    // Two are not in the file and one was changed; that one, a missing one and two new ones come.
    #expect((result.removed, result.inserted, result.existing) == (3, 4, 6))
    #expect(try site.count() == 10)
    #expect(try site.count("age = 99") == 0)
    #expect(try site.column("created_at").count { kept.contains($0) } == 6)
    let again = try site.load(Self.header + ImportSite.rows(2..<12), .replace)
    #expect((again.removed, again.inserted, again.existing) == (0, 0, 10))
  }

  @Test(arguments: TestDatabase.allCases)
  func appendingAlwaysAdds(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    for _ in 0..<2 {
      #expect(try site.load(Self.header + ImportSite.rows(0..<10), .append).inserted == 10)
    }
    #expect(try site.count() == 20)
    #expect(Set(try site.column("name").map { "\($0)" }).count == 10)
  }

  @Test(arguments: TestDatabase.allCases)
  func aSourceThatFailsInTheMiddleLeavesNothing(kind: TestDatabase) throws {
    struct Broken: Error {}
    let site = try ImportSite(kind)
    let chunks = Guarded([Self.header + ImportSite.rows(0..<20_000)])
    #expect(throws: Broken.self) {
      try PeopleImport(database: site.database).run(
        {
          guard let chunk = chunks.withLock({ $0.popLast() }) else { throw Broken() }
          return Array(chunk.utf8)
        }, deadline: .after(.seconds(60)))
    }
    #expect(try site.count() == 0)
  }

  @Test(arguments: TestDatabase.allCases)
  func anImportThatIsStoppedLeavesNothing(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    let progress = ImportProgress()
    let chunks = Guarded([ImportSite.rows(0..<20_000), Self.header])
    #expect(throws: ImportStopped.self) {
      try PeopleImport(database: site.database).run(
        {
          let chunk = chunks.withLock { $0.popLast() }
          if chunk == nil { progress.stop() }
          return Array((chunk ?? "").utf8)
        }, ImportOptions(), progress, deadline: .after(.seconds(60)))
    }
    #expect(try site.count() == 0)
  }

  @Test(arguments: TestDatabase.allCases)
  func twoImportsOfOneFileAtOnceGiveItOnce(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    let text = Self.header + ImportSite.rows(0..<5000)
    let inserted = Guarded(0)
    try Crowd.run(2) { _ in
      let result = try site.load(text, chunkBytes: 65_536)
      inserted.withLock { $0 += result.inserted }
    }
    #expect(inserted.withLock { $0 } == 5000)
    #expect(try site.count() == 5000)
  }

  @Test func othersWriteToSQLiteWhileAFileIsRead() throws {
    let site = try ImportSite(.sqlite)
    let other = try DatabaseURL(site.url).open()
    defer { other.close() }
    let chunks = Guarded([ImportSite.rows(0..<20_000), Self.header])
    let written = Guarded(false)
    let result = try PeopleImport(database: site.database).run(
      {
        if let chunk = chunks.withLock({ $0.popLast() }) { return Array(chunk.utf8) }
        // The rows that came before are being staged, or are already.
        if written.withLock({ $0 }) { return [] }
        let clean = Statement.once("clean", "DELETE FROM people")
        _ = try other.execute(clean, deadline: .after(.seconds(20)))
        written.withLock { $0 = true }
        return Array(ImportSite.rows(20_000..<20_001).utf8)
      }, deadline: .after(.seconds(60)))
    #expect(result.inserted == 20_001)
    #expect(written.withLock { $0 })
  }

  /// The stage belongs to the connection, which lives on.
  @Test func anImportThatFailedIsNotInTheWayOfTheNext() throws {
    let site = try ImportSite(.sqlite)
    let text = Self.header + ImportSite.rows(0..<10)
    #expect(throws: ImportProblems.self) { try site.load(text + "x,3,Mr. A,male,1,1,0,1\n") }
    let other = try DatabaseURL(site.url).open()
    defer { other.close() }
    var options = DatabaseOptions()
    options.sqlite.busyTimeout = .milliseconds(50)
    let hasty = try DatabaseURL(site.url).open(options)
    defer { hasty.close() }
    let source = Guarded([text])
    let busy = #expect(throws: DatabaseError.self) {
      try other.transaction(.write, deadline: .after(.seconds(20))) { _ in
        try PeopleImport(database: hasty).run(
          { Array((source.withLock { $0.popLast() } ?? "").utf8) }, deadline: .after(.seconds(20)))
      }
    }
    #expect(busy?.kind == .busy)
    source.withLock { $0 = [text] }
    let result = try PeopleImport(database: hasty).run(
      { Array((source.withLock { $0.popLast() } ?? "").utf8) }, deadline: .after(.seconds(20)))
    #expect(result.inserted == 10)
  }

  @Test func replacingDoesNotWaitForeverForOthersWhoWritePeople() throws {
    let site = try ImportSite(.postgres)
    let other = try DatabaseURL(site.url).open()
    defer { other.close() }
    let busy = #expect(throws: DatabaseError.self) {
      try other.transaction(.write, deadline: .after(.seconds(60))) { connection in
        let clean = Statement.once("clean", "DELETE FROM people")
        _ = try connection.execute(clean, deadline: .after(.seconds(20)))
        _ = try site.load(Self.header + ImportSite.rows(0..<3), .replace)
      }
    }
    #expect(busy?.kind == .busy)
    #expect(try site.load(Self.header + ImportSite.rows(0..<3), .replace).inserted == 3)
  }

  @Test(arguments: TestDatabase.allCases)
  func aDatabaseThatFailsEndsAnImportWhoseFileIsSilent(kind: TestDatabase) throws {
    let site = try ImportSite(kind)
    var ends: [Int32] = [-1, -1]
    let code = unsafe pipe(&ends)
    try #require(code == 0)
    let writing = FileDescriptor(owning: ends[1])
    let file = ImportFile(FileDescriptor(owning: ends[0]))
    let progress = ImportProgress()
    let chunks = Guarded([Self.header + ImportSite.rows(0..<20_000)])
    let deadline = Deadline.after(.seconds(2))
    let error = #expect(throws: DatabaseError.self) {
      try PeopleImport(database: site.database).run(
        {
          guard let chunk = chunks.withLock({ $0.popLast() }) else {
            return try file.read(while: progress)
          }
          // The database takes nothing any more once this is there.
          WorkThread.sleep(deadline.remaining + .milliseconds(10))
          return Array(chunk.utf8)
        }, ImportOptions(), progress, deadline: deadline)
    }
    #expect(error?.kind == .timeout)
    #expect(try site.count() == 0)
    try writing.write([0])
  }

  @Test func anImportWorksBehindAPoolerWhoseSessionsAreShared() throws {
    let site = try ImportSite(.postgres)
    let pooler = try PgBouncer(before: PostgresServer.shared(), serverConnections: 1)
    let name = String(site.url.split(separator: "/").last ?? "")
    let pooled = try DatabaseURL(pooler.url(of: name)).open()
    defer { pooled.close() }
    for mode in [ImportOptions.Mode.merge, .replace, .append] {
      let text = Guarded([Self.header + ImportSite.rows(0..<100)])
      var options = ImportOptions()
      options.mode = mode
      _ = try PeopleImport(database: pooled).run(
        { Array((text.withLock { $0.popLast() } ?? "").utf8) }, options,
        deadline: .after(.seconds(60)))
    }
    #expect(try site.count() == 200)
  }
}
