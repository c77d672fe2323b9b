import POSIX

/// Tells what platform.yaml becomes.
struct RenderCommand: Command {
  static let schema = Flag("schema", "print the JSON Schema of platform.yaml")
  static let markdown = Flag("markdown", "print the reference of platform.yaml as Markdown")
  static let explain = Option(
    "explain", .text("PATH"),
    "tell of a value, such as production.rollout.soak: what it is and where it comes from")
  static let json = Flag("json", "print JSON")

  static let specification = CommandSpecification(
    name: "render", summary: "tell what platform.yaml becomes",
    description: """
      Every value of an environment is in its own section, in `defaults`, or is the default \
      of its type; --explain says which, at which line and column, and what may stand there.
      """,
    options: [explain, json, schema, markdown],
    exclusive: [[explain, schema, markdown]],
    requirements: [.init(option: json, needs: explain)], exitCodes: [.configuration],
    examples: [
      .init(
        line: "ops render --explain production", effect: "a whole environment with its origins"),
      .init(line: "ops render --explain production.rollout.soak", effect: "one value"),
      .init(line: "ops render --schema", effect: "what editors check platform.yaml by"),
    ])

  private let mode: any RenderMode

  init(_ arguments: ParsedArguments) throws {
    if let path = arguments.value(Self.explain) {
      mode = ExplainValue(path: path, printsJSON: arguments.has(Self.json))
    } else if arguments.has(Self.schema) {
      mode = PrintSchema()
    } else {
      throw UsageError(
        reason: .missingOption("--schema", allowed: "what to tell"), path: ["ops", "render"])
    }
  }

  func run(_ context: CommandContext) throws -> ExitCode { try mode.run(context) }
}

/// One thing that `ops render` does.
protocol RenderMode: Sendable {
  func run(_ context: CommandContext) throws -> ExitCode
}

/// Prints the JSON Schema of platform.yaml.
struct PrintSchema: RenderMode {
  func run(_ context: CommandContext) -> ExitCode {
    context.output.write(PlatformSchema.text)
    return .done
  }
}
