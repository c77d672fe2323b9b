/// A command, a group of commands under one word, or both at once.
struct CommandTree: Sendable {
  let name: String
  let summary: String
  /// Commands whose word may follow; empty for most commands.
  let children: [CommandTree]
  /// What the word does by itself; nil for a group.
  let command: (any Command.Type)?

  /// A command by its type, and those that begin with its word.
  static func command(
    _ type: any Command.Type, _ children: [CommandTree] = []
  ) -> CommandTree {
    let specification = type.specification
    precondition(
      children.isEmpty || specification.operands.isEmpty,
      "what follows \(specification.name) would be an operand or a command")
    return CommandTree(
      name: specification.name, summary: specification.summary, children: children, command: type)
  }

  /// Commands under one word.
  static func group(_ name: String, _ summary: String, _ children: [CommandTree]) -> CommandTree {
    CommandTree(name: name, summary: summary, children: children, command: nil)
  }

  private init(
    name: String, summary: String, children: [CommandTree], command: (any Command.Type)?
  ) {
    let names = children.map(\.name)
    precondition(Set(names).count == names.count, "two commands of one name under \(name)")
    (self.name, self.summary, self.children, self.command) = (name, summary, children, command)
  }

  /// The command's specification, nil for a group.
  var specification: CommandSpecification? { command?.specification }

  /// Whether help and completions leave it out.
  var isHidden: Bool { specification?.isHidden ?? false }

  /// Those that help and completions show.
  var visibleChildren: [CommandTree] { children.filter { !$0.isHidden } }

  /// The child of this name.
  func child(_ name: String) -> CommandTree? { children.first { $0.name == name } }

  /// Every visible command and group below and with this one, with the words that lead to it.
  var visiblePaths: [(path: [String], node: CommandTree)] { paths(after: []) }

  private func paths(after words: [String]) -> [(path: [String], node: CommandTree)] {
    let path = words + [name]
    return [(path, self)] + visibleChildren.flatMap { $0.paths(after: path) }
  }
}

/// Options that every command has.
enum GlobalOptions {
  /// When colours are used.
  enum Color: String, CaseIterable, Sendable {
    case auto
    case always
    case never
  }

  static let help = Flag("help", short: "h", "print help and exit")
  static let version = Flag("version", "print the version and exit")
  static let color = Option(
    "color", .choice("WHEN", of: Color.self), .byDefault("auto"),
    "colours: auto is where a terminal reads and NO_COLOR is not set")

  static let all: [any DeclaresOption] = [help, version, color]
}
