import Core

@testable import Ops

/// A command that prints what it was given: every kind of option and operand.
struct ShipCommand: Command {
  enum Cargo: String, CaseIterable, Sendable {
    case coal
    case corn
  }

  static let environment = Option("env", short: "e", .text("NAME"), .required, "the environment")
  static let timeout = Option(
    "timeout", short: "t", .duration, .byDefault("10m"), "how long to wait at most")
  static let replicas = Option("replicas", .integer(1...20), "how many")
  static let variables = Option(
    "set-env", .assignment, .repeatable, "a variable of this release")
  static let cargo = Option("cargo", .choice("CARGO", of: Cargo.self), "what to load")
  static let report = Option("report", .directory, "where the report goes")
  static let database = Option("database", .secret("URL"), "the database's address")
  static let plan = Flag("plan", short: "p", "print what would happen")
  static let verbose = Flag("verbose", short: "v", "say more")
  static let undo = Flag("undo", "go back")
  static let to = Option("to", .text("REVISION"), "the revision to go back to")
  static let harbour = Operand(.text("HARBOUR"), "where to")
  static let crew = Operand(.text("SAILOR"), isRequired: false, isRepeatable: true, "who comes")

  static let specification = CommandSpecification(
    name: "ship", summary: "send a ship",
    description: "The ship leaves at once.\n\nIt does not come back by itself.",
    options: [
      environment, timeout, replicas, variables, cargo, report, database, plan, verbose, undo, to,
    ],
    operands: [harbour, crew], exclusive: [[plan, undo]],
    requirements: [.init(option: to, needs: undo)], exitCodes: [.refused],
    examples: [.init(line: "ops ship --env local Genoa", effect: "a ship to Genoa")])

  let text: String
  let isRefused: Bool

  init(_ arguments: ParsedArguments) throws {
    let variables = arguments.values(Self.variables).map { "\($0.name):\($0.value)" }
    let facts: [String] = [
      arguments.required(Self.environment),
      DurationText.format(arguments.required(Self.timeout)),
      arguments.value(Self.replicas).map(String.init) ?? "-",
      variables.joined(separator: "+"),
      arguments.value(Self.cargo)?.rawValue ?? "-",
      arguments.has(Self.plan) ? "plan" : "-",
      arguments.has(Self.verbose) ? "verbose" : "-",
      arguments.required(Self.harbour),
      arguments.values(Self.crew).joined(separator: "+"),
    ]
    text = facts.joined(separator: " ")
    isRefused = arguments.required(Self.harbour) == "Atlantis"
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    if isRefused { return .refused }
    context.output.line(text)
    return .done
  }
}

/// A command that only other commands start.
struct AnchorCommand: Command {
  struct Dragging: Error, CustomStringConvertible {
    let description = "the anchor drags\u{1b}[2J\nops: all is well"
  }

  static let specification = CommandSpecification(
    name: "anchor", summary: "hold", isHidden: true)

  init(_ arguments: ParsedArguments) {}

  func run(_ context: CommandContext) throws -> ExitCode { throw Dragging() }
}

/// Runs command lines in this process and keeps what they print.
struct TestProgram {
  static let tree = CommandTree.group(
    "ops", "try the command line",
    [
      .command(ShipCommand.self), .command(AnchorCommand.self),
      .group(
        "fleet", "many ships at once",
        [.command(CompletionsCommand.self), .command(VersionCommand.self)]),
      .command(HelpCommand.self),
    ])

  /// How a command line ended.
  struct Result: Equatable {
    let code: ExitCode
    let output: String
    let error: String
  }

  static func run(
    _ words: String..., environment: [String: String] = [:], isTerminal: Bool = false
  ) -> Result {
    run(words: words, environment: environment, isTerminal: isTerminal)
  }

  static func run(
    words: [String], tree: CommandTree = tree, environment: [String: String] = [:],
    isTerminal: Bool = false, directory: String = "/"
  ) -> Result {
    let output = Memory()
    let error = Memory()
    let context = CommandContext(
      output: output.text(isTerminal: isTerminal), error: error.text(isTerminal: isTerminal),
      environment: environment, currentDirectory: directory, tree: tree)
    let code = CommandProgram(tree: tree).run(words, in: context)
    return Result(code: code, output: output.contents, error: error.contents)
  }

  /// A stream that keeps its text.
  private final class Memory: Sendable {
    private let text = Guarded("")

    var contents: String { text.withLock { $0 } }

    func text(isTerminal: Bool) -> TextOutput {
      TextOutput(isTerminal: isTerminal) { part in self.text.withLock { $0 += part } }
    }
  }
}
