import Core
import POSIX

/// `ops migrate job`: migrates the database of an environment from inside its cluster.
struct MigrateJobCommand: Command {
  private static let environment = Option(
    "env", .text("NAME"), .required, "the environment of platform.yaml")
  private static let image = Option(
    "image", .image, .required, "the image whose migrations are applied")

  static let specification = CommandSpecification(
    name: "job", summary: "apply the pending migrations in the environment's cluster",
    description: """
      Runs what `ops render job` prints, shows what it writes as it writes it, and says the cause \
      of a failure in one line. A Job that runs already, after an interruption for one, is \
      followed; one that succeeded is not run again, one that failed is. SIGINT and SIGTERM end \
      the following and not the Job. Ends with the code of the migration where that failed by \
      itself, with migration-failed where it did not come to its end.
      """,
    options: [environment, image],
    exitCodes: MigrateOptions.exitCodes + [.refused, .unreachable],
    examples: [
      .init(
        line: "ops migrate job --env staging --image ghcr.io/example/slipway@sha256:...",
        effect: "bring the database of staging to the schema of that image")
    ])

  private let request: MigrationJobRequest

  init(_ arguments: ParsedArguments) {
    request = MigrationJobRequest(
      environment: arguments.required(Self.environment), image: arguments.required(Self.image))
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    // The signals are blocked here, before other threads are started.
    let interruption = try Interruption.watchingSignals()
    let platform = try Platform.load(context.absolute(Platform.fileName))
    let manifests = try request.manifests(platform)
    let environment = try platform.environment(request.environment)
    let client = try ClusterClient(context: environment.context ?? "")
    let run = FollowedJob(manifests, client, interruption, context)
    do {
      let done = try run.carryOut()
      context.output.line("\(environment.name): \(done)")
      return .done
    } catch is Interrupted {
      throw MigrationJobEnd.interrupted(environment.name, job: run.name)
    } catch let failure as PhaseFailure {
      throw MigrationJobEnd.failed(
        environment.name, failure, code: try? run.exitCode(), job: run.name)
    }
  }
}

/// Why a migration Job did not come to a good end while it was followed.
enum MigrationJobEnd: ReportableError, Equatable {
  case interrupted(String, job: String)
  /// `code` is what its container ended with, where it did.
  case failed(String, PhaseFailure, code: Int32?, job: String)

  /// Codes of `ops migrate apply`, which is what the container runs.
  private static let ofMigrations: Set<ExitCode> = [
    .migrationLocked, .migrationChecksum, .migrationIncompatible, .migrationConnection,
    .migrationFailed, .configuration,
  ]

  var exitCode: ExitCode {
    switch self {
    case .interrupted: .interrupted
    case .failed(_, let failure, _, _) where failure.isInconclusive: .unreachable
    case .failed(_, _, let code, _):
      code.flatMap(ExitCode.init(rawValue:)).flatMap {
        Self.ofMigrations.contains($0) ? $0 : nil
      } ?? .migrationFailed
    }
  }

  var findings: [Finding] {
    switch self {
    case .interrupted(let environment, let job):
      [
        Finding(
          message: "\(environment): no longer following the Job \(job), which goes on",
          hints: ["the same command follows it again"])
      ]
    case .failed(let environment, let failure, _, let job):
      [
        Finding(
          message: "\(environment): Job \(job): \(failure.cause)",
          hints: ["what was applied before stays; running it again goes on from there"])
      ]
    }
  }
}
