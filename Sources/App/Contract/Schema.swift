import JSON

/// What a JSON value or a parameter may be.
///
/// One value of this type both refuses what is wrong and documents what is right, so that the
/// document can not promise what the service does not keep.
indirect enum Schema: Sendable {
  /// A text: its length in code points, and what it must look like where that matters.
  case string(ClosedRange<Int>, TextFormat? = nil)
  /// A whole number; `22.0` and `true` are none.
  case integer(ClosedRange<Int64> = Schema.integers)
  /// A finite number; a whole one counts.
  case number
  case boolean
  /// One of these texts.
  case choice([String])
  case array(Schema)
  case object(ObjectSchema)
  /// Anything; only for what the service answers.
  case any

  /// What a column of PostgreSQL's type `integer` holds.
  static let integers: ClosedRange<Int64> = -2_147_483_648...2_147_483_647
  /// What identifies a row.
  static let identifiers: ClosedRange<Int64> = 1...Int64.max
  /// Lengths of a text that nothing but the body's limit bounds.
  static let anyLength = 0...1_048_576

  /// A UUID in the form that RFC 9562 writes.
  static let uuid = Schema.string(36...36, .uuid)
  /// A day of the calendar.
  static let date = Schema.string(10...10, .date)
  /// A moment in UTC with milliseconds; only for what the service answers.
  static let moment = Schema.string(24...24, .moment)

  /// The kind as messages say it.
  var typeName: String {
    switch self {
    case .string, .choice: "string"
    case .integer: "integer"
    case .number: "number"
    case .boolean: "boolean"
    case .array: "array"
    case .object: "object"
    case .any: "value"
    }
  }
}

/// What a text must look like.
struct TextFormat: Sendable {
  /// JSON Schema's `format`, where it has a name for it.
  var name: String?
  /// JSON Schema's `pattern`, in ECMAScript's dialect.
  var pattern: String?
  /// What the text must be, in words that follow "must be".
  let words: String
  let accepts: @Sendable (String) -> Bool
}

/// An object with named fields.
struct ObjectSchema: Sendable {
  /// Its name among the components of the document; nil writes it out in place.
  var name: String?
  var fields: [Field]
  /// Whether fields that nobody knows are refused; otherwise they are ignored.
  var refusesUnknown = false

  struct Field: Sendable {
    let name: String
    let schema: Schema
    var isRequired: Bool
    let summary: String
    var standard: JSONValue?

    init(
      _ name: String, _ schema: Schema, required: Bool = true, default standard: JSONValue? = nil,
      _ summary: String
    ) {
      self.name = name
      self.schema = schema
      isRequired = required
      self.summary = summary
      self.standard = standard
    }
  }

  init(_ name: String? = nil, refusesUnknown: Bool = false, _ fields: [Field]) {
    self.name = name
    self.fields = fields
    self.refusesUnknown = refusesUnknown
  }

  /// The same fields, none of them required: what a merging change takes.
  func allOptional(_ name: String) -> ObjectSchema {
    var copy = self
    copy.name = name
    copy.fields = fields.map { field in
      var field = field
      field.isRequired = false
      field.standard = nil
      return field
    }
    return copy
  }
}
