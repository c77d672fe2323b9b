/// `ops secrets init`: what an environment needs and nobody has to think of.
struct SecretsInitCommand: Command {
  private static let environment = Option(
    "env", short: "e", .text("NAME"), .required, "the environment in platform.yaml")
  private static let file = Option(
    "to", .encryptedFile, .optional, "a file for SOPS to encrypt, in place of the cluster")
  private static let dryRun = Flag("dry-run", "say what would be made, and ask nobody")

  static let specification = CommandSpecification(
    name: "init", summary: "make the passwords and keys that an environment needs",
    description: """
      Makes what is random, once: the password and the address of a bundled database, and the key \
      that signs tokens. They become Secrets in the cluster by kubectl, or, for those that \
      platform.yaml keeps in a file of SOPS and with --to, files that sops encrypts for the \
      recipients in .sops.yaml before anything is written. What is there already stays as it is. \
      No value is ever printed, put on a command line or written in clear.

      Secrets that others keep or that only people know are listed. It ends with 1 while one of \
      these is missing, and can be run again at any time.
      """,
    options: [environment, file, dryRun], exitCodes: [.refused, .unreachable, .configuration],
    examples: [
      .init(line: "ops secrets init --env staging", effect: "Secrets in the cluster of staging"),
      .init(
        line: "ops secrets init --env staging --to secrets/staging.yaml",
        effect: "an encrypted file to commit"),
    ])

  private let environment: String
  private let file: String?
  private let isDryRun: Bool

  init(_ arguments: ParsedArguments) {
    environment = arguments.required(Self.environment)
    file = arguments.value(Self.file)
    isDryRun = arguments.has(Self.dryRun)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let platform = try Platform.load(context.absolute(Platform.fileName))
    let environment = try platform.environment(environment)
    guard let cluster = environment.context, let namespace = environment.namespace else {
      context.output.line("\(environment.name) is on this machine and needs none")
      return .done
    }
    let release = try ChartRelease(
      environment, of: platform.service,
      image: ImageReference(repository: platform.service.image), manager: .kustomize)
    let work = SecretsInit(
      release: release,
      cluster: ClusterSecrets(
        environment: environment.name, context: cluster, namespace: namespace),
      directory: context.currentDirectory, file: file, isDryRun: isDryRun)
    let outcomes = try work.run { context.output.line($0.line) }
    if outcomes.isEmpty { context.output.line("\(environment.name) needs none") }
    let open = outcomes.count(where: \.isOpen)
    if open == 0 || isDryRun { return .done }
    context.error.line("\(counted(open, "secret")) left to see to, in \(namespace)")
    for path in Set(outcomes.filter(\.isOpen).compactMap(\.file)).sorted() {
      context.error.line("  sops edit \(path)")
    }
    for outcome in outcomes where outcome.kind == .missing && outcome.file == nil {
      let sources = outcome.keys.map { "--from-file=\($0)=FILE" }.joined(separator: " ")
      context.error.line(
        "  kubectl --context \(cluster) --namespace \(namespace) create secret generic "
          + "\(outcome.name) \(sources)")
    }
    return .failure
  }
}
