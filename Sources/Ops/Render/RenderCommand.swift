import POSIX

/// Keeps the files for clusters what platform.yaml says.
struct RenderCommand: Command {
  static let environments = Option(
    "env", short: "e", .text("NAME"), .repeatable, "an environment of platform.yaml")
  static let all = Flag("all", "every environment, which is also what counts without --env")
  static let check = Flag("check", "write nothing; fail unless all files are up to date")
  static let diff = Flag("diff", "write nothing; show what would change, as diff does")
  static let live = Flag("live", "write nothing; show what would change in the clusters")
  static let image = Option(
    "image", .image, "the image that runs; what was rendered last is kept without it")
  static let out = Option(
    "out", .directory, "where the tree is; beside platform.yaml unless given")
  static let file = Option(
    "file", .path, .byDefault(Platform.fileName), "in place of platform.yaml")
  static let schema = Flag("schema", "print the JSON Schema of platform.yaml")
  static let reference = Flag("reference", "print the reference of platform.yaml as Markdown")
  static let explain = Option(
    "explain", .text("PATH"),
    "tell of a value, such as production.rollout.soak: what it is and where it comes from")
  static let json = Flag("json", "print JSON")

  static let specification = CommandSpecification(
    name: "render", summary: "keep the files for clusters what platform.yaml says",
    description: """
      Writes values for Helm under charts/slipway/values, and base, components, overlays and plain \
      manifests under kustomize. Both forms are made of the same objects. The same platform.yaml \
      gives the same bytes; files that are as they should be are not touched, and those that are \
      no longer rendered are removed. Files that were not rendered are left alone and named.

      platform.yaml names no tag and no digest: --image does, and every later rendering keeps it. \
      It has to be of service.image, so a mirror is named there. Production takes an image by its \
      digest only; until it has one, Helm refuses its values and nothing can pull its overlay's.

      --diff and --live end with 1 where something would change. --live asks the cluster of each \
      environment by kubectl, which only pretends to apply; it needs kubectl on the PATH.

      Every value of an environment is in its own section, in `defaults`, or is the default \
      of its type; --explain says which, at which line and column, and what may stand there.
      """,
    options: [
      environments, all, check, diff, live, image, out, file, explain, json, schema, reference,
    ],
    exclusive: exclusive,
    exitCodes: [.stale, .refused, .unreachable, .configuration],
    examples: [
      .init(line: "ops render --all", effect: "bring every file up to date"),
      .init(line: "ops render --all --check", effect: "what CI asks"),
      .init(
        line: "ops render --env staging --image ghcr.io/example/slipway:2026.11.0",
        effect: "staging with another image"),
      .init(
        line: "ops render --explain production", effect: "a whole environment with its origins"),
      .init(line: "ops render --explain production.rollout.soak", effect: "one value"),
      .init(line: "ops render --schema", effect: "what editors check platform.yaml by"),
    ])

  /// What a mode would not look at cannot be given beside it.
  private static let exclusive: [CommandSpecification.Exclusive] = {
    let tree: [any DeclaresOption] = [environments, all, image, out]
    let ofFile: [any DeclaresOption] = tree + [file, json]
    let beside: [CommandSpecification.Exclusive] =
      tree.map { [explain, $0] } + ofFile.map { [schema, $0] } + ofFile.map { [reference, $0] }
    return [[environments, all], [check, diff, live, explain, schema, reference], [diff, json]]
      + beside
  }()

  private let mode: any RenderMode

  init(_ arguments: ParsedArguments) {
    let request = TreeRequest(
      file: arguments.required(Self.file), out: arguments.value(Self.out),
      names: arguments.values(Self.environments), image: arguments.value(Self.image),
      printsJSON: arguments.has(Self.json))
    if let path = arguments.value(Self.explain) {
      mode = ExplainValue(file: request.file, path: path, printsJSON: request.printsJSON)
    } else if arguments.has(Self.schema) {
      mode = PrintSchema()
    } else if arguments.has(Self.reference) {
      mode = PrintReference()
    } else if arguments.has(Self.check) {
      mode = CheckTree(request: request)
    } else if arguments.has(Self.diff) {
      mode = ShowDifference(request: request)
    } else if arguments.has(Self.live) {
      mode = CompareLive(request: request)
    } else {
      mode = WriteTree(request: request)
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
