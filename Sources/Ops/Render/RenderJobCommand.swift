import YAML

/// `ops render job`: what migrates the database of an environment.
struct RenderJobCommand: Command {
  private static let environment = Option(
    "env", .text("NAME"), .required, "the environment of platform.yaml")
  private static let image = Option(
    "image", .image, .required, "the image whose migrations are applied")

  static let specification = CommandSpecification(
    name: "job", summary: "print the migration Job of an environment",
    description: """
      The Job with the account that it runs as, as kubectl apply takes them. The Job's name ends \
      in a hash of what it does: applying it again is no change while it is there, and another \
      image makes another Job.
      """,
    options: [environment, image], exitCodes: [.refused, .configuration],
    examples: [
      .init(
        line: "ops render job --env staging --image ghcr.io/example/slipway@sha256:...",
        effect: "what `ops migrate apply` would run as in staging")
    ])

  private let request: MigrationJobRequest

  init(_ arguments: ParsedArguments) {
    request = MigrationJobRequest(
      environment: arguments.required(Self.environment), image: arguments.required(Self.image))
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let platform = try Platform.load(context.absolute(Platform.fileName))
    let manifests = try request.manifests(platform)
    context.output.write(YAMLWriter.write(documents: manifests.map(\.node)))
    return .done
  }
}

/// Why an environment has no migration Job.
enum NoMigrationJob: ReportableError, Equatable {
  case local(String)
  case inThePod(String)

  var exitCode: ExitCode { .usage }

  var findings: [Finding] {
    switch self {
    case .local(let name):
      [
        Finding(
          message: "the environment '\(name)' is on this machine and has no Job",
          hints: ["'ops migrate apply --env \(name)' migrates its database"])
      ]
    case .inThePod(let name):
      [
        Finding(
          message: "the database of '\(name)' is a file in the service's pod: a container there "
            + "migrates it before the service starts")
      ]
    }
  }
}
