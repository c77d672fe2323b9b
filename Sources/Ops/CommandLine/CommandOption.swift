/// What parsing, help and completions need to know of an option, whatever its type.
struct OptionDeclaration: Sendable {
  let name: String
  let short: Character?
  /// One line for people, without a full stop.
  let help: String
  /// The value's type, nil for a flag.
  let value: ValueDeclaration?
  /// The text that counts where the option is not given.
  var defaultText: String?
  var isRequired = false
  var isRepeatable = false

  /// `--name`.
  var long: String { "--" + name }
}

/// What can stand in a command's list of options.
protocol DeclaresOption: Sendable {
  var declaration: OptionDeclaration { get }
}

/// An option without a value: given or not.
struct Flag: DeclaresOption {
  let declaration: OptionDeclaration

  init(_ name: String, short: Character? = nil, _ help: String) {
    declaration = OptionDeclaration(name: name, short: short, help: help, value: nil)
  }
}

/// An option with a typed value.
struct Option<Value: Sendable>: DeclaresOption {
  /// How often it is given.
  enum Count: Sendable {
    /// Once or not at all.
    case optional
    /// Exactly once.
    case required
    /// Any number of times.
    case repeatable
    /// Once, or the text that counts without it.
    case byDefault(String)
  }

  let declaration: OptionDeclaration
  let type: ValueType<Value>

  init(
    _ name: String, short: Character? = nil, _ type: ValueType<Value>, _ count: Count,
    _ help: String
  ) {
    var declaration = OptionDeclaration(
      name: name, short: short, help: help, value: type.declaration)
    switch count {
    case .optional: break
    case .required: declaration.isRequired = true
    case .repeatable: declaration.isRepeatable = true
    case .byDefault(let text):
      precondition(type.read(text) != nil, "the default of --\(name) is not allowed")
      declaration.defaultText = text
    }
    self.declaration = declaration
    self.type = type
  }

  /// An option that may be left out and has no default.
  init(_ name: String, short: Character? = nil, _ type: ValueType<Value>, _ help: String) {
    self.init(name, short: short, type, .optional, help)
  }
}
