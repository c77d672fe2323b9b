import Core
import JSON

/// What is promised to operators.
enum OperationsContracts {
  static let tag = Tag(name: "Operations", summary: "What operators and balancers ask.")

  static let live = probe(
    "getLiveness", "Tell whether the process answers at all.",
    [Answer(200, "It does.", .text(example: "OK\n"))])

  static let ready = probe(
    "getReadiness", "Tell whether clients should be sent here.",
    [Answer(200, "They should.", .text(example: "ready\n"))],
    [
      Failure(
        503, "The service starts or leaves; the body says which.",
        .circumstance("before the schema is usable, and after SIGTERM"), body: .text("leaving\n"))
    ])

  static let version = probe(
    "getVersion", "Tell which release answers.",
    [
      Answer(
        200, "The release.",
        .json(
          .object(
            ObjectSchema(
              "Version",
              [
                .init("name", .string(Schema.anyLength), "Always `slipway`."),
                .init("version", .string(Schema.anyLength), "The version of the program."),
                .init(
                  "revision", .string(1...64), "What runs: program, configuration and rollout."),
              ])),
          example: [
            "name": "slipway", "version": .string(Version.current),
            "revision": .string("v\(Version.current)"),
          ]))
    ])

  static let health = probe(
    "getHealth", "Tell whether the service can do its work.",
    [
      Answer(
        200, "It can.", .text(example: "UP\n"),
        .json(healthReport, example: healthExample))
    ],
    [
      Failure(
        503, "The database or its schema is not usable.",
        .circumstance("the database is away"), body: .text("DOWN\n"))
    ],
    notes: "JSON, with the reasons, comes to those who ask for it and to operators only.")

  static let metrics = probe(
    "getMetrics", "Give every count in Prometheus's text format.",
    [
      Answer(
        200, "The counts.",
        .text(
          example: "# TYPE slipway_schema_usable gauge\nslipway_schema_usable 1\n"))
    ])

  private static func probe(
    _ id: String, _ summary: String, _ answers: [Answer], _ failures: [Failure] = [],
    notes: String = ""
  ) -> Contract {
    Contract(
      id: id, tag: tag, summary: summary, notes: notes, answers: answers, failures: failures,
      isLegacy: true, isProbe: true)
  }

  private static let status = Schema.choice(["UP", "DOWN"])

  private static let healthReport = Schema.object(
    ObjectSchema(
      "Health",
      [
        .init("status", status, "All of it."),
        .init("revision", .string(1...64), "The release that answers."),
        .init(
          "schema",
          .object(
            ObjectSchema(
              nil,
              [
                .init("state", .string(Schema.anyLength), "What was found, in words."),
                .init("usable", .boolean, "Whether this release can work with it."),
              ])), "The database's schema."),
        .init(
          "checks",
          .array(
            .object(
              ObjectSchema(
                nil,
                [
                  .init("name", .string(Schema.anyLength), "What was looked at."),
                  .init("status", status, "What was found."),
                  .init("detail", .string(Schema.anyLength), required: false, "Why."),
                ]))), "Each part."),
      ]))

  private static let healthExample: JSONValue = [
    "status": "UP", "revision": .string("v\(Version.current)"),
    "schema": ["state": "at version 1", "usable": true],
    "checks": [
      ["name": "database", "status": "UP"], ["name": "schema", "status": "UP"],
    ],
  ]
}
