import Core

/// Prints the version of this build.
struct VersionCommand: Command {
  private static let json = Flag("json", "print JSON")

  static let specification = CommandSpecification(
    name: "version", summary: "print the version", options: [json])

  private let json: Bool

  init(_ arguments: ParsedArguments) { json = arguments.has(Self.json) }

  init(json: Bool) { self.json = json }

  func run(_ context: CommandContext) -> ExitCode {
    context.output.line(json ? #"{"version":"\#(Version.current)"}"# : "ops \(Version.current)")
    return .done
  }
}
