import Core
import JSON
import POSIX

/// Lists the rollouts of an environment.
struct RolloutHistoryCommand: Command {
  private static let environment = Option(
    "env", short: "e", .text("NAME"), .required, "the environment in platform.yaml")
  private static let last = Option(
    "last", .integer(1...10_000), .byDefault("20"), "how many, from the newest")
  private static let json = Flag("json", "print the rollouts as JSON")

  static let specification = CommandSpecification(
    name: "history", summary: "list the rollouts of an environment",
    description: """
      Shows when each began, what went where and how it ended, with the cause of each that failed, \
      from the journals that rollouts leave.
      """,
    options: [environment, last, json], exitCodes: [.configuration],
    examples: [
      .init(
        line: "ops rollout history --env local --last 5", effect: "the five newest rollouts")
    ])

  private let name: String
  private let last: Int
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    name = arguments.required(Self.environment)
    last = arguments.required(Self.last)
    printsJSON = arguments.has(Self.json)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let paths = try LocalEnvironment.named(name, context).paths
    let files = File.exists(paths.journals) ? try File.list(paths.journals) : []
    let history = RolloutHistory(
      files.compactMap { name in Int(name.prefix { $0 != "." }) }, count: last,
      isHeld: (try? RolloutLock(path: paths.lock).holder()) != nil
    ) { number in
      JournalSummary(try Journal(path: paths.journal(number)).entries())
    }
    if printsJSON {
      context.output.line(history.json.written(pretty: true))
    } else {
      for line in history.lines { context.output.line(line) }
    }
    return .done
  }
}
