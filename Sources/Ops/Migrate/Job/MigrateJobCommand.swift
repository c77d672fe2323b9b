import Core
import POSIX

/// `ops migrate job`: migrates the database of an environment from inside its cluster.
struct MigrateJobCommand: Command {
  private static let environment = Option(
    "env", .text("NAME"), .required, "the environment of platform.yaml")
  private static let image = Option(
    "image", .image, .required, "the image whose migrations are applied")
  private static let timeout = Option(
    "timeout", .duration, .byDefault("30m"), "how long the Job is followed")

  static let specification = CommandSpecification(
    name: "job", summary: "apply the pending migrations in the environment's cluster",
    description: """
      Runs what `ops render job` prints, shows what it writes as it writes it, and says the cause \
      of a failure in one line. A Job that runs already, after an interruption for one, is \
      followed; one that succeeded is not run again, one that failed is. It is told which release \
      serves, and refuses, before it changes anything, what that one could not run on. The lock of \
      the environment's rollouts is held meanwhile, and a freeze refuses it as it refuses them. \
      SIGINT, SIGTERM and the end of --timeout end the following and not the Job, which its own \
      deadline ends. Ends with the code of the migration where that failed by itself, with \
      migration-failed where it did not come to its end.
      """,
    options: [environment, image, timeout],
    exitCodes: MigrateOptions.exitCodes + [.refused, .locked, .inconclusive, .unreachable],
    examples: [
      .init(
        line: "ops migrate job --env staging --image ghcr.io/example/slipway@sha256:...",
        effect: "bring the database of staging to the schema of that image")
    ])

  private let request: MigrationJobRequest
  private let timeout: Duration

  init(_ arguments: ParsedArguments) {
    request = MigrationJobRequest(
      environment: arguments.required(Self.environment), image: arguments.required(Self.image))
    timeout = arguments.required(Self.timeout)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    // The signals are blocked here, before other threads are started.
    let interruption = try Interruption.watchingSignals(lastWords: LastWords())
    let platform = try Platform.load(context.absolute(Platform.fileName))
    let manifests = try request.manifests(platform)
    let environment = try platform.environment(request.environment)
    let reached = try ClusterEnvironment(environment, of: platform, context, interruption)
    let site = reached.site
    return try reached.rollouts.beside("migrate job") { holder, state in
      let run = try FollowedJob(
        manifests,
        .init(
          site: site, holder: holder, serving: state.current, interruption: interruption,
          timeout: timeout), context)
      context.output.line("\(environment.name): \(try run.run())")
      return .done
    }
  }
}

/// Why a migration Job did not come to a good end while it was followed.
enum MigrationJobEnd: ReportableError, Equatable {
  case interrupted(String, _ reason: String, job: String)
  /// It took longer than somebody wanted to wait.
  case late(String, Duration, job: String)
  /// `code` is what its container ended with, where it did.
  case failed(String, PhaseFailure, code: Int32?, job: String)

  /// Codes of `ops migrate apply`, which is what the container runs.
  private static let ofMigrations: Set<ExitCode> = [
    .migrationLocked, .migrationChecksum, .migrationIncompatible, .migrationConnection,
    .migrationFailed, .configuration, .refused,
  ]

  /// After a migration that failed.
  private static let wayOn = "what was applied before stays; running it again goes on from there"
  /// After one that what serves could not run on.
  private static let wayOut =
    "bring a release first that runs on the new schema, or accept that there is no way back, by"
    + " ops rollout --forward-only"

  var exitCode: ExitCode {
    switch self {
    case .interrupted: .interrupted
    case .late: .inconclusive
    case .failed(_, let failure, _, _) where failure.isInconclusive: .unreachable
    case .failed(_, _, let code, _):
      code.flatMap(ExitCode.init(rawValue:)).flatMap {
        Self.ofMigrations.contains($0) ? $0 : nil
      } ?? .migrationFailed
    }
  }

  var findings: [Finding] {
    switch self {
    case .interrupted(let environment, let reason, let job):
      [
        Finding(
          message: "\(environment): \(reason): no longer following the Job \(job), which goes on",
          hints: ["the same command follows it again"])
      ]
    case .late(let environment, let timeout, let job):
      [
        Finding(
          message: "\(environment): the Job \(job) has not ended after"
            + " \(DurationText.format(timeout)) (--timeout), and goes on",
          hints: ["the same command follows it again"])
      ]
    case .failed(let environment, let failure, let code, let job):
      [
        Finding(
          message: "\(environment): Job \(job): \(failure.cause)",
          hints: [code == ExitCode.refused.rawValue ? Self.wayOut : Self.wayOn])
      ]
    }
  }
}
