import HTTPServer
import JSON

/// What is promised about people.
enum PersonContracts {
  static let tag = Tag(name: "People", summary: "Who was on board, and who survived.")

  /// How many people a page has where the client does not say.
  static let limit: Int64 = 1000

  private static let fields: [ObjectSchema.Field] = [
    .init("survived", .boolean, required: false, default: false, "Whether the person survived."),
    .init("passengerClass", .integer(), "1 to 3 on this ship; any integer is taken."),
    .init("name", .string(1...Person.nameLengthMax), "The whole name with its title."),
    .init("sex", .choice(Person.Sex.allCases.map(\.rawValue)), "The sex."),
    .init("age", .integer(), "In years."),
    .init("siblingsOrSpousesAboard", .integer(), "How many of them were on board."),
    .init("parentsOrChildrenAboard", .integer(), "How many of them were on board."),
    .init("fare", .number, "What the passage cost; always given back with a fraction."),
  ]

  private static let data = ObjectSchema(
    "NewPerson",
    fields + [
      .init("uuid", .uuid, required: false, "The key to keep; made by the service without it.")
    ])
  private static let changes = ObjectSchema(nil, fields).allOptional("PersonChanges")
  private static let person = Schema.object(
    ObjectSchema(
      "Person",
      [.init("uuid", .uuid, "The key.")]
        + fields.map { .init($0.name, $0.schema, $0.summary) }))

  private static let exampleUUID = "7d44e2d6-6b0a-4f6c-9a5b-2f1c3a9d8e10"
  private static let exampleFields = #"""
    "survived":true,"passengerClass":2,"name":"Mrs. Ada Example","sex":"female","age":28,\#
    "siblingsOrSpousesAboard":1,"parentsOrChildrenAboard":0,"fare":26.25
    """#
  private static let example: JSONValue = [
    "uuid": .string(exampleUUID), "survived": true, "passengerClass": 2,
    "name": "Mrs. Ada Example", "sex": "female", "age": 28, "siblingsOrSpousesAboard": 1,
    "parentsOrChildrenAboard": 0, "fare": 26.25,
  ]

  private static let uuid = Parameter.path(
    "uuid", .uuid, example: .string(exampleUUID), "Whom; upper and lower case are the same.")
  private static let ifMatch = Parameter.header(
    "If-Match", .string(1...8192), "Do it only where the person's `ETag` is among these.")
  private static let tagHeader = Answer.HeaderPromise(
    "ETag", "The version, for `If-None-Match` and `If-Match`.", example: #""h6vbt0c2x1s""#)

  private static func page(_ example: String) -> Answer.Content {
    .text(example: example, mediaType: "text/html")
  }

  private static let malformed = Failure(
    400, "The uuid is malformed.", .parameter("uuid", "7d44e2d6"))
  private static let unknown = Failure(
    404, "Nobody has the uuid.", .parameter("uuid", "00000000-0000-4000-8000-000000000000"))
  private static let notAcceptable = Failure(
    406, "There is JSON and HTML only.", .header("Accept", "text/csv"))
  private static let changed = Failure(
    412, "The person's `ETag` is not among those of `If-Match`.",
    .header("If-Match", #""0-of-another-time""#))

  private static let links = ["getPerson", "putPerson", "deletePerson"].map {
    Answer.Link(operationID: $0, parameter: "uuid", pointer: "/uuid")
  }

  static let list = Contract(
    id: "getPeople", tag: tag, summary: "List people, by uuid.",
    notes: "A page at a time; the `Link` leads to the next one. Browsers get a table.",
    access: .read, parameters: Paging.parameters(limit: limit),
    answers: [
      Answer(
        200, "A page.", .json(.array(person), example: .array([example])),
        page("<!doctype html><html>…<table>…</table></html>"), headers: [Paging.link])
    ],
    failures: [
      Failure(400, "The limit is out of bounds.", .parameter("limit", "1001")),
      Failure(400, "The cursor was not given by a `Link`.", .parameter("cursor", "WyJhIl0")),
      notAcceptable,
    ],
    isLegacy: true)

  static let post = Contract(
    id: "postPerson", tag: tag, summary: "Add somebody.",
    notes: """
      Fields that nobody knows are ignored. A fault is told in the words of the original service \
      in `detail`; `errors` has every one.
      """,
    access: .write, body: .json(.object(data), example: "{\(exampleFields)}"),
    answers: [
      Answer(
        200, "The person as kept.", .json(person, example: example),
        headers: [
          tagHeader,
          .init("Content-Location", "Where the person is.", example: "/people/\(exampleUUID)"),
        ], links: links)
    ],
    failures: [
      Failure(
        400, "A field has the wrong type.",
        .body("{\(exampleFields.replacing(#""age":28"#, with: #""age":"28""#))}")),
      Failure(
        400, "A field is missing.",
        .body("{\(exampleFields.replacing(#""age":28,"#, with: ""))}")),
      Failure(409, "The uuid is taken.", .circumstance("somebody with the same uuid was added")),
    ],
    isLegacy: true, takesIdempotencyKey: true, refusal: PersonFaults.refusal)

  static let get = Contract(
    id: "getPerson", tag: tag, summary: "Tell about somebody.",
    notes: "Browsers get a page.",
    access: .read, parameters: [uuid],
    answers: [
      Answer(
        200, "The person.", .json(person, example: example),
        page("<!doctype html><html>…<dl>…</dl></html>"), headers: [tagHeader])
    ],
    failures: [malformed, unknown, notAcceptable], isLegacy: true, isConditional: true)

  static let put = Contract(
    id: "putPerson", tag: tag, summary: "Change what is told about somebody.",
    notes: "Fields that are not given stay as they are; changes made at the same time all last.",
    access: .write, parameters: [uuid, ifMatch],
    body: .json(.object(changes), example: #"{"name":"Ms. Ada Example"}"#),
    answers: [
      Answer(
        200, "The person as changed.", .json(person, example: example), headers: [tagHeader])
    ],
    failures: [
      malformed, unknown, changed,
      Failure(
        400, "A field has the wrong type.", .body(#"{"name":1}"#)),
    ],
    isLegacy: true, refusal: PersonFaults.refusal)

  static let delete = Contract(
    id: "deletePerson", tag: tag, summary: "Forget somebody.",
    access: .write, parameters: [uuid, ifMatch],
    answers: [Answer(200, "It is done.", .json(.object(ObjectSchema(nil, [])), example: [:]))],
    failures: [malformed, unknown, changed], isLegacy: true)
}
