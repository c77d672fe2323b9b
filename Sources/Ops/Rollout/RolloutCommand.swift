import Core
import POSIX

/// Brings a release into an environment, or puts the old one back.
struct RolloutCommand: Command {
  private static let environment = Option(
    "env", short: "e", .text("NAME"), .required, "the environment in platform.yaml")
  private static let binary = Option(
    "binary", .path, .optional, "the app to bring; the one beside ops unless given (local)")
  private static let image = Option(
    "image", .image, .optional,
    "the image to bring; the one that was rendered last unless given (cluster)")
  private static let variables = Option(
    "set-env", .assignment, .repeatable, "a variable of this release alone")
  private static let timeout = Option(
    "timeout", .duration, .byDefault("10m"),
    "the bound of the way forwards, beside the time of its steps; the way back has its own")
  private static let report = Option(
    "report", .directory, .optional,
    "write rollout.json, rollout.md and rollout.html into this directory")
  private static let metrics = Option(
    "metrics", .path, .optional,
    "write the figures for the textfile collector of node_exporter, FILE.prom")
  private static let plan = Flag("plan", "print what would happen, and change nothing")
  private static let resume = Flag("resume", "finish an interrupted rollout")
  private static let abort = Flag("abort", "put the old release back after an interrupted rollout")
  private static let stop = Flag("stop", "end the replicas and their supervisor (local)")
  private static let undo = Flag("undo", "go back to the release before this one")
  private static let to = Option("to", .text("REVISION"), .optional, "the release to go back to")
  private static let freeze = Option(
    "freeze", .text("REASON"), .optional, "keep rollouts away from the environment")
  private static let unfreeze = Flag("unfreeze", "let rollouts come again")
  private static let fromBroken = Flag(
    "from-broken", "replace a service that does not answer well now")
  private static let forwardOnly = Flag(
    "forward-only", "accept that the old release could not run on the new schema")

  private static let skipSteps = Flag(
    "skip-steps", "bring the release as a whole at once, without the steps of a canary")

  static let specification = CommandSpecification(
    name: "rollout", summary: "bring a release into an environment and prove that nobody noticed",
    description: """
      Polls the service from before the first change to the end of the soak. A release that dies, \
      hangs, answers badly or costs clients a request is taken back, and the cause is named in one \
      line. Every phase is written down before it begins, so that an interrupted rollout is \
      finished by --resume or undone by --abort.
      """,
    options: [
      environment, binary, image, variables, timeout, report, metrics, plan, resume, abort, stop,
      undo, to,
      freeze,
      unfreeze, fromBroken, forwardOnly, skipSteps,
    ],
    exclusive: [[plan, resume, abort, stop, undo, freeze, unfreeze]]
      + [resume, abort, stop, undo, unfreeze].flatMap {
        [[$0, binary], [$0, image], [$0, variables]]
      }
      + [[binary, image], [freeze, binary], [freeze, image], [freeze, variables]]
      + [plan, stop, unfreeze].flatMap { [[$0, report], [$0, metrics]] }
      + [[freeze, report], [freeze, metrics]],
    requirements: [.init(option: to, needs: undo)],
    exitCodes: [
      .refused, .locked, .rolledBack, .rollbackFailed, .inconclusive, .interrupted,
      .unreachable, .configuration,
    ],
    examples: [
      .init(line: "ops rollout --env local", effect: "bring the app beside ops to this machine"),
      .init(
        line: "ops rollout --env local --binary build/app --set-env LOG_LEVEL=debug",
        effect: "bring another build, with a variable of its own"),
      .init(
        line: "ops rollout --env staging --image ghcr.io/example/slipway:2026.11.0",
        effect: "bring an image to a cluster, by kustomize or by Helm"),
      .init(
        line: "ops rollout --env production --resume --skip-steps",
        effect: "go on behind the steps of a canary that was interrupted"),
      .init(line: "ops rollout --env local --undo", effect: "go back to the release before"),
    ])

  private enum Action {
    case plan
    case stop
    case change(Change)
  }

  /// What every target can.
  private enum Change {
    case begin
    case resume
    case abort
    case undo(String?)
    case freeze(String?)
  }

  private let name: String
  private let action: Action
  private var request = RolloutRequest()

  init(_ arguments: ParsedArguments) {
    name = arguments.required(Self.environment)
    request.binary = arguments.value(Self.binary)
    request.image = arguments.value(Self.image)
    request.variables = Dictionary(
      arguments.values(Self.variables).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    request.timeout = arguments.required(Self.timeout)
    request.reportDirectory = arguments.value(Self.report)
    request.metricsFile = arguments.value(Self.metrics)
    request.fromBroken = arguments.has(Self.fromBroken)
    request.forwardOnly = arguments.has(Self.forwardOnly)
    request.skipSteps = arguments.has(Self.skipSteps)
    action = Self.action(arguments)
  }

  private static func action(_ arguments: ParsedArguments) -> Action {
    if arguments.has(plan) { return .plan }
    if arguments.has(stop) { return .stop }
    if arguments.has(resume) { return .change(.resume) }
    if arguments.has(abort) { return .change(.abort) }
    if arguments.has(undo) { return .change(.undo(arguments.value(to))) }
    if arguments.has(unfreeze) { return .change(.freeze(nil)) }
    return .change(arguments.value(freeze).map { .freeze($0) } ?? .begin)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let platform = try Platform.load(context.absolute(Platform.fileName))
    let environment = try platform.environment(name)
    try request.check(for: environment)
    // Before any other thread, so that no thread takes the signals from this one.
    let interruption = try Interruption.watchingSignals(lastWords: LastWords())
    SignalReader.ignoreBrokenPipes()
    ProcessInfo.raiseOpenFilesLimit()
    var request = request
    request.reportDirectory = request.reportDirectory.map(context.absolute)
    guard environment.target != .local else {
      let rollouts = LocalEnvironment(environment, context).rollouts(context, interruption)
      switch action {
      case .plan: return try rollouts.plan(request)
      case .stop: return try rollouts.stop()
      case .change(let change): return try perform(change, rollouts, request)
      }
    }
    if case .stop = action {
      throw OptionOfOtherTarget.localOnly(option: "stop", environment: environment.name)
    }
    let rollouts = try ClusterEnvironment(environment, of: platform, context, interruption).rollouts
    guard case .change(let change) = action else { return try rollouts.plan(request) }
    return try perform(change, rollouts, request)
  }

  private func perform(
    _ change: Change, _ rollouts: Rollouts<some RolloutSite>, _ request: RolloutRequest
  ) throws -> ExitCode {
    switch change {
    case .begin: try rollouts.begin(request)
    case .resume: try rollouts.resume(request)
    case .abort: try rollouts.abort(request)
    case .undo(let revision): try rollouts.undo(to: revision, request)
    case .freeze(let reason): try rollouts.freeze(reason)
    }
  }
}
