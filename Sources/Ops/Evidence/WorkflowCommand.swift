import Core

/// What GitHub Actions reads out of the output of a job.
///
/// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
enum WorkflowCommand {
  /// Characters of a token that ends a stop: nobody guesses it.
  private static let tokenCharacters = 32

  /// A note that the page of the run shows.
  static func notice(_ title: String, _ text: String) -> String {
    annotation("notice", title, [text])
  }

  /// A warning that the page of the run shows.
  static func warning(_ title: String, _ text: String) -> String {
    annotation("warning", title, [text])
  }

  /// An error that the page of the run shows, with what to do about it in lines below.
  static func error(_ title: String, _ text: String, hints: [String] = []) -> String {
    annotation("error", title, [text] + hints)
  }

  /// Lines of others, between which and behind which no command of theirs is read.
  static func stopped(_ lines: [String]) -> [String] {
    let token = RandomText.password(characters: tokenCharacters).reveal()
    return ["::stop-commands::\(token)"] + lines.map(harmless) + ["::\(token)::"]
  }

  /// A line in which no command is read.
  ///
  /// The runner looks for `::` behind white space at the start of a line, and for the older `##[`
  /// anywhere in it.
  static func harmless(_ line: String) -> String {
    let text = line.replacing("##[", with: "# #[")
    let start = text.prefix { $0.isWhitespace }
    let rest = text[start.endIndex...]
    return rest.hasPrefix("::") ? "\(start): :\(rest.dropFirst(2))" : text
  }

  private static func annotation(_ kind: String, _ title: String, _ lines: [String]) -> String {
    let title = ErrorReport.escapedProperty(ErrorReport.printable(title))
    let text = lines.map(ErrorReport.printable).joined(separator: "\n")
    return "::\(kind) title=\(title)::\(ErrorReport.escapedData(text))"
  }
}
