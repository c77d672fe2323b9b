import Core
import JSON
import SQL

/// Keeps the audit history in the database.
struct HistoryStore: Sendable {
  /// One statement for any number of rows, which are all there or none: they come as one JSON text.
  private static let insert = Statement(
    "history_insert",
    postgres: """
      INSERT INTO histories (created, method, route, data, status) \
      SELECT created, method, route, data, status FROM json_to_recordset($1::json) \
      AS entry (created timestamptz, method text, route text, data text, status text)
      """,
    sqlite: """
      INSERT INTO histories (created, method, route, data, status) \
      SELECT value ->> 'created', value ->> 'method', value ->> 'route', value ->> 'data', \
      value ->> 'status' FROM json_each($1)
      """)
  /// By time and not by id: a replica that could not write for a while writes late.
  private static let page = Statement(
    "history_page",
    """
    SELECT id, created, method, route, data, status FROM histories \
    ORDER BY created DESC, id DESC LIMIT $1
    """)
  private static let pageBefore = Statement(
    "history_page_before",
    """
    SELECT id, created, method, route, data, status FROM histories \
    WHERE (created, id) < ($2, $3) ORDER BY created DESC, id DESC LIMIT $1
    """)
  private static let deleteOld = Statement(
    "history_delete_old",
    postgres: """
      DELETE FROM histories WHERE id IN (SELECT id FROM histories WHERE created < $1 \
      ORDER BY created, id LIMIT $2 FOR UPDATE SKIP LOCKED)
      """,
    sqlite: """
      DELETE FROM histories WHERE id IN (SELECT id FROM histories WHERE created < $1 \
      ORDER BY created, id LIMIT $2)
      """)
  /// Ids have gaps, so that at most as many rows stay as are to be kept, found without counting.
  private static let deleteMany = Statement(
    "history_delete_many",
    postgres: """
      DELETE FROM histories WHERE id IN (SELECT id FROM histories \
      WHERE id <= (SELECT max(id) FROM histories) - $1 \
      ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
      """,
    sqlite: """
      DELETE FROM histories WHERE id IN (SELECT id FROM histories \
      WHERE id <= (SELECT max(id) FROM histories) - $1 ORDER BY id LIMIT $2)
      """)
  /// Enough in a round to keep up with thousands of requests a second, few enough to be quick.
  private static let cleaningRowsMax = 2000

  static let statements = [insert, page, pageBefore, deleteOld, deleteMany]

  let database: any Database

  /// Inserts all of `entries` or none.
  func add(_ entries: ArraySlice<AuditEntry>, deadline: Deadline) throws(DatabaseError) {
    var writer = JSONWriter(capacity: entries.count * 256)
    writer.array { for entry in entries { entry.write(to: &$0) } }
    let text = String(decoding: writer.bytes, as: UTF8.self)
    _ = try database.execute(Self.insert, [.text(text)], deadline: deadline)
  }

  /// The last `limit` rows before `end`, or of all, oldest first.
  func page(
    before end: HistoryPosition?, limit: Int, deadline: Deadline
  ) throws(DatabaseError) -> [History] {
    var parameters: [Value] = [.integer(Int64(limit))]
    if let end { parameters += [.timestamp(end.created), .integer(end.id)] }
    let statement = end == nil ? Self.page : Self.pageBefore
    var found: [History] = []
    for row in try database.query(statement, parameters, deadline: deadline) {
      found.append(
        History(
          position: HistoryPosition(created: try row.get(1), id: try row.get(0)),
          method: try row.get(2), route: try row.get(3), data: try row.get(4),
          status: try row.get(5)))
    }
    return found.reversed()
  }

  /// What keeps the table from growing for ever.
  static func cleaning(retention: Duration, rowsMax: Int) -> [CleaningJob] {
    [
      CleaningJob(
        name: "histories_age", statement: deleteOld, keep: .age(retention),
        batchRowsMax: cleaningRowsMax),
      CleaningJob(
        name: "histories_rows", statement: deleteMany, keep: .rows(rowsMax),
        batchRowsMax: cleaningRowsMax),
    ]
  }
}

/// Where a row stands among the others.
struct HistoryPosition: Sendable, Equatable {
  let created: Timestamp
  let id: Int64
}

/// A row of the audit history.
struct History: Sendable, Equatable {
  let position: HistoryPosition
  let method: String
  let route: String
  let data: String
  let status: String

  func write(to writer: inout JSONWriter) {
    writer.object {
      $0.name("id")
      $0.integer(position.id)
      $0.member("created", position.created.iso8601)
      $0.member("method", method)
      $0.member("route", route)
      $0.member("data", data)
      $0.member("status", status)
    }
  }
}
