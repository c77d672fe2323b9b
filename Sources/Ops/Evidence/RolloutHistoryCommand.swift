import Core
import JSON

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
    options: [environment, last, json], exitCodes: [.unreachable, .configuration],
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
    let platform = try Platform.load(context.absolute(Platform.fileName))
    let environment = try platform.environment(name)
    let history: RolloutHistory
    if environment.target == .local {
      history = try self.history(
        of: LocalEnvironment(environment, context).rollouts(context, Interruption()).site)
    } else {
      history = try self.history(
        of: ClusterEnvironment(environment, of: platform, context, Interruption()).site)
    }
    if printsJSON {
      context.output.line(history.json.written(pretty: true))
    } else {
      for line in history.lines { context.output.line(line) }
    }
    return .done
  }

  private func history(of site: some RolloutSite) throws -> RolloutHistory {
    RolloutHistory(
      try site.journalNumbers(), count: last, isHeld: (try? site.lock.holder()) != nil
    ) { number in
      JournalSummary(try site.journal(number).entries())
    }
  }
}
