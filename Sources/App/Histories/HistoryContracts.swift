import JSON

/// What is promised about the audit history.
enum HistoryContracts {
  static let tag = Tag(
    name: "Histories", summary: "What was asked of the randomizes, and how it was answered.")

  /// What a token must allow.
  static let scope = "histories:read"

  private static let history = Schema.object(
    ObjectSchema(
      "History",
      [
        .init("id", .integer(Schema.identifiers), "The number of the row."),
        .init("created", .moment, "When the request was answered."),
        .init("method", .string(Schema.anyLength), "The method."),
        .init("route", .string(Schema.anyLength), "The path as it was sent."),
        .init(
          "data", .string(0...AuditEntry.dataBytesMax),
          "The body as text, at most \(AuditEntry.dataBytesMax) bytes of it; what is no UTF-8, and "
            + "U+0000, is U+FFFD."),
        .init("status", .string(Schema.anyLength), "The status line."),
      ]))

  static let list = Contract(
    id: "listHistories", tag: tag, summary: "List the last requests, the oldest first.",
    notes: """
      Tells of every request under `/api/randomizes`, refused ones included, a moment after it was \
      answered. A page is in the order of time; the `Link` leads to the page before it in time. \
      Rows are deleted after a while.
      """,
    access: .scope(scope), parameters: Paging.parameters(limit: 10),
    answers: [
      Answer(
        200, "A page of rows.",
        .json(
          .array(history),
          example: [
            [
              "id": 1, "created": "2026-11-02T09:30:00.701Z", "method": "POST",
              "route": "/api/randomizes", "data": #"{"word":"slipway"}"#, "status": "201 Created",
            ]
          ]), headers: [Paging.link])
    ],
    failures: [
      Failure(400, "The limit is out of range.", .parameter("limit", "0")),
      Failure(400, "The cursor is none that a page gave.", .parameter("cursor", "abc")),
    ],
    isLegacy: true)
}
