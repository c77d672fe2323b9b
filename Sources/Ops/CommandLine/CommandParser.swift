/// What a command line asks for.
enum Invocation: Sendable {
  case run(any Command.Type, ParsedArguments)
  /// Help of the command or group at these words.
  case help(path: [String])
  case version
}

/// Reads command lines as GNU programs do.
///
/// Options stand before, between or after operands until `--`; `--name value` and `--name=value`,
/// `-n value` and `-nvalue`, flags bundled behind one dash.
/// https://www.gnu.org/software/libc/manual/html_node/Argument-Syntax.html
struct CommandParser {
  private var node: CommandTree
  private var path: [String]
  private var rest: ArraySlice<String>
  private var given: [String: [String]] = [:]
  private var operands: [String] = []

  /// What `arguments` ask of `tree`, with the colours they want.
  static func parse(
    _ arguments: [String], tree: CommandTree
  ) throws(UsageError) -> (invocation: Invocation, color: GlobalOptions.Color) {
    var parser = CommandParser(node: tree, path: [tree.name], rest: arguments[...])
    do throws(UsageError) {
      try parser.readAll()
      return (try parser.invocation(), parser.color)
    } catch {
      // Whoever asks for help beside a mistake gets the help, not the mistake.
      if case .unknownCommand = error.reason { throw error }
      let words = arguments.prefix { $0 != "--" }
      guard words.contains("--help") || words.contains("-h") else { throw error }
      return (.help(path: parser.path), parser.color)
    }
  }

  private init(node: CommandTree, path: [String], rest: ArraySlice<String>) {
    self.node = node
    self.path = path
    self.rest = rest
  }

  private var color: GlobalOptions.Color {
    given["color"]?.last.flatMap(GlobalOptions.Color.init) ?? .auto
  }

  private var declarations: [OptionDeclaration] {
    ((node.specification?.options ?? []) + GlobalOptions.all).map(\.declaration)
  }

  private mutating func readAll() throws(UsageError) {
    while let word = rest.popFirst() {
      if word == "--" {
        while let operand = rest.popFirst() { try readOperand(operand) }
      } else if word.hasPrefix("--") {
        try readLong(word)
      } else if word.hasPrefix("-"), word.count > 1 {
        try readShort(word.dropFirst())
      } else {
        try readOperand(word)
      }
    }
  }

  private mutating func readOperand(_ word: String) throws(UsageError) {
    guard let specification = node.specification, node.children.isEmpty else {
      return try readCommand(word)
    }
    let expected = specification.operands.map(\.declaration)
    let operand = operands.count < expected.count ? expected[operands.count] : expected.last
    guard let operand, operands.count < expected.count || operand.isRepeatable else {
      throw failure(.unexpectedOperand(word))
    }
    guard operand.value.isAllowed(word) else {
      let shown = operand.value.shown(word)
      throw failure(
        .operandNotAllowed(operand: operand.name, value: shown, allowed: operand.value.allowed))
    }
    operands.append(word)
  }

  private mutating func readCommand(_ word: String) throws(UsageError) {
    guard let child = node.child(word) else {
      throw failure(.unknownCommand(word, known: node.visibleChildren.map(\.name)))
    }
    // What was said to this command was not said to the one below it.
    let own = Set(node.specification?.options.map(\.declaration.name) ?? [])
    if let option = given.keys.filter(own.contains).min() {
      throw failure(.optionBeforeCommand(option: "--" + option, command: word))
    }
    node = child
    path.append(word)
  }

  private mutating func readLong(_ word: String) throws(UsageError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0].dropFirst(2))
    guard let option = declarations.first(where: { $0.name == name }) else {
      throw failure(.unknownOption("--" + name, known: declarations.map(\.long)))
    }
    try read(option, as: option.long, attached: parts.count > 1 ? String(parts[1]) : nil)
  }

  private mutating func readShort(_ bundle: Substring) throws(UsageError) {
    var bundle = bundle
    while let letter = bundle.popFirst() {
      guard let option = declarations.first(where: { $0.short == letter }) else {
        throw failure(.unknownOption("-\(letter)", known: []))
      }
      let takesRest = option.value != nil && !bundle.isEmpty
      try read(option, as: "-\(letter)", attached: takesRest ? String(bundle) : nil)
      if takesRest { return }
    }
  }

  private mutating func read(
    _ option: OptionDeclaration, as written: String, attached: String?
  ) throws(UsageError) {
    guard let type = option.value else {
      guard attached == nil else { throw failure(.unexpectedValue(option: written)) }
      given[option.name, default: []].append("")
      return
    }
    guard let value = attached ?? nextValue() else {
      throw failure(.missingValue(option: written, allowed: type.allowed))
    }
    guard type.isAllowed(value) else {
      throw failure(
        .optionValueNotAllowed(option: written, value: type.shown(value), allowed: type.allowed))
    }
    if given[option.name] != nil, !option.isRepeatable {
      throw failure(.repeatedOption(written))
    }
    given[option.name, default: []].append(value)
  }

  /// The next word, unless it is an option: `--timeout --plan` has a forgotten value.
  private mutating func nextValue() -> String? {
    guard let next = rest.first else { return nil }
    let name = next.prefix { $0 != "=" }
    let isOption =
      next == "--" || declarations.contains { $0.long == name || $0.short.map { "-\($0)" } == next }
    return isOption ? nil : rest.popFirst()
  }

  private func invocation() throws(UsageError) -> Invocation {
    if given["help"] != nil { return .help(path: path) }
    if given["version"] != nil { return .version }
    guard let command = node.command, let specification = node.specification else {
      // The bare program introduces itself; a bare group is a command cut short.
      if path.count == 1 { return .help(path: path) }
      throw failure(.missingCommand(known: node.visibleChildren.map(\.name)))
    }
    try check(specification)
    return .run(command, ParsedArguments(specification, options: given, operands: operands))
  }

  private func check(_ specification: CommandSpecification) throws(UsageError) {
    for group in specification.exclusive {
      let present = group.map(\.declaration).filter { given[$0.name] != nil }
      if present.count > 1 {
        throw failure(.exclusiveOptions(present[0].long, present[1].long))
      }
    }
    for requirement in specification.requirements {
      let (option, needs) = (requirement.option.declaration, requirement.needs.declaration)
      if given[option.name] != nil, given[needs.name] == nil {
        throw failure(.optionNeeds(option: option.long, needs: needs.long))
      }
    }
    for option in specification.options.map(\.declaration)
    where option.isRequired && given[option.name] == nil {
      throw failure(.missingOption(option.long, allowed: option.value?.allowed ?? ""))
    }
    let required = specification.operands.map(\.declaration).filter(\.isRequired)
    if operands.count < required.count {
      let missing = required[operands.count]
      throw failure(.missingOperand(missing.name, help: missing.help))
    }
  }

  private func failure(_ reason: UsageError.Reason) -> UsageError {
    UsageError(reason: reason, path: path)
  }
}
