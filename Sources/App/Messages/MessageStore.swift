import Core
import SQL

/// Keeps messages in the database.
///
/// Each list reads one index backwards and stops after as many rows as it gives.
struct MessageStore: Sendable {
  private static let columns = "id, created_at, sender, recipient, message"
  private static let order = "ORDER BY created_at DESC, id DESC LIMIT $1"

  private static let insert = Statement(
    "message_insert",
    "INSERT INTO messages (id, created_at, sender, recipient, message) VALUES ($1, $2, $3, $4, $5)"
  )
  private static let find = Statement(
    "message_find", "SELECT \(columns) FROM messages WHERE id = $1")
  private static let delete = Statement("message_delete", "DELETE FROM messages WHERE id = $1")

  private static let latest = Statement(
    "message_latest", "SELECT \(columns) FROM messages WHERE created_at >= $2 \(order)")
  private static let latestBetween = Statement(
    "message_latest_between",
    """
    SELECT \(columns) FROM messages WHERE created_at >= $2 AND recipient = $3 AND sender = $4 \
    \(order)
    """)
  private static let page = Statement(
    "message_page",
    """
    SELECT \(columns) FROM messages WHERE created_at >= $2 AND recipient = $3 \
    AND (created_at, id) < ($4, $5) \(order)
    """)
  private static let pageFrom = Statement(
    "message_page_from",
    """
    SELECT \(columns) FROM messages WHERE created_at >= $2 AND recipient = $3 \
    AND (created_at, id) < ($4, $5) AND sender = $6 \(order)
    """)

  let database: any Database

  func add(_ message: Message, deadline: Deadline) throws(DatabaseError) {
    _ = try database.execute(
      Self.insert,
      [
        .uuid(message.id), .timestamp(message.created), .text(message.sender),
        .text(message.recipient), .text(message.text),
      ], deadline: deadline)
  }

  func find(_ id: UUID, deadline: Deadline) throws(DatabaseError) -> Message? {
    try read(Self.find, [.uuid(id)], deadline).first
  }

  /// Whether there was one.
  func delete(_ id: UUID, deadline: Deadline) throws(DatabaseError) -> Bool {
    try database.execute(Self.delete, [.uuid(id)], deadline: deadline) > 0
  }

  /// The newest first: of all, or from one to the other.
  func latest(
    since: Timestamp, limit: Int, between names: (sender: String, recipient: String)?,
    deadline: Deadline
  ) throws(DatabaseError) -> [Message] {
    let parameters: [Value] = [.integer(Int64(limit)), .timestamp(since)]
    guard let names else { return try read(Self.latest, parameters, deadline) }
    return try read(
      Self.latestBetween, parameters + [.text(names.recipient), .text(names.sender)], deadline)
  }

  /// The newest before `end` first: to `recipient`, from anybody or from `sender`.
  func page(
    to recipient: String, from sender: String?, since: Timestamp, before end: MessagePosition,
    limit: Int, deadline: Deadline
  ) throws(DatabaseError) -> [Message] {
    let parameters: [Value] = [
      .integer(Int64(limit)), .timestamp(since), .text(recipient), .timestamp(end.created),
      .uuid(end.id),
    ]
    guard let sender else { return try read(Self.page, parameters, deadline) }
    return try read(Self.pageFrom, parameters + [.text(sender)], deadline)
  }

  private func read(
    _ statement: Statement, _ parameters: [Value], _ deadline: Deadline
  ) throws(DatabaseError) -> [Message] {
    var found: [Message] = []
    for row in try database.query(statement, parameters, deadline: deadline) {
      found.append(
        Message(
          position: MessagePosition(created: try row.get(1), id: try row.get(0)),
          sender: try row.get(2), recipient: try row.get(3), text: try row.get(4)))
    }
    return found
  }

  /// What keeps the table from growing for ever.
  static func cleaning(retention: Duration) -> [CleaningJob] {
    [CleaningJob(name: "messages", statement: deleteOld, keep: .age(retention))]
  }

  private static let deleteOld = Statement(
    "message_delete_old",
    postgres: """
      DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE created_at < $1 \
      ORDER BY created_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
      """,
    sqlite: """
      DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE created_at < $1 \
      ORDER BY created_at, id LIMIT $2)
      """)

  /// Every statement, for the manifest.
  static let statements = [
    insert, find, delete, latest, latestBetween, page, pageFrom, deleteOld,
  ]
}
