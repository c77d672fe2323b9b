import JSON
import POSIX

/// Runs the preflight of a rollout alone.
struct DoctorCommand: Command {
  private static let environment = Option(
    "env", short: "e", .text("NAME"), .required, "the environment in platform.yaml")
  private static let binary = Option(
    "binary", .path, .optional, "the app to look at; the one beside ops unless given (local)")
  private static let image = Option(
    "image", .image, .optional,
    "the image to look at; the one that was rendered last unless given (cluster)")
  private static let variables = Option(
    "set-env", .assignment, .repeatable, "a variable of the release")
  private static let json = Flag("json", "print the checks as JSON")

  static let specification = CommandSpecification(
    name: "doctor", summary: "look at what would stand against a rollout",
    description: """
      Changes nothing. Prints what is well, what is doubtful and what must change, a freeze, a \
      rollout that runs and one that was interrupted among it, and ends as the rollout would.
      """,
    options: [environment, binary, image, variables, json], exclusive: [[binary, image]],
    exitCodes: [.refused, .locked, .unreachable, .configuration])

  private let name: String
  private let printsJSON: Bool
  private var request = RolloutRequest()

  init(_ arguments: ParsedArguments) {
    name = arguments.required(Self.environment)
    printsJSON = arguments.has(Self.json)
    request.binary = arguments.value(Self.binary)
    request.image = arguments.value(Self.image)
    request.variables = Dictionary(
      arguments.values(Self.variables).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let platform = try Platform.load(context.absolute(Platform.fileName))
    let environment = try platform.environment(name)
    try request.check(for: environment)
    let found = try look(at: environment, platform, context)
    if printsJSON {
      context.output.line(JSONValue.array(found.checks.map(\.json)).written(pretty: true))
    } else {
      for line in found.checks.flatMap(Self.lines) { context.output.line(line) }
    }
    return found.exitCode
  }

  private func look(
    at environment: Environment, _ platform: Platform, _ context: CommandContext
  ) throws -> RolloutReadiness {
    let interruption = Interruption()
    if environment.target == .local {
      let rollouts = LocalEnvironment(environment, context).rollouts(context, interruption)
      let (target, state) = try rollouts.prospect(request)
      return try rollouts.readiness(of: state).joined(by: target)
    }
    let rollouts = try ClusterEnvironment(environment, of: platform, context, interruption).rollouts
    let (target, state) = try rollouts.prospect(request)
    return try rollouts.readiness(of: state).joined(by: target)
  }

  /// A row of the table; what is said besides stands below, in the same column.
  private static func lines(_ check: PreflightCheck) -> [String] {
    let head = "\(word(check.verdict))  \(check.subject.padded(to: subjectColumns)) "
    let indent = String(repeating: " ", count: head.count)
    let parts = ErrorReport.printable(check.detail).replacing("; ", with: ";\n")
      .split(separator: "\n")
    return parts.enumerated().map { ($0 == 0 ? head : indent) + $1 }
  }

  private static let subjectColumns = 15

  private static func word(_ verdict: PreflightCheck.Verdict) -> String {
    switch verdict {
    case .ok: "ok    "
    case .warn: "warn  "
    case .refuse: "refuse"
    }
  }
}
