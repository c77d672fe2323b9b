import Core
import HTTPServer
import JSON

/// Everything under `/api/randomizes`.
struct RandomizeHandlers: Sendable {
  let store: RandomizeStore
  /// How long a request may spend on the database.
  let databaseTimeout: Duration

  func post(_ call: Call) throws -> Response {
    let text = call.body["word"]?.text
    let word = try text.flatMap { Word($0) }.required()
    let made = try store.add(
      word, jumbled: Jumble.of(word.text), at: .now(), deadline: deadline(call))
    var response = Self.response(made, status: 201)
    response.headers.append("Location", "/api/randomizes/\(made.id)")
    return response
  }

  func get(_ call: Call) throws -> Response { Self.response(try find(call)) }

  func list(_ call: Call) throws -> Response {
    let limit = call.limit
    // One more than asked for tells whether there is a next page.
    var found = try store.list(
      after: try Self.position(call.cursor), limit: limit + 1, original: call.text("original"),
      containing: call.text("contains"), deadline: deadline(call))
    let hasMore = found.count > limit
    if hasMore { found.removeLast() }
    var writer = JSONWriter(capacity: found.count * 160 + 16)
    writer.array { for randomize in found { randomize.write(to: &$0) } }
    var response = Response.json(writer.bytes)
    if hasMore, let last = found.last {
      response.headers.append("Link", call.next(Cursor([.integer(last.id)])))
    }
    return response
  }

  func put(_ call: Call) throws -> Response {
    let old = try find(call)
    let new = Randomize(
      id: old.id, created: old.created, updated: .now(), original: old.original,
      jumbled: Jumble.of(old.original))
    let isKept = try store.update(
      new.id, jumbled: new.jumbled, at: new.updated, deadline: deadline(call))
    guard isKept else { throw Self.unknown }
    return Self.response(new)
  }

  func delete(_ call: Call) throws -> Response {
    let id = try call.integer("id").required()
    guard try store.delete(id, deadline: deadline(call)) else { throw Self.unknown }
    return .empty()
  }

  private func find(_ call: Call) throws -> Randomize {
    let id = try call.integer("id").required()
    guard let found = try store.find(id, deadline: deadline(call)) else { throw Self.unknown }
    return found
  }

  private func deadline(_ call: Call) -> Deadline {
    call.request.deadline.within(databaseTimeout)
  }

  private static let unknown = Problem(status: 404, detail: "There is no such randomize.")

  private static func response(_ randomize: Randomize, status: Int = 200) -> Response {
    var writer = JSONWriter()
    randomize.write(to: &writer)
    return .json(writer.bytes, status: status)
  }

  /// The id behind which a page begins.
  private static func position(_ cursor: Cursor?) throws(Problem) -> Int64 {
    guard let cursor else { return 0 }
    guard cursor.key.count == 1, let id = cursor.key[0].number else { throw .foreignCursor }
    return id
  }
}

extension Problem {
  /// 400: the cursor was made by another list.
  static var foreignCursor: Problem {
    .invalid("#/query/cursor", "must be a cursor that a `Link` of this list gave")
  }
}
