/// Help for people, made from the command tree.
struct HelpText {
  /// Where lines are wrapped: terminals may be wider, eyes are not.
  static let columnsMax = 100
  /// Narrower terminals wrap by themselves.
  static let columnsMin = 40

  private let columns: Int

  init(columns: Int?) {
    self.columns = min(Self.columnsMax, max(Self.columnsMin, columns ?? 80))
  }

  /// Help of a command or of a group.
  func text(_ node: CommandTree, path: [String]) -> String {
    node.specification.map { command($0, node, path: path) } ?? group(node, path: path)
  }

  private func command(
    _ specification: CommandSpecification, _ node: CommandTree, path: [String]
  ) -> String {
    var parts = ["Usage: " + Self.usage(specification, path: path)]
    parts.append(wrapped(specification.summary.capitalizedFirst + ".", indent: 0))
    if !specification.description.isEmpty {
      parts += specification.description.split(separator: "\n\n").map {
        wrapped(String($0), indent: 0)
      }
    }
    parts += table(
      "Arguments:", specification.operands.map { ($0.declaration.name, Self.about($0.declaration)) }
    )
    parts += commands(node)
    parts += table("Options:", specification.options.map { Self.row($0.declaration) })
    parts += table("Options of every command:", GlobalOptions.all.map { Self.row($0.declaration) })
    parts += table(
      "Exit codes:", specification.allExitCodes.map { (String($0.rawValue), $0.meaning) })
    parts += table("Examples:", specification.examples.map { ($0.line, $0.effect) })
    return parts.joined(separator: "\n\n") + "\n"
  }

  private func group(_ node: CommandTree, path: [String]) -> String {
    let words = path.joined(separator: " ")
    var parts = ["Usage: \(words) COMMAND [OPTIONS]"]
    parts.append(wrapped(node.summary.capitalizedFirst + ".", indent: 0))
    parts += commands(node)
    parts += table("Options of every command:", GlobalOptions.all.map { Self.row($0.declaration) })
    parts.append("'\(words) COMMAND --help' tells more of one command.")
    return parts.joined(separator: "\n\n") + "\n"
  }

  private func commands(_ node: CommandTree) -> [String] {
    table("Commands:", node.visibleChildren.map { ($0.name, $0.summary) })
  }

  /// `ops rollout [OPTIONS] --env NAME OPERAND`.
  static func usage(_ specification: CommandSpecification, path: [String]) -> String {
    let options = specification.options.map(\.declaration)
    var words = path
    if options.contains(where: { !$0.isRequired }) { words.append("[OPTIONS]") }
    for option in options where option.isRequired {
      words.append("\(option.long) \(option.value?.name ?? "")")
    }
    return (words + specification.operands.map(\.declaration.usage)).joined(separator: " ")
  }

  /// An option with its short form and value, and what is told about it.
  static func row(_ option: OptionDeclaration) -> (String, String) {
    let short = option.short.map { "-\($0), " } ?? "    "
    let value = option.value.map { " " + $0.name } ?? ""
    return (short + option.long + value, about(option))
  }

  static func about(_ option: OptionDeclaration) -> String {
    var notes: [String] = []
    if option.isRequired { notes.append("required") }
    if option.isRepeatable { notes.append("repeatable") }
    if case .words(let words) = option.value?.completion {
      notes.append("one of " + words.joined(separator: ", "))
    }
    if let text = option.defaultText { notes.append("default: \(text)") }
    return notes.isEmpty ? option.help : "\(option.help) (\(notes.joined(separator: "; ")))"
  }

  static func about(_ operand: OperandDeclaration) -> String {
    if case .words(let words) = operand.value.completion {
      return "\(operand.help) (one of \(words.joined(separator: ", ")))"
    }
    return operand.help
  }

  /// A heading over two columns; nothing where there are no rows.
  private func table(_ heading: String, _ rows: [(String, String)]) -> [String] {
    guard !rows.isEmpty else { return [] }
    // Longer left sides stand on a line of their own.
    let leftMax = 26
    let left = rows.map(\.0.count).filter { $0 <= leftMax }.max() ?? leftMax
    let lines = rows.map { name, text in
      let indent = left + 4
      let body = wrapped(text, indent: indent)
      guard name.count <= left else { return "  \(name)\n\(body)" }
      let gap = String(repeating: " ", count: left - name.count + 2)
      return "  \(name)\(gap)\(body.dropFirst(indent))"
    }
    return [([heading] + lines).joined(separator: "\n")]
  }

  private func wrapped(_ text: String, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    return Self.wrapped(text, columns: columns - indent).map { margin + $0 }
      .joined(separator: "\n")
  }

  /// The lines of `text`, each of so many columns at most where its words allow it.
  static func wrapped(_ text: String, columns: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      if !line.isEmpty, line.count + 1 + word.count > columns {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return lines + [line]
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
