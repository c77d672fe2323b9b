import Core
import Glibc
import SQL
import TestSupport
import Testing

/// What both databases promise of copies.
@Suite struct CopyTests {
  struct Stop: Error {}

  private static let table = CopyTable(
    "thing",
    [
      .init("id", .integer64), .init("flag", .boolean), .init("small", .integer32),
      .init("weight", .real), .init("label", .text), .init("key", .uuid), .init("at", .timestamp),
    ])

  private func things(_ backend: Backend) throws -> Fixture {
    let fixture = try backend.open()
    let types =
      backend == .postgres
      ? "flag boolean, small integer, weight double precision, label text, key uuid, at timestamptz"
      : "flag integer, small integer, weight real, label text, key text, at text"
    try fixture.database.run(
      "CREATE TABLE thing (id bigint PRIMARY KEY, \(types), CHECK (label <> 'no'))")
    return fixture
  }

  /// Copies rows of an id and a label, a few in each batch.
  private func copy(
    _ rows: [(Int64, String?)], _ database: any Database, deadline: Deadline = .generous
  ) throws -> Int {
    var rest = rows[...]
    return try database.transaction(.write, deadline: deadline) { connection in
      try connection.copy(into: Self.table, deadline: deadline) { batch in
        for (id, label) in rest.prefix(3) { try Self.append(id, label, &batch) }
        rest = rest.dropFirst(3)
      }
    }
  }

  private static func append(_ id: Int64, _ label: String?, _ batch: inout CopyBatch) throws {
    batch.beginRow(fields: 7)
    batch.append(id)
    for _ in 0..<3 { batch.appendNull() }
    if let label { try batch.append(label) } else { batch.appendNull() }
    for _ in 0..<2 { batch.appendNull() }
  }

  @Test(arguments: Backend.allCases)
  func everyTypeArrives(backend: Backend) throws {
    let fixture = try things(backend)
    defer { fixture.close() }
    let uuid = UUID.random()
    let moment = Timestamp(microsecondsSinceEpoch: -12_345_678_901_234)
    var isDone = false
    let copied = try fixture.database.transaction(.write, deadline: .generous) { connection in
      try connection.copy(into: Self.table, deadline: .generous) { batch in
        if isDone { return }
        isDone = true
        batch.beginRow(fields: 7)
        batch.append(Int64.min)
        batch.append(true)
        batch.append(Int32.min)
        batch.append(-0.1)
        batch.append(utf8: Array("é".utf8).span)
        batch.append(uuid)
        batch.append(moment)
      }
    }
    #expect(copied == 1)
    let select = Statement.once("select", "SELECT * FROM thing")
    let row = try #require(try fixture.database.query(select, deadline: .generous).first)
    #expect(try row.get(0) == Int64.min)
    #expect(try row.get(1) == true)
    #expect(try row.get(2) == Int64(Int32.min))
    #expect(try row.get(3) == -0.1)
    #expect(try row.get(4) == "é")
    #expect(try row.get(5) == uuid)
    #expect(try row.get(6) == moment)
  }

  @Test(arguments: Backend.allCases)
  func textArrivesAsItIsAndNullStaysNull(backend: Backend) throws {
    let fixture = try things(backend)
    defer { fixture.close() }
    let labels = [
      "", "\"", "'", "\\", "\\N", "\\.", "\t", "\n", "\r\n", ",", "漢", "\u{1F1EA}\u{1F1E8}", nil,
    ]
    let rows = labels.enumerated().map { (Int64($0.offset), $0.element) }
    #expect(try copy(rows, fixture.database) == labels.count)
    let select = Statement.once("select", "SELECT label FROM thing ORDER BY id")
    let kept = try fixture.database.query(select, deadline: .generous).map {
      try $0.get(0, as: String?.self)
    }
    #expect(kept == labels)
  }

  @Test(arguments: Backend.allCases)
  func aRowThatIsRefusedUndoesTheCopyAndIsNamedByItsNumber(backend: Backend) throws {
    let fixture = try things(backend)
    defer { fixture.close() }
    let rows = (0..<100).map { (Int64($0), $0 == 70 ? "no" : "yes") }
    let error = #expect(throws: DatabaseError.self) { try copy(rows, fixture.database) }
    guard case .constraint(.check, _) = error?.kind else {
      Issue.record("got \(String(describing: error))")
      return
    }
    #expect(error?.description.contains("COPY thing, line 71") == true)
    #expect(error?.statement == "copy thing")
    #expect(try fixture.database.value("SELECT count(*) FROM thing") == 0)
  }

  @Test(arguments: Backend.allCases)
  func anErrorOfTheClosureComesOutAndNothingIsKept(backend: Backend) throws {
    let fixture = try things(backend)
    defer { fixture.close() }
    var batches = 0
    #expect(throws: Stop.self) {
      try fixture.database.transaction(.write, deadline: .generous) { connection in
        try connection.copy(into: Self.table, deadline: .generous) { batch in
          batches += 1
          if batches == 3 { throw Stop() }
          try Self.append(Int64(batches), "x", &batch)
        }
      }
    }
    #expect(try fixture.database.value("SELECT count(*) FROM thing") == 0)
    // The connection is as good as before, and a copy that failed is none.
    #expect(try copy([(1, "x")], fixture.database) == 1)
  }

  @Test(arguments: Backend.allCases)
  func aCopyEndsAtItsDeadline(backend: Backend) throws {
    let fixture = try things(backend)
    defer { fixture.close() }
    let deadline = Deadline.after(.milliseconds(200))
    let error = #expect(throws: DatabaseError.self) {
      try fixture.database.transaction(.write, deadline: .generous) { connection in
        var id: Int64 = 0
        return try connection.copy(into: Self.table, deadline: deadline) { batch in
          while !batch.isFull {
            id += 1
            try Self.append(id, "x", &batch)
          }
        }
      }
    }
    #expect(error?.kind == .timeout)
    #expect(try fixture.database.value("SELECT count(*) FROM thing") == 0)
  }

  @Test(arguments: Backend.allCases)
  func aTextWithNULIsRefused(backend: Backend) throws {
    let fixture = try things(backend)
    defer { fixture.close() }
    let error = #expect(throws: DatabaseError.self) { try copy([(1, "a\0b")], fixture.database) }
    #expect(error?.kind == .sql)
  }

  @Test(arguments: Backend.allCases)
  func aTableThatIsNotThereIsAFaultOfTheProgram(backend: Backend) throws {
    let fixture = try backend.open()
    defer { fixture.close() }
    let error = #expect(throws: DatabaseError.self) { try copy([(1, "a")], fixture.database) }
    #expect(error?.kind == .sql)
    #expect(try fixture.database.value("SELECT 1") == 1)
  }

  @Test(arguments: Backend.allCases)
  func aRowWithTooFewFieldsIsRefused(backend: Backend) throws {
    let fixture = try things(backend)
    defer { fixture.close() }
    var isDone = false
    #expect(throws: DatabaseError.self) {
      try fixture.database.transaction(.write, deadline: .generous) { connection in
        try connection.copy(into: Self.table, deadline: .generous) { batch in
          if isDone { return }
          isDone = true
          batch.beginRow(fields: 1)
          batch.append(Int64(1))
        }
      }
    }
    #expect(try fixture.database.value("SELECT count(*) FROM thing") == 0)
  }

  @Test func aConnectionThatIsCutInMidCopyKeepsNothing() throws {
    let fixture = try things(.postgres)
    defer { fixture.close() }
    let database = fixture.database
    let other = try fixture.url.open()
    defer { other.close() }
    var batches: Int64 = 0
    let error = #expect(throws: DatabaseError.self) {
      try database.transaction(.write, deadline: .generous) { connection in
        let process = try connection.serverProcess(deadline: .generous)
        return try connection.copy(into: Self.table, deadline: .generous) { batch in
          batches += 1
          if batches == 3 {
            let end = Statement.once("end", "SELECT pg_terminate_backend($1, 20000)")
            _ = try other.query(end, [.integer(process ?? 0)], deadline: .generous)
          }
          // Far more than fits into the socket: the loss is noticed without an end of the copy.
          if batches < 1000 { try Self.append(batches, "x", &batch) }
        }
      }
    }
    #expect(error?.kind == .unavailable(sent: true))
    #expect(batches < 100)
    #expect(try database.value("SELECT count(*) FROM thing") == 0)
  }

  @Test func aCopyWorksBehindAPooler() throws {
    let server = try PostgresServer.shared()
    let url = try server.makeDatabase()
    let pooler = try PgBouncer(before: server)
    let name = String(url.split(separator: "/").last ?? "")
    let database = try DatabaseURL(pooler.url(of: name)).open()
    defer { database.close() }
    try database.run("CREATE TABLE thing (id bigint)")
    let table = CopyTable("pg_temp.stage", [.init("id", .integer64)])
    for _ in 0..<3 {
      try database.transaction(.write, deadline: .generous) { connection in
        try connection.run(
          script: "CREATE TEMP TABLE stage (id bigint) ON COMMIT DROP", named: "stage",
          deadline: .generous)
        var isDone = false
        let copied = try connection.copy(into: table, deadline: .generous) { batch in
          if isDone { return }
          isDone = true
          batch.beginRow(fields: 1)
          batch.append(Int64(1))
        }
        #expect(copied == 1)
        let insert = Statement.once("insert", "INSERT INTO thing SELECT id FROM pg_temp.stage")
        try connection.execute(insert, deadline: .generous)
      }
    }
    #expect(try database.value("SELECT count(*) FROM thing") == 3)
  }
}
