import POSIX

/// An environment of platform.yaml that is on this machine, and where its things are.
struct LocalEnvironment {
  let environment: Environment
  let paths: LocalPaths

  /// An environment of the platform.yaml of the current directory.
  init(_ environment: Environment, _ context: CommandContext) {
    self.environment = environment
    paths = LocalPaths(project: context.currentDirectory, environment: environment.name)
  }

  /// Its rollouts.
  func rollouts(_ context: CommandContext, _ interruption: Interruption) -> Rollouts<LocalSite> {
    Rollouts(
      site: LocalSite(
        environment: environment, paths: paths, context: context, interruption: interruption),
      context: context, interruption: interruption)
  }
}
