import Core
import HTTPServer
import JSON

/// What is promised about page views.
enum ViewContracts {
  static let tag = Tag(
    name: "Page views", summary: "How often an article of Wikipedia was viewed in a month.")

  private static let article = Parameter.path(
    "article", .string(1...ArticleTitle.bytesMax, .articleTitle), example: "Foobar",
    "The title, with spaces or underscores; a slash in it is written `%2F`.")
  private static let year = Parameter.path(
    "year", .integer(1...9999), example: 2023, "The year; counts begin in July 2015.")
  private static let month = Parameter.path(
    "month", .integer(1...12), example: 11, "The month, 1 to 12.")

  private static let views = Schema.object(
    ObjectSchema(
      "PageViews",
      [
        .init("project", .string(1...ViewProject.lengthMax), "The project, as it is asked for."),
        .init("article", .string(1...ArticleTitle.bytesMax), "The title, with underscores."),
        .init("year", .integer(1...9999), "The year."),
        .init("month", .integer(1...12), "The month."),
        .init("views", .integer(0...Int64.max), "How often the article was viewed."),
        .init("final", .boolean, "Whether the count is not expected to change any more."),
      ]))

  private static let age = Answer.HeaderPromise(
    "Age", "Seconds since the count was asked for, where it was kept (RFC 9111, section 5.1).",
    example: "42")
  private static let caching = Answer.HeaderPromise(
    "Cache-Control", "How long the count may be repeated.", example: "public, max-age=3600")

  static let get = Contract(
    id: "getPageViews", tag: tag, summary: "Tell how often an article was viewed in a month.",
    notes: """
      Counts come from the Wikimedia Analytics API and are kept: those of months that are over for \
      good in the database, others for a while. While the source can not be asked, a count that is \
      kept is given even beyond its time; `Age` tells it.
      """,
    access: .read,
    parameters: [
      article, year, month,
      .query(
        "project", .string(1...ViewProject.lengthMax, .viewProject),
        default: .string(ViewQuery.projectDefault), "The project, such as `de.wikipedia`."),
      .query(
        "access", .choice(ViewQuery.Access.allCases.map(\.rawValue)),
        default: .string(ViewQuery.Access.all.rawValue), "By which site readers came."),
      .query(
        "agent", .choice(ViewQuery.Agent.allCases.map(\.rawValue)),
        default: .string(ViewQuery.Agent.all.rawValue), "What kind of reader it was."),
    ],
    answers: [
      Answer(
        200, "The count.",
        .json(
          views,
          example: [
            "project": "en.wikipedia", "article": "Foobar", "year": 2023, "month": 11,
            "views": 14510, "final": true,
          ]), headers: [caching, age])
    ],
    failures: [
      Failure(400, "The month is none.", .parameter("month", "13")),
      Failure(400, "The month lies in the future.", .parameter("year", "3000")),
      Failure(404, "The month lies before July 2015.", .parameter("year", "1985")),
      Failure(
        404, "There is no count: no views, not counted yet, or no article of that title.",
        .circumstance("The source has no count.")),
    ] + upstream(nil),
    isConditional: true)

  static let legacy = Contract(
    id: "getMonthlyViewCount", tag: tag,
    summary: "Tell how often an article of the English Wikipedia was viewed in a month.",
    notes: """
      The path and the answers of the original service: a JSON string, in digits or an error. \
      While the source can not be asked the string is `"error"` as well, with 502 or 503, so that \
      it is not taken for a month without a count.
      """,
    access: .read, parameters: [article, year, month],
    answers: [
      Answer(
        200, "The count, in digits.",
        .json(.string(1...19), example: "14510"), headers: [caching, age])
    ],
    failures: [
      Failure(
        400, "The month is none.", .parameter("month", "13"),
        body: .json(.string(LegacyViews.monthText))),
      Failure(
        400, "The month lies in the future.", .parameter("year", "3000"),
        body: .json(.string(LegacyViews.futureText))),
      Failure(
        400, "There is no count.", .parameter("year", "1985"),
        body: .json(.string(LegacyViews.errorText))),
      Failure(404, "The year or the month is not written in digits.", .parameter("month", "May")),
    ] + upstream(.json(.string(LegacyViews.errorText))),
    isLegacy: true, isConditional: true,
    refusal: { LegacyViews.refusal($0, $1) })

  private static func upstream(_ body: Failure.Body?) -> [Failure] {
    [
      Failure(
        502, "The source answers what can not be used.",
        .circumstance("The source's answer is malformed, too long, or another than asked for."),
        body: body),
      Failure(
        503, "The source is not available.",
        .circumstance("The source does not answer, fails, or asks to be left alone."),
        body: body),
    ]
  }
}

extension TextFormat {
  /// Which texts of that length are titles is the wikis' affair: to the others there is no count.
  static let articleTitle = TextFormat(
    pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f]{1,\(ArticleTitle.bytesMax)}$",
    words: "a title without control characters"
  ) { ArticleTitle.isPrintable($0) }

  static let viewProject = TextFormat(
    pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]{0,\(ViewProject.lengthMax - 1)}$",
    words: "a project such as en.wikipedia"
  ) { ViewProject($0) != nil }
}
