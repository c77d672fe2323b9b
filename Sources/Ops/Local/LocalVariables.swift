import Core
import POSIX

/// The environment that replicas of a local release see: all of it, so that a release is the same
/// whoever rolls it out.
struct LocalVariables {
  /// Variables of this process that replicas need to run at all.
  private static let inherited = ["PATH", "HOME", "LANG", "TMPDIR"]

  let settings: Environment
  let paths: LocalPaths

  /// The environment, with the release's own `changes` over that of platform.yaml.
  func all(
    changedBy changes: [String: String], _ surroundings: [String: String]
  ) -> [String: String] {
    var variables = surroundings.filter { Self.inherited.contains($0.key) }
    variables["APP_SETTINGS"] = "development"
    variables["LOG_FORMAT"] = "json"
    variables["LOG_LEVEL"] = "info"
    variables["HTTP_HOST"] = settings.host ?? Environment.localHost
    variables["HTTP_PORT"] = String(settings.port)
    variables["DATABASE_URL"] = "sqlite:///\(paths.database)"
    variables["DRAIN_DELAY"] = DurationText.format(LocalTarget.drainDelay)
    variables["DRAIN_TIMEOUT"] = DurationText.format(settings.drain)
    return variables.merging(settings.variables) { $1 }.merging(changes) { $1 }
  }
}
