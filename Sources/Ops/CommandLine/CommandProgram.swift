import Core

/// Runs one command line from its words to its exit code.
struct CommandProgram {
  let tree: CommandTree

  /// Parses, runs, reports; nothing is thrown past this.
  func run(_ arguments: [String], in context: CommandContext) -> ExitCode {
    var context = context
    do {
      let (invocation, color) = try CommandParser.parse(arguments, tree: tree)
      context.color = color
      switch invocation {
      case .run(let command, let parsed): return try command.init(parsed).run(context)
      case .help(let path): return try HelpCommand(words: Array(path.dropFirst())).run(context)
      case .version: return VersionCommand(json: false).run(context)
      }
    } catch {
      let report = ErrorReport(error)
      report.write(to: context)
      return report.exitCode
    }
  }
}
