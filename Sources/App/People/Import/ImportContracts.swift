import HTTPServer
import JSON

/// What is promised about imports by HTTP.
enum ImportContracts {
  static let scope = "people:write"

  private static let header = ImportColumn.allCases.map(\.header).joined(separator: ",")
  private static let row = "1,2,Mrs. Ada Example,female,28.5,1,0,26.25"
  private static let example = "\(header)\r\n\(row)\r\n"

  private static let count = Schema.integer(0...Schema.identifiers.upperBound)
  private static let problem = Schema.object(
    ObjectSchema(
      nil,
      [
        .init("line", count, "The line, from 1."),
        .init("column", count, "The column in characters, from 1."),
        .init("detail", .string(Schema.anyLength), "What is wrong."),
      ]))
  private static let result = Schema.object(
    ObjectSchema(
      "ImportResult",
      [
        .init("rows", count, "Rows in the file."),
        .init("inserted", count, "People who were added."),
        .init("existing", count, "People who were there already."),
        .init("removed", count, "People who were removed, with `mode=replace`."),
        .init("skipped", count, "Rows that are wrong, with `skipInvalid=true`."),
        .init("milliseconds", count, "How long it took."),
        .init("problems", .array(problem), required: false, "Why rows were skipped."),
      ]))

  static func post(_ configuration: ImportConfiguration) -> Contract {
    Contract(
      id: "importPeople", tag: PersonContracts.tag, summary: "Import a CSV file of people.",
      notes: """
        All of the file is imported, or nothing of it. `mode=merge` adds who is not there yet, so \
        that a second time changes nothing; `replace` also removes who is not in the file or was \
        changed since; `append` adds every row under a new uuid. The columns may come in any \
        order. The first \(ImportProblem.listedMax) problems are listed in `errors`, with a \
        pointer such as `#/line/12/column/3`. An `Idempotency-Key` is not kept: `merge` and \
        `replace` need none, and with `append` it is answered 400.
        """,
      access: .scope(scope),
      parameters: [
        .query(
          "mode", .choice(ImportOptions.Mode.allCases.map(\.rawValue)),
          default: .string(ImportOptions.Mode.merge.rawValue), "What becomes of who is there."),
        .query(
          "skipInvalid", .boolean, default: false,
          "Whether rows that are wrong are left out, instead of refusing the file."),
      ],
      body: .raw("text/csv", example: example),
      answers: [
        Answer(
          200, "What was done.",
          .json(
            result,
            example: [
              "rows": 1, "inserted": 1, "existing": 0, "removed": 0, "skipped": 0,
              "milliseconds": 3,
            ]))
      ],
      failures: [
        Failure(
          400, "A row is wrong.",
          .body(example.replacing("female", with: "femail"))),
        Failure(400, "A column is missing.", .body(example.replacing(",Fare", with: ""))),
        Failure(400, "There is no such mode.", .parameter("mode", "upsert")),
      ],
      bodyBytesMax: configuration.bytesMax, requestTimeout: configuration.timeout)
  }
}
