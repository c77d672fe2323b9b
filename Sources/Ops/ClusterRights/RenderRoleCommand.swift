import YAML

/// `ops render role`: what whoever brings releases must be allowed to do.
struct RenderRoleCommand: Command {
  private static let environment = Option(
    "env", .text("NAME"), .optional,
    "the environment of platform.yaml; without one, the rights for every environment")

  static let specification = CommandSpecification(
    name: "role", summary: "print the Role that a rollout needs",
    description: """
      The rights that a rollout asks for before it begins, and no others, as kubectl apply takes \
      them. They are for one namespace, which has to be there; bind them to whoever brings \
      releases.
      """,
    options: [environment], exitCodes: [.usage, .configuration],
    examples: [
      .init(
        line: "ops render role --env staging | kubectl apply -f -",
        effect: "make the Role of staging"),
      .init(
        line: "kubectl create rolebinding ci --role slipway-rollout --user ci -n staging",
        effect: "give it to the user ci"),
    ])

  private let name: String?

  init(_ arguments: ParsedArguments) { name = arguments.value(Self.environment) }

  func run(_ context: CommandContext) throws -> ExitCode {
    context.output.write(YAMLWriter.write(documents: [try role(context).node]))
    return .done
  }

  private func role(_ context: CommandContext) throws -> RolloutRole {
    guard let name else { return .ofAll }
    let platform = try Platform.load(context.absolute(Platform.fileName))
    let environment = try platform.environment(name)
    guard environment.target != .local else {
      throw OptionOfOtherTarget.clusterOnly(option: "env", environment: name)
    }
    return try RolloutRole(environment, of: platform)
  }
}
