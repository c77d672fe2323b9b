import POSIX

/// What surrounds a command: its streams, environment and directory.
///
/// A value, so that tests run commands in their own process.
struct CommandContext: Sendable {
  /// Where results go.
  var output: TextOutput
  /// Where messages go.
  var error: TextOutput
  var environment: [String: String]
  /// The directory that relative paths start from.
  var currentDirectory: String
  /// Every command, for those that speak of others.
  var tree: CommandTree
  var color = GlobalOptions.Color.auto

  /// The context of this process.
  static func process(tree: CommandTree) -> CommandContext {
    CommandContext(
      output: .standard(.output), error: .standard(.error), environment: ProcessInfo.environment,
      currentDirectory: ProcessInfo.currentDirectory, tree: tree)
  }

  /// Whether a job of GitHub Actions reads along.
  ///
  /// https://docs.github.com/en/actions/reference/workflows-and-actions/variables
  var isGitHubActions: Bool { environment["GITHUB_ACTIONS"] == "true" }

  /// Whether text for `stream` may carry colours.
  ///
  /// https://no-color.org
  func usesColor(on stream: TextOutput) -> Bool {
    switch color {
    case .always: true
    case .never: false
    case .auto:
      stream.isTerminal && environment["NO_COLOR", default: ""].isEmpty
        && environment["TERM"] != "dumb"
    }
  }

  /// `path` from the root, relative ones taken from the current directory.
  func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : currentDirectory + "/" + path
  }
}
