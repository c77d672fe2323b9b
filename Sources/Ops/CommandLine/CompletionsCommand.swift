/// Prints the script that teaches a shell this program's words.
struct CompletionsCommand: Command {
  enum Shell: String, CaseIterable, Sendable {
    case bash
    case zsh
    case fish
  }

  private static let shell = Operand(.choice("SHELL", of: Shell.self), "the shell")

  static let specification = CommandSpecification(
    name: "completions", summary: "print completions for a shell",
    operands: [shell],
    examples: [
      .init(line: "source <(ops completions bash)", effect: "for this bash"),
      .init(line: "ops completions zsh >\"${fpath[1]}/_ops\"", effect: "for every zsh"),
      .init(
        line: "ops completions fish >~/.config/fish/completions/ops.fish",
        effect: "for every fish"),
    ])

  private let shell: Shell

  init(_ arguments: ParsedArguments) { shell = arguments.required(Self.shell) }

  func run(_ context: CommandContext) -> ExitCode {
    let script =
      switch shell {
      case .bash: BashCompletions(tree: context.tree).script
      case .zsh: ZshCompletions(tree: context.tree).script
      case .fish: FishCompletions(tree: context.tree).script
      }
    context.output.write(script)
    return .done
  }
}
