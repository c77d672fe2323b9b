import Core
import JSON

/// What is promised about messages.
enum MessageContracts {
  static let tag = Tag(name: "Messages", summary: "Short texts from one person to another.")

  private static let name = Schema.string(1...Message.nameLengthMax)
  private static let text = Schema.string(1...Message.textLengthMax)

  private static let given: [ObjectSchema.Field] = [
    .init("sender", name, "Who sends."),
    .init("recipient", name, "To whom."),
    .init("message", text, "The text, any Unicode but U+0000."),
  ]

  private static let message = Schema.object(
    ObjectSchema(
      "Message",
      [.init("id", .uuid, "What names the message."), .init("created", .moment, "When it came.")]
        + given))

  private static let example: JSONValue = [
    "id": "0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968", "created": "2026-11-02T09:30:00.698Z",
    "sender": "ada", "recipient": "grace", "message": "Lunch at noon?",
  ]
  private static let body = #"{"sender":"ada","recipient":"grace","message":"Lunch at noon?"}"#

  private static let id = Parameter.path(
    "id", .uuid, example: "0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968", "What names the message.")

  private static let unknown = Failure(
    404, "There is no such message.", .parameter("id", "00000000-0000-4000-8000-000000000000"))

  /// What else is wrong with a body, on both paths.
  private static let bodyFailures = [
    Failure(
      400, "A field is no text.", .body(#"{"sender":1,"recipient":"grace","message":"Lunch?"}"#)),
    Failure(
      400, "A field holds U+0000.",
      .body(#"{"sender":"ada","recipient":"grace","message":"a\u0000b"}"#)),
    Failure(
      400, "A name is too long.",
      .body(
        "{\"sender\":\"\(String(repeating: "a", count: Message.nameLengthMax + 1))\","
          + "\"recipient\":\"grace\",\"message\":\"Lunch?\"}")),
  ]

  static let post = Contract(
    id: "sendMessage", tag: tag, summary: "Send a message.", access: .write,
    body: .json(
      .object(ObjectSchema("NewMessage", refusesUnknown: true, given)), example: body),
    answers: [
      Answer(
        201, "The message.", .json(message, example: example),
        headers: [
          .init(
            "Location", "Where the message is.",
            example: "/messages/0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968")
        ],
        links: [
          .init(operationID: "getMessage", parameter: "id", pointer: "/id"),
          .init(operationID: "deleteMessage", parameter: "id", pointer: "/id"),
        ])
    ],
    failures: bodyFailures + [
      Failure(400, "A field is missing.", .body(#"{"sender":"ada","message":"Lunch?"}"#)),
      Failure(
        400, "A field is empty.", .body(#"{"sender":"ada","recipient":"","message":"Lunch?"}"#)),
      Failure(
        400, "There is another field.",
        .body(#"{"sender":"ada","recipient":"grace","message":"Lunch?","subject":"x"}"#)),
    ],
    takesIdempotencyKey: true)

  static let list = Contract(
    id: "listMessages", tag: tag, summary: "List somebody's messages, the newest first.",
    notes: "Messages are kept for a while, 30 days unless the service is configured otherwise.",
    access: .read,
    parameters: [
      .query("recipient", name, required: true, example: "grace", "To whom."),
      .query("sender", name, example: "ada", "Only those from one person."),
      .query(
        "since", .string(Timestamp.rfc3339Lengths, .momentWithOffset),
        example: "2026-11-01T00:00:00Z", "Only those that came at this moment or later."),
    ] + Paging.parameters(limit: 100),
    answers: [
      Answer(
        200, "A page of messages.", .json(.array(message), example: .array([example])),
        headers: [Paging.link])
    ],
    failures: [
      Failure(400, "The moment is none.", .parameter("since", "yesterday")),
      Failure(400, "The limit is out of range.", .parameter("limit", "0")),
      Failure(400, "The cursor is none that a page gave.", .parameter("cursor", "abc")),
    ])

  static let get = Contract(
    id: "getMessage", tag: tag, summary: "Show a message.", access: .read, parameters: [id],
    answers: [Answer(200, "The message.", .json(message, example: example))],
    failures: [unknown], isConditional: true)

  static let delete = Contract(
    id: "deleteMessage", tag: tag, summary: "Forget a message.", access: .write, parameters: [id],
    answers: [Answer(204, "It is gone.")],
    failures: [unknown])

  // MARK: The original service

  static let legacyPost = Contract(
    id: "sendMessageLegacy", tag: tag, summary: "Send a message, as the original service had it.",
    notes: """
      The answer is a sentence, so its media type is `text/plain`; the original said \
      `application/json`, which no reader of JSON could read. Fields that nobody knows are ignored.
      """,
    access: .write,
    body: .json(.object(ObjectSchema("LegacyMessage", given)), example: body),
    answers: [
      Answer(
        200, "It is kept.",
        .text(example: "Message saved with id: 0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968"))
    ],
    failures: bodyFailures + [
      Failure(
        400, "A field is missing, null or empty, or the body is no JSON object.", .body("{}"),
        body: .text(LegacyMessages.fieldsText)),
      Failure(
        400, "The body is not declared as JSON, where other operations answer 415.",
        .header("Content-Type", "text/plain"), body: .text(LegacyMessages.mediaTypeText)),
    ],
    isLegacy: true, takesIdempotencyKey: true, refusal: LegacyMessages.refusal)

  static let legacyList = Contract(
    id: "listMessagesLegacy", tag: tag,
    summary: "List the newest 100 messages of the last 30 days, the newest first.",
    notes: "Filters only where both `sender` and `recipient` are given.", access: .read,
    parameters: [
      .query("sender", .string(Schema.anyLength), example: "ada", "Only those from one person."),
      .query("recipient", .string(Schema.anyLength), example: "grace", "Only those to another."),
    ],
    answers: [
      Answer(
        200, "The messages.",
        .json(
          .array(.object(ObjectSchema("ShownMessage", given))),
          example: [["sender": "ada", "recipient": "grace", "message": "Lunch at noon?"]]))
    ],
    isLegacy: true)
}
