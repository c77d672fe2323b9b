import Core
import HTTPServer
import JSON
import SQL

/// `/people` and `/people/{uuid}`.
struct PersonHandlers: Sendable {
  let store: PersonStore
  /// How long a request may spend on the database.
  let databaseTimeout: Duration

  func list(_ call: Call) throws -> Response {
    let cursor = try call.cursor.map(Self.key)
    // One more than is shown tells whether there is a next page.
    var people = try store.page(after: cursor, limit: call.limit + 1, deadline: deadline(call))
    var next: Cursor?
    if people.count > call.limit {
      people.removeLast()
      next = people.last.map { Cursor([.string($0.uuid.description)]) }
    }
    var response =
      call.mediaType == PersonPage.mediaType
      ? PersonPage.table(people, next: next.map(call.target)) : .json(Self.json(people))
    if let next { response.headers.append("Link", call.next(next)) }
    return response
  }

  func post(_ call: Call) throws -> Response {
    let given = call.body["uuid"]?.text.flatMap { UUID($0) }
    let person = try PersonChanges(call.body).person(given ?? .random(), at: .now())
    guard try store.insert(person, deadline: deadline(call)) else {
      throw Problem(
        status: 409, detail: "Somebody with this uuid is kept already.",
        errors: [.init(pointer: "#/uuid", detail: "is taken")])
    }
    var response = Self.response(person)
    response.headers.append("Content-Location", "/people/\(person.uuid)")
    return response
  }

  func get(_ call: Call) throws -> Response {
    let uuid = try call.uuid("uuid").required()
    guard let person = try store.find(uuid, deadline: deadline(call)) else { throw Self.unknown }
    guard call.mediaType == PersonPage.mediaType else { return Self.response(person) }
    var response = PersonPage.card(person)
    response.headers.append("ETag", PersonTags.html(person.version).text)
    return response
  }

  func put(_ call: Call) throws -> Response {
    let uuid = try call.uuid("uuid").required()
    let deadline = deadline(call)
    let changes = PersonChanges(call.body)
    let expected = try version(uuid, call, deadline)
    let person =
      changes.isEmpty
      ? try store.find(uuid, deadline: deadline)
      : try store.merge(changes, into: uuid, at: expected, now: .now(), deadline: deadline)
    guard let person else { throw try missed(uuid, expected, deadline) }
    return Self.response(person)
  }

  func delete(_ call: Call) throws -> Response {
    let uuid = try call.uuid("uuid").required()
    let deadline = deadline(call)
    let expected = try version(uuid, call, deadline)
    guard try store.delete(uuid, at: expected, deadline: deadline) else {
      throw try missed(uuid, expected, deadline)
    }
    return .json(Array("{}".utf8))
  }

  // MARK: Preconditions

  /// The version that a write is bound to by `If-Match`; nil where any will do.
  ///
  /// The write looks at the version again, so nobody can come between.
  private func version(_ uuid: UUID, _ call: Call, _ deadline: Deadline) throws -> Timestamp? {
    let fields = call.request.headers.all("If-Match")
    // That anybody is there at all is seen by the write itself.
    guard !fields.isEmpty, fields != ["*"] else { return nil }
    guard let version = try store.find(uuid, deadline: deadline)?.version else {
      throw Self.unknown
    }
    guard PersonTags.match(fields, version) else { throw Self.changed }
    return version
  }

  /// Why a write found nobody: the person is not there, or is no longer what `If-Match` wanted.
  private func missed(
    _ uuid: UUID, _ expected: Timestamp?, _ deadline: Deadline
  ) throws -> Problem {
    guard expected != nil else { return Self.unknown }
    return try store.find(uuid, deadline: deadline) == nil ? Self.unknown : Self.changed
  }

  private static let unknown = Problem(status: 404, detail: "Nobody has this uuid.")
  private static let changed = Problem(
    status: 412, detail: "The person is not what If-Match names; read it again.")

  // MARK: Parts

  private func deadline(_ call: Call) -> Deadline {
    call.request.deadline.within(databaseTimeout)
  }

  private static func key(_ cursor: Cursor) throws(Problem) -> UUID {
    guard cursor.key.count == 1, let uuid = cursor.key[0].text.flatMap({ UUID($0) }) else {
      throw .invalid("#/query/cursor", "must be a cursor that a `Link` gave")
    }
    return uuid
  }

  private static func response(_ person: Person) -> Response {
    var response = Response.json(person.json)
    response.headers.append("ETag", PersonTags.json(person.version).text)
    return response
  }

  private static func json(_ people: [Person]) -> [UInt8] {
    var writer = JSONWriter(capacity: 2 + people.count * 256)
    writer.array { for person in people { person.write(to: &$0) } }
    return writer.bytes
  }
}
