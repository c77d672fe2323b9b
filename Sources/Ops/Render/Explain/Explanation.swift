import YAML

/// What is told of one value that an environment has or could have.
struct Explanation: Sendable, Equatable {
  /// Where a value comes from.
  enum Origin: Sendable, Equatable {
    /// It is written at the place; `section` leads to the mapping of which it is a part, and
    /// `instead` is the value of the defaults that it replaces.
    case written(Finding.Place, section: [String], instead: Replaced?)
    /// Nothing is written: the default of the type.
    case standard
    /// Nothing is written, and what counts is told by other values, in these words.
    case derived(String)
    /// Nothing is written, and there is no such thing then.
    case nothing
  }

  /// A value that does not count.
  struct Replaced: Sendable, Equatable {
    let value: String
    let place: Finding.Place
  }

  /// The keys from the root of what is explained.
  let path: [String]
  /// Nil where there is no such thing.
  let value: YAMLNode?
  let origin: Origin
  /// What may stand there.
  let wanted: String
  /// What counts where nothing is written.
  let defaultText: String?
  let help: String

  var dottedPath: String { path.joined(separator: ".") }

  /// The value on one line.
  var shown: String { value.map(YAMLWriter.inline) ?? "-" }
}
