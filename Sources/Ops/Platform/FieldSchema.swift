/// The shape of a value, and the words for it.
indirect enum FieldSchema: Sendable {
  case text(TextForm)
  case integer(ClosedRange<Int>)
  case number(min: Double)
  case boolean
  /// Any text, number or truth value, taken by its text.
  case scalar
  case choice([String])
  case list(FieldSchema)
  /// Keys that the file chooses, of this form.
  case dictionary(keys: TextForm, FieldSchema)
  /// Keys that are known.
  case object([FieldDescription])
  /// Exactly one of these keys.
  case oneKey([FieldDescription])
  /// The first as a scalar, the second where more is to say.
  case either(FieldSchema, FieldSchema)

  /// What is accepted, for errors.
  var wanted: String {
    switch self {
    case .text(let form): return form.wanted
    case .integer(let range) where range.upperBound == Int.max:
      return "a whole number of at least \(range.lowerBound)"
    case .integer(let range):
      return "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let min): return "a number of at least \(min)"
    case .boolean: return "true or false"
    case .scalar: return "a text, number or boolean"
    case .choice(let words): return words.joined(separator: ", ")
    case .list: return "a list"
    case .dictionary, .object: return "a mapping"
    case .oneKey(let fields):
      return "a mapping with one of " + fields.map(\.key).joined(separator: ", ")
    case .either(let short, .object(let fields)):
      let required = fields.filter(\.isRequired).map { "'\($0.key)'" }.joined(separator: ", ")
      return "\(short.wanted), or a mapping" + (required.isEmpty ? "" : " with \(required)")
    case .either(let short, _): return short.wanted
    }
  }

  /// What is accepted, with what is within it.
  var wantedInFull: String {
    switch self {
    case .list(let element): "a list; each: \(element.wantedInFull)"
    case .dictionary(let keys, let element):
      "a mapping; each key: \(keys.wanted); each value: \(element.wantedInFull)"
    default: wanted
    }
  }
}
