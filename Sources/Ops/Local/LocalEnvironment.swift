import POSIX

/// An environment of platform.yaml that is on this machine, and where its things are.
struct LocalEnvironment {
  let environment: Environment
  let paths: LocalPaths

  /// The environment of that name in the platform.yaml of the current directory.
  static func named(_ name: String, _ context: CommandContext) throws -> LocalEnvironment {
    let platform = try Platform.load(context.absolute(Platform.fileName))
    let environment = try platform.environment(name)
    guard environment.target == .local else {
      throw RolloutRefusal(
        "environment \(name) has the target \(environment.target.rawValue);"
          + " this release of ops rolls out to local environments")
    }
    return LocalEnvironment(
      environment: environment,
      paths: LocalPaths(project: context.currentDirectory, environment: name))
  }

  /// Its rollouts.
  func rollouts(_ context: CommandContext, _ interruption: Interruption) -> Rollouts<LocalSite> {
    Rollouts(
      site: LocalSite(
        environment: environment, paths: paths, context: context, interruption: interruption),
      context: context, interruption: interruption)
  }
}
