import YAML

/// The reference of platform.yaml for people, made of the types that read it.
enum PlatformReference {
  /// Where it stands in the repository.
  static let path = "docs/platform.md"

  static var text: String {
    ([introduction, service] + environment).joined(separator: "\n\n") + "\n"
  }

  private static let introduction = """
    # platform.yaml

    <!-- Made by `make docs` from the types in Sources/Ops/Platform: change those. -->

    The one source for every environment: what runs, how it is reached, where its data is, and when
    a release counts as good. `ops render` makes the values of the chart and the overlays of
    kustomize of it; `ops rollout` brings a release in by it.

    - `service` is the same everywhere. `environments` has a section for each place where it runs.
    - `defaults` lie under every environment and have the same keys: mappings are merged, lists
      replaced, and a key without a value (`~`) takes away what the defaults say.
    - Whatever is wrong is told at once, with line, column and the nearest key that is known.
    - `ops render --explain production` lists what counts in an environment and where it is
      written; `ops render --explain production.rollout.soak` tells of one value.
    - Editors that know YAML schemas complete and check the file by
      [platform.schema.json](platform.schema.json), which its first line names.

    No secret is ever in the file, and no digest of an image: `--image` gives it at render or
    rollout.
    """

  private static var service: String {
    section("service", Platform.fields.first { $0.key == Platform.serviceKey })
  }

  /// The keys of an environment: those that are values first, then each that is a mapping.
  private static var environment: [String] {
    let fields = EnvironmentFields.fields
    let values = fields.filter { $0.schema.sections == nil }
    let mappings = fields.filter { $0.schema.sections != nil }
    let head = "## An environment, and `defaults`\n\n" + table(values) + "\n\n" + example(values)
    return [head] + mappings.map { section($0.key, $0) }
  }

  private static func section(_ name: String, _ field: FieldDescription?) -> String {
    guard let field, let inner = field.schema.sections else { return "" }
    let note: String =
      switch field.absence {
      case .error: " It must be there."
      case .mapping, .nothing: ""
      case .value(let text, _): " Unless given: `\(text)`."
      case .told(let words): " Unless given: \(words)."
      }
    let wanted = field.schema.isEither ? " Wanted: \(field.schema.wanted)." : ""
    let whole: YAMLNode = .mapping([(name, .mapping(inner.map { ($0.key, $0.exampleNode) }))])
    return "## \(name)\n\n\(field.help)\(note)\(wanted)\n\n\(table(inner))\n\n"
      + "```yaml\n\(YAMLWriter.write(whole))```"
  }

  private static func table(_ fields: [FieldDescription]) -> String {
    let rows = FieldRow.all(fields).map { row in
      let field = row.field
      let standard: String =
        switch field.absence {
        case .value(let text, _): "`\(text)`"
        case .told(let words): words
        case .error: "required"
        case .nothing, .mapping: ""
        }
      let cells = ["`\(row.path)`", field.help, standard, field.schema.wantedInFull]
      return "| " + cells.map(CommandReference.cell).joined(separator: " | ") + " |"
    }
    return (["| key | what | unless given | wanted |", "|---|---|---|---|"] + rows)
      .joined(separator: "\n")
  }

  private static func example(_ fields: [FieldDescription]) -> String {
    let node = YAMLNode.mapping(fields.map { ($0.key, $0.exampleNode) })
    return "```yaml\n\(YAMLWriter.write(node))```"
  }
}

extension FieldSchema {
  /// The keys of a mapping that has a section of its own.
  fileprivate var sections: [FieldDescription]? {
    switch self {
    case .object(let fields), .either(_, .object(let fields)): fields
    default: nil
    }
  }

  fileprivate var isEither: Bool { if case .either = self { true } else { false } }
}

/// Prints the reference of platform.yaml.
struct PrintReference: RenderMode {
  func run(_ context: CommandContext) -> ExitCode {
    context.output.write(PlatformReference.text)
    return .done
  }
}
