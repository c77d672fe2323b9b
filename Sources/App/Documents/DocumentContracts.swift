import JSON

/// What is promised about the documents.
enum DocumentContracts {
  static let tag = Tag(name: "Documents", summary: "What tells about all the others.")

  static let json = contract(
    "getOpenAPI", "Give this document as JSON.",
    .json(
      .object(
        ObjectSchema(
          nil,
          [
            .init("openapi", .string(5...16), "The version of OpenAPI."),
            .init("info", .any, "What this is."), .init("paths", .any, "Every operation."),
          ])),
      example: ["openapi": "3.1.1", "info": ["title": "Slipway"], "paths": [:]]))

  static let yaml = contract(
    "getOpenAPIAsYAML", "Give this document as YAML.",
    Answer.Content(
      mediaType: "application/yaml", schema: .any, example: "openapi: 3.1.1\n"))

  static let docs = page("getDocs", "Show this document to people.")
  static let apidocs = page("getAPIDocs", "Show the same where one of the originals had it.")

  static let asset = contract(
    "getDocsAsset", "Give a part of the page.",
    .text(example: "", mediaType: "text/css"))

  private static func page(_ id: String, _ summary: String) -> Contract {
    contract(id, summary, .text(example: "<!doctype html>…", mediaType: "text/html"))
  }

  private static func contract(
    _ id: String, _ summary: String, _ content: Answer.Content
  ) -> Contract {
    Contract(
      id: id, tag: tag, summary: summary, answers: [Answer(200, "It.", content)], isLegacy: true,
      isConditional: true)
  }
}
