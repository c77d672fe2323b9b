import Core
import HTTPServer
import JSON
import SQL

/// Keeps answers under the keys of their requests.
struct IdempotencyStore: Sendable {
  /// The largest body that is kept, in bytes.
  static let bodyBytesMax = 65_536
  /// The most keys; beyond them the oldest go before their time.
  static let rowsMax = 1_000_000

  /// What is known of a key.
  enum Found {
    case nothing
    /// The key was used for something else.
    case otherRequest
    /// It was done, but the answer was too large to keep.
    case doneWithoutAnswer
    case answer(Response)
  }

  /// Ends with the transaction, so a process that dies leaves none behind; poolers do not mind.
  ///
  /// SQLite has one writer: there the others have waited for their turn already.
  private static let lock = Statement(
    "idempotency_lock", postgres: "SELECT pg_try_advisory_xact_lock($1)", sqlite: "",
    access: .write)
  private static let find = Statement(
    "idempotency_find",
    """
    SELECT fingerprint, status, headers, body FROM idempotency_keys \
    WHERE id = $1 AND expires_at > $2
    """)
  /// One that has expired may still be there.
  private static let save = Statement(
    "idempotency_save",
    """
    INSERT INTO idempotency_keys (id, fingerprint, status, headers, body, expires_at) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET \
    fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers, \
    body = excluded.body, expires_at = excluded.expires_at
    """)

  /// Whether nobody else works on the request; the claim ends with the unit of work.
  func claim(
    _ request: IdempotentRequest, in work: UnitOfWork, deadline: Deadline
  ) throws(DatabaseError) -> Bool {
    guard work.connection.dialect == .postgres else { return true }
    let rows = try work.connection.query(Self.lock, [.integer(request.lock)], deadline: deadline)
    return try rows.first?.get(0) ?? false
  }

  func find(
    _ request: IdempotentRequest, at now: Timestamp, in work: UnitOfWork, deadline: Deadline
  ) throws -> Found {
    let rows = try work.connection.query(
      Self.find, [.blob(request.id), .timestamp(now)], deadline: deadline)
    guard let row = rows.first else { return .nothing }
    guard try row.get(0, as: [UInt8].self) == request.fingerprint else { return .otherRequest }
    guard let body = try row.get(3, as: [UInt8]?.self) else { return .doneWithoutAnswer }
    return .answer(
      Response(
        status: try row.get(1), headers: try Self.headers(row.get(2)),
        body: body.isEmpty ? .none : .bytes(body)))
  }

  /// Whether the answer was kept whole.
  @discardableResult
  func save(
    _ response: Response, for request: IdempotentRequest, until end: Timestamp,
    in work: UnitOfWork, deadline: Deadline
  ) throws(DatabaseError) -> Bool {
    var body: [UInt8]?
    switch response.body {
    case .none: body = []
    case .bytes(let bytes): body = bytes.count <= Self.bodyBytesMax ? bytes : nil
    case .stream: body = nil
    }
    _ = try work.connection.execute(
      Self.save,
      [
        .blob(request.id), .blob(request.fingerprint), .integer(Int64(response.status)),
        .text(Self.text(of: response.headers)), body.map(Value.blob) ?? .null, .timestamp(end),
      ], deadline: deadline)
    return body != nil
  }

  private static func text(of headers: ResponseHeaders) -> String {
    JSONValue.array(
      headers.pairs.map { .array([.string($0.name), .string($0.value)]) }
    ).written()
  }

  private static func headers(_ text: String) throws -> ResponseHeaders {
    ResponseHeaders(
      try (JSONReader.read(text).elements ?? []).compactMap { pair in
        guard let name = pair.elements?.first?.text, let value = pair.elements?.last?.text
        else { return nil }
        return (name, value)
      })
  }
}

extension IdempotencyStore {
  /// What is deleted: what has expired, and what is more than `rowsMax`.
  static let cleaning = [
    CleaningJob(
      name: "idempotency_keys", statement: cleanExpired, keep: .age(.zero)),
    CleaningJob(
      name: "idempotency_keys_excess", statement: cleanExcess, keep: .rows(rowsMax)),
  ]

  private static let cleanExpired = Statement(
    "idempotency_clean",
    postgres: """
      DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM idempotency_keys \
      WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
      """,
    sqlite: """
      DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM idempotency_keys \
      WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)
      """)

  private static let cleanExcess = Statement(
    "idempotency_clean_excess",
    postgres: """
      DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM idempotency_keys \
      ORDER BY expires_at DESC OFFSET $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
      """,
    sqlite: """
      DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM idempotency_keys \
      ORDER BY expires_at DESC LIMIT $2 OFFSET $1)
      """)

  /// Every statement, for the manifest.
  static let statements = [lock, find, save, cleanExpired, cleanExcess]
}
