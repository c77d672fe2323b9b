/// Text of others within Markdown, which can not end what it stands in.
///
/// https://github.github.com/gfm/
enum MarkdownText {
  /// A code span, in which nothing but its end means anything; a cell of a table may hold it.
  static func code(_ text: String) -> String {
    // Behind a backslash, which means nothing else here, a bar would end the cell all the same.
    let harmless = ErrorReport.printable(text).replacing("`", with: "'")
      .replacing("\\|", with: "\\ |").replacing("|", with: "\\|")
    return harmless.isEmpty ? "" : "`\(harmless)`"
  }

  /// Words in a line of text or a cell.
  static func words(_ text: String) -> String {
    ErrorReport.printable(text).map { character in
      switch character {
      case "<": "&lt;"
      case "&": "&amp;"
      case "\\", "`", "*", "_", "[", "]", "|", "~", "#": "\\\(character)"
      default: String(character)
      }
    }.joined()
  }

  /// A line of a block of indented code, which nothing in the line can leave.
  static func codeLine(_ text: String) -> String { "    " + ErrorReport.printable(text) }
}
