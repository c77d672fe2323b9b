import Core
import HTTPServer
import JSON
import SQL

/// `/messages`, and `/message` as the original service had it.
struct MessageHandlers: Sendable {
  /// The most elements of the original list.
  static let legacyLimit = 100

  let store: MessageStore
  /// How long a request may spend on the database.
  let databaseTimeout: Duration

  func post(_ call: Call) throws -> Response {
    let message = try add(call)
    var response = Self.response(message, status: 201)
    response.headers.append("Location", "/messages/\(message.id)")
    return response
  }

  func get(_ call: Call) throws -> Response {
    let id = try call.uuid("id").required()
    guard let found = try store.find(id, deadline: deadline(call)) else { throw Self.unknown }
    return Self.response(found)
  }

  func delete(_ call: Call) throws -> Response {
    let id = try call.uuid("id").required()
    guard try store.delete(id, deadline: deadline(call)) else { throw Self.unknown }
    return .empty()
  }

  func list(_ call: Call) throws -> Response {
    let limit = call.limit
    let since = call.text("since").flatMap { Timestamp(rfc3339: $0) }
    // One more than asked for tells whether there is a next page.
    var found = try store.page(
      to: call.text("recipient").required(), from: call.text("sender"),
      since: (since ?? .epoch).clamped(to: .epoch...MessagePosition.end.created),
      before: try Self.position(call.cursor),
      limit: limit + 1, deadline: deadline(call))
    let hasMore = found.count > limit
    if hasMore { found.removeLast() }
    var response = Self.response(found) { $0.write(to: &$1) }
    if hasMore, let last = found.last {
      response.headers.append("Link", call.next(last.position.cursor))
    }
    return response
  }

  // MARK: The original service

  func legacyPost(_ call: Call) throws -> Response {
    .text("Message saved with id: \(try add(call).id)")
  }

  /// One name alone filters nothing.
  func legacyList(_ call: Call) throws -> Response {
    var names: (sender: String, recipient: String)?
    if let sender = call.text("sender"), let recipient = call.text("recipient"),
      !sender.isEmpty, !recipient.isEmpty
    {
      names = (sender, recipient)
    }
    let found = try store.latest(
      since: Timestamp.now().advanced(by: .zero - Message.shownFor), limit: Self.legacyLimit,
      between: names, deadline: deadline(call))
    return Self.response(found) { $0.writeLegacy(to: &$1) }
  }

  // MARK: Parts

  private func add(_ call: Call) throws -> Message {
    let message = Message(
      position: MessagePosition(created: .now(), id: .random()),
      sender: try (call.body["sender"]?.text).required(),
      recipient: try (call.body["recipient"]?.text).required(),
      text: try (call.body["message"]?.text).required())
    try store.add(message, deadline: deadline(call))
    return message
  }

  private func deadline(_ call: Call) -> Deadline {
    call.request.deadline.within(databaseTimeout)
  }

  private static let unknown = Problem(status: 404, detail: "There is no such message.")

  private static func response(_ message: Message, status: Int = 200) -> Response {
    var writer = JSONWriter()
    message.write(to: &writer)
    return .json(writer.bytes, status: status)
  }

  private static func response(
    _ messages: [Message], _ write: (Message, inout JSONWriter) -> Void
  ) -> Response {
    var writer = JSONWriter(capacity: messages.count * 256 + 16)
    writer.array { for message in messages { write(message, &$0) } }
    return .json(writer.bytes)
  }

  private static func position(_ cursor: Cursor?) throws(Problem) -> MessagePosition {
    guard let cursor else { return .end }
    guard let position = MessagePosition(cursor) else { throw .foreignCursor }
    return position
  }
}
