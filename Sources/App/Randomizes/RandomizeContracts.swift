import JSON

/// What is promised about randomizes.
enum RandomizeContracts {
  static let tag = Tag(
    name: "Randomizes", summary: "Words with their characters in a random order.")

  private static let randomize = Schema.object(
    ObjectSchema(
      "Randomize",
      [
        .init("id", .integer(Schema.identifiers), "The number of this randomize."),
        .init("created", .moment, "When it was made."),
        .init("updated", .moment, "When it was jumbled last; at first the same as `created`."),
        .init("original", word, "The word as it was given."),
        .init("jumbled", word, "Its characters in a random order."),
      ]))

  private static let word = Schema.string(1...Word.lengthMax)

  private static let example: JSONValue = [
    "id": 1, "created": "2026-11-02T09:30:00.698Z", "updated": "2026-11-02T09:30:00.698Z",
    "original": "slipway", "jumbled": "yapslwi",
  ]

  private static let id = Parameter.path(
    "id", .integer(Schema.identifiers), example: 1, "The number of the randomize.")

  private static let unknown = Failure(
    404, "There is no such randomize.", .parameter("id", "9223372036854775807"))

  static let post = Contract(
    id: "createRandomize", tag: tag, summary: "Jumble a word and keep it.",
    notes: """
      A character is what a reader sees as one: a letter with its accents, a flag, a family. Every \
      order of them is equally likely, except those in which neighbours would join into another \
      character, which do not occur. The same word again makes a new randomize.
      """,
    access: .write,
    body: .json(
      .object(
        ObjectSchema(
          "Word", refusesUnknown: true, [.init("word", word, "What is jumbled.")])),
      example: #"{"word":"slipway"}"#),
    answers: [
      Answer(
        201, "The randomize.", .json(randomize, example: example),
        headers: [
          .init("Location", "Where the randomize is from now on.", example: "/api/randomizes/1")
        ],
        links: [
          .init(operationID: "getRandomize", parameter: "id", pointer: "/id"),
          .init(operationID: "jumbleRandomize", parameter: "id", pointer: "/id"),
          .init(operationID: "deleteRandomize", parameter: "id", pointer: "/id"),
        ])
    ],
    failures: [
      Failure(400, "The word is missing.", .body("{}")),
      Failure(400, "The word is empty.", .body(#"{"word":""}"#)),
      Failure(400, "The word is no text.", .body(#"{"word":1}"#)),
      Failure(400, "The word holds U+0000.", .body(#"{"word":"a\u0000b"}"#)),
      Failure(400, "There is another field.", .body(#"{"word":"slipway","count":2}"#)),
    ],
    isLegacy: true, takesIdempotencyKey: true)

  static let get = Contract(
    id: "getRandomize", tag: tag, summary: "Show a randomize.", access: .read, parameters: [id],
    answers: [Answer(200, "The randomize.", .json(randomize, example: example))],
    failures: [unknown], isLegacy: true, isConditional: true)

  static let list = Contract(
    id: "listRandomizes", tag: tag, summary: "List randomizes in the order they were made.",
    access: .read,
    parameters: [
      .query("original", word, example: "slipway", "Only those of exactly this word."),
      .query(
        "contains", word, example: "way",
        "Only those whose word holds this text; upper and lower case differ, and `%` and `_` stand "
          + "for themselves."),
    ] + Paging.parameters(limit: 100),
    answers: [
      Answer(
        200, "A page of randomizes.",
        .json(.array(randomize), example: .array([example])), headers: [Paging.link])
    ],
    failures: [
      Failure(400, "The limit is out of range.", .parameter("limit", "0")),
      Failure(400, "The cursor is none that a page gave.", .parameter("cursor", "abc")),
    ])

  static let put = Contract(
    id: "jumbleRandomize", tag: tag, summary: "Jumble the word again.",
    notes: "Takes no body. Moves `updated`; everything else but `jumbled` stays.",
    access: .write, parameters: [id],
    answers: [Answer(200, "The randomize.", .json(randomize, example: example))],
    failures: [unknown])

  static let delete = Contract(
    id: "deleteRandomize", tag: tag, summary: "Forget a randomize.", access: .write,
    parameters: [id],
    answers: [Answer(204, "It is gone.")],
    failures: [unknown])
}
