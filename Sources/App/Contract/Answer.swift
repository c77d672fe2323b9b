import HTTPServer
import JSON

/// One status that comes when all is well, with what it carries.
struct Answer: Sendable {
  let status: Int
  let summary: String
  /// The representations, the one that comes without an `Accept` first; none is an empty body.
  var contents: [Content] = []
  var headers: [HeaderPromise] = []
  var links: [Link] = []

  init(
    _ status: Int, _ summary: String, _ contents: Content..., headers: [HeaderPromise] = [],
    links: [Link] = []
  ) {
    self.status = status
    self.summary = summary
    self.contents = contents
    self.headers = headers
    self.links = links
  }

  struct Content: Sendable {
    let mediaType: String
    let schema: Schema
    let example: JSONValue

    static func json(_ schema: Schema, example: JSONValue) -> Content {
      Content(mediaType: "application/json", schema: schema, example: example)
    }

    static func text(example: String, mediaType: String = "text/plain") -> Content {
      Content(
        mediaType: mediaType, schema: .string(Schema.anyLength), example: .string(example))
    }
  }

  struct HeaderPromise: Sendable {
    let name: String
    let summary: String
    let example: String

    init(_ name: String, _ summary: String, example: String) {
      self.name = name
      self.summary = summary
      self.example = example
    }
  }

  /// How to go on from here: a parameter of another operation, found in this answer's body.
  struct Link: Sendable {
    let operationID: String
    let parameter: String
    /// A JSON pointer into the body, such as `/id`.
    let pointer: String
  }
}

/// Something that goes wrong in a way of this operation's own.
struct Failure: Sendable {
  /// What brings it about.
  enum Cause: Sendable {
    /// The example request with another body.
    case body(String)
    /// The example request with another value of a parameter.
    case parameter(String, String)
    /// The example request with other values of several parameters.
    case parameters([String: String])
    /// The example request with another header.
    case header(String, String)
    /// Something outside of the request, in words; a test of the payload's own shows it.
    case circumstance(String)
  }

  let status: Int
  /// When it happens, in words.
  let summary: String
  let cause: Cause
  /// The exact body, where it is not problem+json.
  var body: Body?

  enum Body: Sendable {
    case text(String, mediaType: String = "text/plain")
    case json(JSONValue)
  }

  init(_ status: Int, _ summary: String, _ cause: Cause, body: Body? = nil) {
    self.status = status
    self.summary = summary
    self.cause = cause
    self.body = body
  }
}
