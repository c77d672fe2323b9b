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
