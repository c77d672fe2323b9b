/// The whole reference as Markdown, from the same tree as the help.
struct CommandReference {
  let tree: CommandTree

  var markdown: String {
    var parts = ["# Commands", "\(tree.summary.capitalizedFirst).", exitCodes]
    parts.append(options("Options of every command", GlobalOptions.all))
    for (path, node) in tree.visiblePaths.dropFirst() {
      let title = "## \(path.joined(separator: " "))"
      parts += [title, "\(node.summary.capitalizedFirst)."]
      if let specification = node.specification { parts += sections(specification, path: path) }
    }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  private func sections(_ specification: CommandSpecification, path: [String]) -> [String] {
    let operands = specification.operands.map(\.declaration).map {
      "| `\(Self.cell($0.usage))` | \(Self.cell(HelpText.about($0))) |"
    }
    let codes = specification.allExitCodes.map { "\($0.rawValue) \($0.name)" }
    let examples = specification.examples.map { "# \($0.effect)\n\($0.line)" }
    return [
      "```\n\(HelpText.usage(specification, path: path))\n```",
      specification.description,
      operands.isEmpty ? "" : (["| argument | |", "|---|---|"] + operands).joined(separator: "\n"),
      options("option", specification.options),
      "Exit codes: \(codes.joined(separator: ", ")).",
      examples.isEmpty ? "" : "```sh\n\(examples.joined(separator: "\n"))\n```",
    ]
  }

  private var exitCodes: String {
    let rows = ExitCode.allCases.map { "| \($0.rawValue) | \($0.name) | \($0.meaning) |" }
    return (["| exit code | name | meaning |", "|---|---|---|"] + rows).joined(separator: "\n")
  }

  private func options(_ title: String, _ options: [any DeclaresOption]) -> String {
    guard !options.isEmpty else { return "" }
    let rows = options.map { option in
      let (name, about) = HelpText.row(option.declaration)
      return "| `\(Self.cell(String(name.drop { $0 == " " })))` | \(Self.cell(about)) |"
    }
    return (["| \(title) | |", "|---|---|"] + rows).joined(separator: "\n")
  }

  /// `text` in a cell of a table.
  static func cell(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
