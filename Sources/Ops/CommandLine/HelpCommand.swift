/// Prints help of a command, or the reference of all.
struct HelpCommand: Command {
  private static let markdown = Flag("markdown", "print the whole reference as Markdown")
  private static let words = Operand(
    .text("COMMAND"), isRequired: false, isRepeatable: true, "the command's words")

  static let specification = CommandSpecification(
    name: "help", summary: "explain a command",
    options: [markdown], operands: [words],
    examples: [.init(line: "ops help rollout", effect: "the same as ops rollout --help")])

  private let words: [String]
  private let markdown: Bool

  init(_ arguments: ParsedArguments) {
    words = arguments.values(Self.words)
    markdown = arguments.has(Self.markdown)
  }

  init(words: [String]) {
    self.words = words
    markdown = false
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    if markdown {
      context.output.write(CommandReference(tree: context.tree).markdown)
      return .done
    }
    var node = context.tree
    var path = [node.name]
    for word in words {
      guard let child = node.child(word) else {
        let known = node.visibleChildren.map(\.name)
        throw UsageError(reason: .unknownCommand(word, known: known), path: path)
      }
      node = child
      path.append(word)
    }
    context.output.write(HelpText(columns: context.output.columns).text(node, path: path))
    return .done
  }
}
