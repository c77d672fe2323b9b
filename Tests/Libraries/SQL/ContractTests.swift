import Core
import SQL
import Synchronization
import TestSupport
import Testing

/// What both databases promise.
@Suite struct ContractTests {
  private static let insert = Statement("insert", "INSERT INTO item (id, name) VALUES ($1, $2)")
  private static let byID = Statement("by_id", "SELECT id, name FROM item WHERE id = $1")
  private static let all = Statement("all", "SELECT id, name FROM item ORDER BY id")
  private static let count = Statement("count", "SELECT count(*) FROM item")

  private func items(_ backend: Backend) throws -> Fixture {
    let fixture = try backend.open()
    try fixture.database.run(
      "CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL CHECK (name <> ''))")
    return fixture
  }

  @Test(arguments: Backend.allCases)
  func aRowComesBackByIndexAndByName(backend: Backend) throws {
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    let affected = try database.execute(Self.insert, [7, "Ada"], deadline: .generous)
    #expect(affected == 1)
    let rows = try database.query(Self.byID, [7], deadline: .generous)
    #expect(rows.count == 1)
    let row = try #require(rows.first)
    #expect(try row.get(0) == Int64(7))
    #expect(try row.get("name") == "Ada")
    #expect(row.columns == ["id", "name"])
  }

  @Test(arguments: Backend.allCases)
  func everyTypeSurvivesARoundTrip(backend: Backend) throws {
    let fixture = try backend.open()
    defer { fixture.close() }
    let kinds: [Dialect: String] = [
      .postgres:
        "b boolean, i bigint, r double precision, t text, d bytea, day date, "
        + "at timestamptz, u uuid",
      .sqlite: "b integer, i integer, r real, t text, d blob, day text, at text, u text",
    ]
    let database = fixture.database
    try database.run("CREATE TABLE kind (\(kinds[database.dialect] ?? ""))")
    let day = try #require(CivilDate("1996-02-29"))
    let moment = Timestamp(microsecondsSinceEpoch: -12_345_678_901_234)
    let uuid = UUID.random()
    let text = "a'b\"c\\ \u{1F1EA}\u{1F1E8} 漢 \n"
    let values: [Value] = [
      .boolean(true), .integer(.min), .real(0.1), .text(text), .blob([0, 255, 39, 92]),
      .date(day), .timestamp(moment), .uuid(uuid),
    ]
    let insert = Statement.once(
      "insert", "INSERT INTO kind VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    _ = try database.execute(insert, values, deadline: .generous)
    let select = Statement.once("select", "SELECT b, i, r, t, d, day, at, u FROM kind")
    let row = try #require(try database.query(select, deadline: .generous).first)
    #expect(try row.get(0) == true)
    #expect(try row.get(1) == Int64.min)
    #expect(try row.get(2) == 0.1)
    #expect(try row.get(3) == text)
    #expect(try row.get(4) == [UInt8]([0, 255, 39, 92]))
    #expect(try row.get(5) == day)
    #expect(try row.get(6) == moment)
    #expect(try row.get(7) == uuid)
  }

  @Test(arguments: Backend.allCases)
  func nullIsNilAndAnErrorWhereNoneIsExpected(backend: Backend) throws {
    let fixture = try backend.open()
    defer { fixture.close() }
    let database = fixture.database
    let select = Statement.once("nulls", "SELECT NULL AS absent, '' AS empty")
    let row = try #require(try database.query(select, deadline: .generous).first)
    let absent: String? = try row.get("absent")
    #expect(absent == nil)
    #expect(try row.get("empty") == "")
    let error = #expect(throws: DatabaseError.self) { try row.get("absent", as: String.self) }
    #expect(error?.kind == .decoding)
    #expect(throws: DatabaseError.self) { try row.get("missing", as: String.self) }
    #expect(throws: DatabaseError.self) { try row.get(2, as: String.self) }
  }

  @Test(arguments: Backend.allCases)
  func anEmptyBlobAndAnEmptyTextAreNotNull(backend: Backend) throws {
    let fixture = try backend.open()
    defer { fixture.close() }
    let database = fixture.database
    let blob = database.dialect == .postgres ? "bytea" : "blob"
    try database.run("CREATE TABLE empties (t text NOT NULL, d \(blob) NOT NULL)")
    let insert = Statement.once("insert", "INSERT INTO empties VALUES ($1, $2)")
    _ = try database.execute(insert, [.text(""), .blob([])], deadline: .generous)
    #expect(try database.value("SELECT t FROM empties") == .text(""))
    #expect(try database.value("SELECT d FROM empties") == .blob([]))
  }

  @Test(arguments: Backend.allCases)
  func parametersMayComeInAnyOrderAndTwice(backend: Backend) throws {
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    let insert = Statement.once("insert", "INSERT INTO item (name, id) VALUES ($2, $1)")
    _ = try database.execute(insert, [1, "one"], deadline: .generous)
    let select = Statement.once(
      "select", "SELECT name FROM item WHERE name = $2 AND id = $1 AND (name = $2 OR id = $1)")
    #expect(try database.query(select, [1, "one"], deadline: .generous).count == 1)
  }

  @Test(arguments: Backend.allCases)
  func aTextWithNULIsRefused(backend: Backend) throws {
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    let error = #expect(throws: DatabaseError.self) {
      try database.execute(Self.insert, [1, "a\0b"], deadline: .generous)
    }
    #expect(error?.kind == .sql)
    #expect(error?.description.contains("a\0b") == false)
  }

  @Test(arguments: Backend.allCases)
  func constraintsAreToldApart(backend: Backend) throws {
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    try database.run("CREATE TABLE part (item bigint REFERENCES item (id))")
    _ = try database.execute(Self.insert, [1, "one"], deadline: .generous)
    let cases: [(Statement, [Value], DatabaseError.Constraint)] = [
      (Self.insert, [1, "again"], .unique), (Self.insert, [2, nil], .notNull),
      (Self.insert, [2, ""], .check),
      (Statement.once("part", "INSERT INTO part VALUES ($1)"), [99], .foreignKey),
    ]
    for (statement, parameters, expected) in cases {
      let error = #expect(throws: DatabaseError.self) {
        try database.execute(statement, parameters, deadline: .generous)
      }
      guard case .constraint(let constraint, _)? = error?.kind else {
        Issue.record("\(expected) gave \(String(describing: error))")
        continue
      }
      #expect(constraint == expected)
      #expect(error?.statement == statement.name)
    }
  }

  @Test(arguments: Backend.allCases)
  func errorsNeverShowParameters(backend: Backend) throws {
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    _ = try database.execute(Self.insert, [1, "hunter2"], deadline: .generous)
    try database.run("CREATE UNIQUE INDEX item_name ON item (name)")
    let error = #expect(throws: DatabaseError.self) {
      try database.execute(Self.insert, [2, "hunter2"], deadline: .generous)
    }
    #expect(error?.description.contains("hunter2") == false)
    if backend == .postgres {
      let cast = Statement.once("cast", "SELECT $1::text::integer")
      let error = #expect(throws: DatabaseError.self) {
        try database.query(cast, ["hunter2"], deadline: .generous)
      }
      #expect(error?.description.contains("hunter2") == false)
    }
  }

  @Test(arguments: Backend.allCases)
  func aWrongStatementIsAFaultOfTheProgram(backend: Backend) throws {
    let fixture = try backend.open()
    defer { fixture.close() }
    let database = fixture.database
    let error = #expect(throws: DatabaseError.self) { try database.run("SELEKT 1") }
    #expect(error?.kind == .sql)
    #expect(try database.value("SELECT 1") == 1)
  }

  @Test(arguments: Backend.allCases)
  func aTransactionIsCommittedWhenItsBodyReturns(backend: Backend) throws {
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    let seen = try database.transaction(.write, deadline: .generous) { connection in
      _ = try connection.execute(Self.insert, [1, "one"], deadline: .generous)
      return try connection.query(Self.all, deadline: .generous).count
    }
    #expect(seen == 1)
    #expect(try database.query(Self.all, deadline: .generous).count == 1)
  }

  @Test(arguments: Backend.allCases)
  func aTransactionIsRolledBackWhenItsBodyThrows(backend: Backend) throws {
    struct Stop: Error {}
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    #expect(throws: Stop.self) {
      try database.transaction(.write, deadline: .generous) { connection in
        _ = try connection.execute(Self.insert, [1, "one"], deadline: .generous)
        throw Stop()
      }
    }
    #expect(try database.query(Self.all, deadline: .generous).isEmpty)
  }

  @Test(arguments: Backend.allCases)
  func aReadTransactionRefusesWritesAndSeesOneSnapshot(backend: Backend) throws {
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    try database.transaction(.read, deadline: .generous) { connection in
      #expect(try connection.query(Self.all, deadline: .generous).isEmpty)
      _ = try database.execute(Self.insert, [1, "one"], deadline: .generous)
      #expect(try connection.query(Self.all, deadline: .generous).isEmpty)
      let error = #expect(throws: DatabaseError.self) {
        try connection.execute(Self.insert, [2, "two"], deadline: .generous)
      }
      #expect(error?.kind == .readOnly)
      throw DatabaseError(.sql, "leave")
    } catching: {
      #expect(($0 as? DatabaseError)?.message == "leave")
    }
    #expect(try database.query(Self.all, deadline: .generous).count == 1)
  }

  @Test(arguments: Backend.allCases)
  func aTransactionThatIsLeftOpenNeverReturnsToThePool(backend: Backend) throws {
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    try database.run("BEGIN")
    _ = try database.execute(Self.insert, [1, "one"], deadline: .generous)
    try database.run("BEGIN")
    #expect(try database.query(Self.all, deadline: .generous).count == 1)
    try database.session(deadline: .generous) { connection in
      try connection.run(script: "BEGIN", named: "begin", deadline: .generous)
      _ = try connection.execute(Self.insert, [2, "two"], deadline: .generous)
    }
    #expect(try database.query(Self.all, deadline: .generous).count == 1)
  }

  @Test(arguments: Backend.allCases)
  func rowsAreStreamedAndMayBeStopped(backend: Backend) throws {
    struct Enough: Error {}
    let fixture = try backend.open()
    defer { fixture.close() }
    let database = fixture.database
    let numbers = Statement.once(
      "numbers",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
        + "SELECT i FROM n", access: .read)
    var sum: Int64 = 0
    try database.forEachRow(numbers, [], deadline: .generous) { sum += try $0.get(0) }
    #expect(sum == 50_000 * 50_001 / 2)
    var seen = 0
    #expect(throws: Enough.self) {
      try database.forEachRow(numbers, [], deadline: .generous) { _ in
        seen += 1
        if seen == 10 { throw Enough() }
      }
    }
    #expect(seen == 10)
    #expect(try database.value("SELECT 1") == 1)
  }

  @Test(arguments: Backend.allCases)
  func aStatementEndsAtItsDeadlineAndTheConnectionLivesOn(backend: Backend) throws {
    let fixture = try backend.open()
    defer { fixture.close() }
    let database = fixture.database
    let endless = Statement.once(
      "endless",
      postgresOrSQLite: (
        "SELECT pg_sleep(60)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
      ), database.dialect)
    let start = ContinuousClock.now
    let error = #expect(throws: DatabaseError.self) {
      try database.query(endless, deadline: .after(.milliseconds(100)))
    }
    #expect(error?.kind == .timeout)
    #expect(start.duration(to: .now) < .seconds(20))
    #expect(try database.value("SELECT 1") == 1)
  }

  @Test(arguments: Backend.allCases)
  func anInterruptEndsWhatRuns(backend: Backend) throws {
    let fixture = try backend.open()
    defer { fixture.close() }
    let database = fixture.database
    let endless = Statement.once(
      "endless",
      postgresOrSQLite: (
        "SELECT pg_sleep(60)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
      ), database.dialect)
    let isOver = Atomic<Bool>(false)
    try Crowd.run(2) { index in
      if index == 0 {
        let error = #expect(throws: DatabaseError.self) {
          try database.query(endless, deadline: .generous)
        }
        isOver.store(true, ordering: .relaxed)
        #expect(error?.kind == .timeout)
      } else {
        try Crowd.wait {
          database.interrupt()
          return isOver.load(ordering: .relaxed)
        }
      }
    }
  }

  @Test(arguments: Backend.allCases)
  func aThousandStatementsOfEightThreadsAllCount(backend: Backend) throws {
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    try Crowd.run(8) { thread in
      for index in 0..<125 {
        let id = Int64(thread * 1000 + index)
        _ = try database.execute(Self.insert, [.integer(id), "x"], deadline: .generous)
        #expect(try database.query(Self.byID, [.integer(id)], deadline: .generous).count == 1)
      }
    }
    #expect(try database.query(Self.count, deadline: .generous).first?.get(0) == 1000)
    #expect(database.statistics.inUse == 0)
    #expect(database.statistics.waiting == 0)
  }

  @Test(arguments: Backend.allCases)
  func afterCloseEveryCallSaysSo(backend: Backend) throws {
    let fixture = try backend.open()
    defer { fixture.close() }
    let database = fixture.database
    try database.ping(deadline: .generous)
    database.close()
    let error = #expect(throws: DatabaseError.self) { try database.ping(deadline: .generous) }
    #expect(error?.kind == .closed)
    #expect(database.statistics.inUse == 0)
  }

  @Test(arguments: Backend.allCases)
  func dataDefinitionChangesNoRows(backend: Backend) throws {
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    _ = try database.execute(Self.insert, [1, "one"], deadline: .generous)
    let create = Statement.once("create", "CREATE TABLE other (id integer)")
    #expect(try database.execute(create, deadline: .generous) == 0)
    let update = Statement.once("update", "UPDATE item SET name = $1")
    #expect(try database.execute(update, ["two"], deadline: .generous) == 1)
  }

  @Test(arguments: Backend.allCases)
  func aColumnAddedByAMigrationDoesNotBreakPreparedStatements(backend: Backend) throws {
    let fixture = try items(backend)
    defer { fixture.close() }
    let database = fixture.database
    let wide = Statement("wide", "SELECT * FROM item")
    _ = try database.execute(Self.insert, [1, "one"], deadline: .generous)
    #expect(try database.query(wide, deadline: .generous).first?.columns.count == 2)
    try database.run("ALTER TABLE item ADD COLUMN colour text")
    #expect(try database.query(wide, deadline: .generous).first?.columns.count == 3)
  }
}

extension Database {
  /// A transaction whose body throws what `handler` then sees.
  fileprivate func transaction(
    _ mode: TransactionMode, deadline: Deadline,
    _ body: (any DatabaseConnection) throws -> Void, catching handler: (any Error) -> Void
  ) throws {
    do {
      try transaction(mode, deadline: deadline, body)
    } catch {
      handler(error)
    }
  }
}

extension Statement {
  fileprivate static func once(
    _ name: String, postgresOrSQLite texts: (String, String), _ dialect: Dialect
  ) -> Statement {
    .once(name, dialect == .postgres ? texts.0 : texts.1, access: .read)
  }
}
