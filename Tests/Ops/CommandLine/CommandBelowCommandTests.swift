import Testing

@testable import Ops

/// A word that is a command and has commands below it.
struct CommandBelowCommandTests {
  struct DockCommand: Command {
    static let berth = Option("berth", .text("NAME"), "where")
    static let specification = CommandSpecification(
      name: "dock", summary: "look at the dock", options: [berth])

    private let berth: String

    init(_ arguments: ParsedArguments) { berth = arguments.value(Self.berth) ?? "any" }

    func run(_ context: CommandContext) -> ExitCode {
      context.output.line("dock \(berth)")
      return .done
    }
  }

  struct CraneCommand: Command {
    static let specification = CommandSpecification(name: "crane", summary: "lift what is there")

    init(_ arguments: ParsedArguments) {}

    func run(_ context: CommandContext) -> ExitCode {
      context.output.line("crane")
      return .done
    }
  }

  private static let tree = CommandTree.group(
    "ops", "try",
    [.command(DockCommand.self, [.command(CraneCommand.self)]), .command(HelpCommand.self)])

  private func run(_ words: String...) -> TestProgram.Result {
    TestProgram.run(words: words, tree: Self.tree)
  }

  @Test func theWordAloneIsTheCommand() {
    #expect(run("dock").output == "dock any\n")
    #expect(run("dock", "--berth", "crane").output == "dock crane\n")
  }

  @Test func theWordBelowIsTheOther() {
    #expect(run("dock", "crane").output == "crane\n")
    #expect(run("dock", "--color", "never", "crane").output == "crane\n")
  }

  @Test func anUnknownWordIsNoOperand() {
    let result = run("dock", "cran")
    #expect(result.code == .usage)
    #expect(result.error.contains("'cran' is no command of ops dock"))
    #expect(result.error.contains("did you mean 'crane'?"))
  }

  @Test func anOptionOfTheOneIsNoneOfTheOther() {
    #expect(run("dock", "crane", "--berth", "x").code == .usage)
    let result = run("dock", "--berth", "x", "crane")
    #expect(result.code == .usage)
    #expect(result.error.contains("--berth is no option of ops dock crane"))
  }

  @Test func helpTellsOfBoth() {
    let help = run("dock", "--help").output
    #expect(help.contains("Usage: ops dock [OPTIONS]"))
    #expect(help.contains("Commands:\n  crane  lift what is there"))
    #expect(run("help", "dock", "crane").output.contains("Usage: ops dock crane"))
  }

  @Test func completionsAndReferenceKnowBoth() {
    let bash = BashCompletions(tree: Self.tree).script
    #expect(bash.contains("words='crane --berth "))
    #expect(bash.contains("'ops dock crane'"))
    let zsh = ZshCompletions(tree: Self.tree).script
    #expect(zsh.contains("crane) _ops_dock_crane ;;"))
    #expect(zsh.contains("--berth="))
    let fish = FishCompletions(tree: Self.tree).script
    #expect(fish.contains("'__ops_at ops dock' -a 'crane'"))
    let reference = CommandReference(tree: Self.tree).markdown
    #expect(reference.contains("## ops dock\n"))
    #expect(reference.contains("## ops dock crane\n"))
  }
}
