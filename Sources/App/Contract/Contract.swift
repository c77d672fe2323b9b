import Core
import HTTPServer
import JSON

/// What is promised about an operation: what it takes, what it answers, who may ask.
///
/// The same value checks requests, makes the OpenAPI document, and tells the tests what to send.
struct Contract: Sendable {
  /// The operation's name in the document, unique.
  let id: String
  let tag: Tag
  /// One line.
  let summary: String
  /// More, in Markdown.
  var notes = ""
  var access = Access.open
  var parameters: [Parameter] = []
  var body: BodyContract?
  /// What comes when all is well; the first is what the example request gets.
  var answers: [Answer]
  /// What else comes, beyond what every operation may answer by its nature.
  var failures: [Failure] = []
  /// Whether query parameters that nobody knows are ignored, as the original services had it.
  var isLegacy = false
  /// Whether answers carry an `ETag` and `If-None-Match` is honoured.
  var isConditional = false
  /// Whether `Idempotency-Key` is honoured.
  var takesIdempotencyKey = false
  /// Tells faults in the shape of an original service; nil leaves it to problem+json.
  var refusal: (@Sendable (RequestFault, Request) -> Response?)?
  /// The largest body in bytes where it is not the server's.
  var bodyBytesMax: Int?
  /// The whole time of a request where it is not the server's.
  var requestTimeout: Duration?
  /// Whether balancers and schedulers ask it: then nothing stands between it and its handler.
  var isProbe = false

  /// What may be answered when all is well, what comes without an `Accept` first.
  var mediaTypes: [String] { answers.first?.contents.map(\.mediaType) ?? [] }

  /// Whether the `Accept` decides what is answered; 406 where it takes none of it.
  ///
  /// Probes choose by themselves: whoever asks them gets an answer, whatever it accepts.
  var isNegotiated: Bool { !isProbe && answers.first.map { $0.contents.count > 1 } ?? false }
}

/// Who may ask.
enum Access: Sendable, Equatable {
  /// Anybody, whatever is configured.
  case open
  /// Anybody, unless `AUTH=all`.
  case read
  /// Anybody, unless `AUTH` is `writes` or `all`.
  case write
  /// Whoever has a token with this scope, whatever is configured.
  case scope(String)
}

/// A group of operations in the document.
struct Tag: Sendable, Hashable {
  let name: String
  let summary: String
}

/// A part of the path, the query or the headers.
struct Parameter: Sendable {
  enum Place: String, Sendable {
    case path, query, header
  }

  let name: String
  let place: Place
  let schema: Schema
  let summary: String
  let isRequired: Bool
  /// What takes its place where it is not given.
  let standard: JSONValue?
  /// What documents and tests send; nil leaves an optional one out.
  let example: JSONValue?
  /// What problems call it; made once, not for each request.
  let pointer: String

  private init(
    _ name: String, _ place: Place, _ schema: Schema, _ summary: String, isRequired: Bool,
    standard: JSONValue?, example: JSONValue?
  ) {
    self.name = name
    self.place = place
    self.schema = schema
    self.summary = summary
    self.isRequired = isRequired
    self.standard = standard
    self.example = example
    pointer = "#/\(place.rawValue)/\(PointerPart.of(name))"
  }

  static func path(
    _ name: String, _ schema: Schema, example: JSONValue, _ summary: String
  ) -> Parameter {
    Parameter(name, .path, schema, summary, isRequired: true, standard: nil, example: example)
  }

  static func query(
    _ name: String, _ schema: Schema, required: Bool = false, default standard: JSONValue? = nil,
    example: JSONValue? = nil, _ summary: String
  ) -> Parameter {
    Parameter(
      name, .query, schema, summary, isRequired: required, standard: standard, example: example)
  }

  /// A header, which the handler reads by itself; here it is documented.
  static func header(
    _ name: String, _ schema: Schema, example: JSONValue? = nil, _ summary: String
  ) -> Parameter {
    Parameter(name, .header, schema, summary, isRequired: false, standard: nil, example: example)
  }
}

/// What a request carries.
struct BodyContract: Sendable {
  enum Kind: Sendable {
    /// `application/json`, checked against the schema.
    case json(Schema)
    /// Another media type, whose reading is the handler's.
    case raw(mediaType: String)
  }

  let kind: Kind
  /// A body that is accepted, as it is sent.
  let example: String
  /// Whether a request without any body is refused.
  let isRequired: Bool

  static func json(_ schema: Schema, example: String) -> BodyContract {
    BodyContract(kind: .json(schema), example: example, isRequired: true)
  }

  static func raw(_ mediaType: String, example: String) -> BodyContract {
    BodyContract(kind: .raw(mediaType: mediaType), example: example, isRequired: true)
  }

  var mediaType: String {
    switch kind {
    case .json: "application/json"
    case .raw(let mediaType): mediaType
    }
  }
}
