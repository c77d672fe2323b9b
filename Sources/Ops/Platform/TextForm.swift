import Core

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

  /// The same form, or an empty text.
  var orEmpty: TextForm {
    TextForm(wanted: wanted, examples: examples, pattern: pattern, isEmptyAllowed: true)
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

  /// Without characters that YAML forbids: what writes the objects would leave such a text out
  /// without a word.
  ///
  /// https://yaml.org/spec/1.2.2/#51-character-set
  static let printable = TextForm(
    wanted: "a text in quotes, without control characters",
    pattern: TextPattern(
      "[^\u{0}-\u{8}\u{B}\u{C}\u{E}-\u{1F}\u{7F}-\u{84}\u{86}-\u{9F}\u{FEFF}\u{FFFE}\u{FFFF}]*"
    ), isEmptyAllowed: true)

  static let variableName = TextForm(
    "the name of an environment variable", pattern: "[A-Za-z_][A-Za-z0-9_]*")

  static let duration = TextForm(
    wanted: DurationText.allowed, examples: ["500ms", "10s"], pattern: "[0-9]+(ms|s|m|h|d)")
}
