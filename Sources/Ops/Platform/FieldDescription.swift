import Core
import YAML

/// What is told of a key: the source of errors, documentation and a schema.
struct FieldDescription: Sendable {
  /// What counts where a key is left out.
  enum Absence: Sendable {
    /// The key must be there.
    case error
    /// There is no such thing then.
    case nothing
    /// This value, as it would be written.
    case value(String, YAMLNode)
    /// A value that depends on others, in words.
    case told(String)
    /// A mapping in which every key has its own answer.
    case mapping
  }

  let key: String
  let help: String
  let schema: FieldSchema
  let absence: Absence
  /// A value as somebody might write it, where the type's own example would not do.
  let example: String?

  var isRequired: Bool { if case .error = absence { true } else { false } }

  /// What counts where the key is left out, in words; nil where there is no such thing.
  var defaultText: String? {
    switch absence {
    case .value(let text, _), .told(let text): text
    case .error, .nothing, .mapping: nil
    }
  }
}

/// The shape of a value.
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
  case either(FieldSchema, FieldSchema)
}

/// Which texts are accepted.
struct TextForm: Sendable {
  /// In words, for errors.
  let wanted: String
  /// As far as an expression can say it; nil where any text will do.
  let pattern: TextPattern?
  /// Texts that are accepted, the plainest first.
  let examples: [String]
  let isEmptyAllowed: Bool

  init(
    wanted: String, examples: [String] = [], pattern: TextPattern? = nil,
    isEmptyAllowed: Bool = false
  ) {
    self.wanted = wanted
    self.pattern = pattern
    self.examples = examples
    self.isEmptyAllowed = isEmptyAllowed
  }

  /// A form in these words, to which the examples are added.
  init(_ words: String, examples: [String] = [], pattern: TextPattern? = nil) {
    let list = examples.joined(separator: ", ")
    self.init(
      wanted: examples.isEmpty ? words : "\(words) (for example \(list))", examples: examples,
      pattern: pattern)
  }

  func matches(_ text: String) -> Bool {
    text.isEmpty ? isEmptyAllowed : pattern?.matches(text) ?? true
  }
}

extension TextForm {
  /// A name that Kubernetes accepts for most of its objects.
  ///
  /// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
  static let label = TextForm(
    "a name of a-z, 0-9 and -, at most 63 characters", pattern: .label)

  /// A name that others begin with, so that room is left; Services want the letter.
  static let objectName = TextForm(
    "a name of a-z, 0-9 and -, at most 40 characters, a letter first",
    pattern: "[a-z]([a-z0-9-]{0,38}[a-z0-9])?")

  static let variableName = TextForm(
    "the name of an environment variable", pattern: "[A-Za-z_][A-Za-z0-9_]*")

  static let duration = TextForm(
    wanted: DurationText.allowed, examples: ["500ms", "10s"], pattern: "[0-9]+(ms|s|m|h|d)")
}
