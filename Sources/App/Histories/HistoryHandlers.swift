import Core
import HTTPServer
import JSON

/// `GET /api/histories`.
struct HistoryHandlers: Sendable {
  let store: HistoryStore
  /// How long a request may spend on the database.
  let databaseTimeout: Duration

  func list(_ call: Call) throws -> Response {
    let limit = call.limit
    // One more than asked for tells whether there is an older page.
    var found = try store.page(
      before: try Self.position(call.cursor), limit: limit + 1,
      deadline: call.request.deadline.within(databaseTimeout))[...]
    let hasMore = found.count > limit
    if hasMore { found = found.dropFirst() }
    var writer = JSONWriter(capacity: found.count * 160 + 16)
    writer.array { for history in found { history.write(to: &$0) } }
    var response = Response.json(writer.bytes)
    if hasMore, let oldest = found.first?.position {
      let key: [JSONValue] = [
        .integer(oldest.created.microsecondsSinceEpoch), .integer(oldest.id),
      ]
      response.headers.append("Link", call.next(Cursor(key)))
    }
    return response
  }

  /// The row before which a page ends.
  private static func position(_ cursor: Cursor?) throws(Problem) -> HistoryPosition? {
    guard let cursor else { return nil }
    guard cursor.key.count == 2, let moment = cursor.key[0].number, let id = cursor.key[1].number,
      HistoryPosition.moments.contains(moment)
    else { throw .foreignCursor }
    return HistoryPosition(created: Timestamp(microsecondsSinceEpoch: moment), id: id)
  }
}

extension HistoryPosition {
  /// The years 1970 to 9999 in microseconds, which both databases can compare with.
  fileprivate static let moments: ClosedRange<Int64> = 0...253_402_300_799_999_999
}
