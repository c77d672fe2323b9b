import JSON

/// Prints what a value of platform.yaml is and where it comes from.
struct ExplainValue: RenderMode {
  /// platform.yaml.
  let file: String
  let path: String
  let printsJSON: Bool

  func run(_ context: CommandContext) throws -> ExitCode {
    let platform = try Platform.load(context.absolute(file), as: file)
    let explanations = try Explainer(platform: platform).explain(path)
    if printsJSON {
      context.output.line(
        JSONValue.array(explanations.map(\.json)).written(pretty: true))
    } else if path.contains(".") {
      let paragraphs = explanations.map { $0.lines.joined(separator: "\n") }
      context.output.line(paragraphs.joined(separator: "\n\n"))
    } else {
      // Of a whole section the origins are wanted, not each key's help.
      for line in Explanation.table(explanations) { context.output.line(line) }
    }
    return .done
  }
}
