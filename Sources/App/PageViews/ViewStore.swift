import Core
import SQL

/// Keeps final counts in the database.
struct ViewStore: Sendable {
  private static let find = Statement(
    "page_view_find",
    """
    SELECT views, stored_at FROM page_views WHERE article = $1 AND year = $2 AND month = $3 \
    AND project = $4 AND access = $5 AND agent = $6
    """)
  private static let save = Statement(
    "page_view_save",
    """
    INSERT INTO page_views (article, year, month, project, access, agent, views, stored_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
    ON CONFLICT (article, year, month, project, access, agent) \
    DO UPDATE SET views = excluded.views, stored_at = excluded.stored_at
    """)

  /// Deletes at most `$2` of the rows that were stored before `$1`.
  private static let cleanByAge = deletion("page_view_clean_age", "stored_at < $1")
  /// Deletes at most `$2` of the rows beyond the `$1` that were stored last.
  private static let cleanByCount = deletion(
    "page_view_clean_rows",
    "stored_at <= (SELECT stored_at FROM page_views ORDER BY stored_at DESC LIMIT 1 OFFSET $1)")

  /// How long a look may take: what saves a question must not cost more than the question.
  static let timeout: Duration = .seconds(1)

  static let statements = [find, save, cleanByAge, cleanByCount]

  let database: any Database

  /// What is kept; nil where there is none.
  func find(
    _ query: ViewQuery, deadline: Deadline
  ) throws(DatabaseError) -> (views: Int64, storedAt: Timestamp)? {
    let deadline = deadline.within(Self.timeout)
    guard let row = try database.query(Self.find, Self.key(query), deadline: deadline).first
    else { return nil }
    return (try row.get(0), try row.get(1))
  }

  /// Keeps `views`, in place of an earlier count.
  func save(
    _ views: Int64, for query: ViewQuery, at now: Timestamp, deadline: Deadline
  ) throws(DatabaseError) {
    _ = try database.execute(
      Self.save, Self.key(query) + [.integer(views), .timestamp(now)],
      deadline: deadline.within(Self.timeout))
  }

  /// What keeps the table from growing for ever.
  static func cleaning(retention: Duration, rowsMax: Int) -> [CleaningJob] {
    [
      CleaningJob(name: "page_views_age", statement: cleanByAge, keep: .age(retention)),
      CleaningJob(name: "page_views_rows", statement: cleanByCount, keep: .rows(rowsMax)),
    ]
  }

  private static func key(_ query: ViewQuery) -> [Value] {
    [
      .text(query.article.text), .integer(Int64(query.month.year)),
      .integer(Int64(query.month.month)), .text(query.project.name), .text(query.access.rawValue),
      .text(query.agent.rawValue),
    ]
  }

  private static func deletion(_ name: String, _ condition: String) -> Statement {
    let key = "article, year, month, project, access, agent"
    let text =
      "DELETE FROM page_views WHERE (\(key)) IN (SELECT \(key) FROM page_views "
      + "WHERE \(condition) ORDER BY stored_at LIMIT $2"
    return Statement(name, postgres: text + " FOR UPDATE SKIP LOCKED)", sqlite: text + ")")
  }
}
