/// The table of all values in the chart's README; the text around it is written by hand.
enum ChartReadme {
  static let fileName = "README.md"
  static let begin = "<!-- BEGIN VALUES -->"
  static let end = "<!-- END VALUES -->"

  /// A README without the place for the table.
  struct NoPlace: ReportableError, Equatable {
    var exitCode: ExitCode { .configuration }
    var findings: [Finding] {
      [
        Finding(
          message: "the chart's \(fileName) has no place for the table of values",
          hints: ["put it between the lines \(begin) and \(end)"])
      ]
    }
  }

  /// `text` with the table between its markers; `repository` is the image that the chart is for.
  static func withTable(_ text: String, repository: String) throws(NoPlace) -> String {
    guard let start = text.firstRange(of: begin + "\n"),
      let stop = text[start.upperBound...].firstRange(of: end)
    else { throw NoPlace() }
    return text[..<start.upperBound] + table(repository: repository) + text[stop.lowerBound...]
  }

  static func table(repository: String) -> String {
    let head = "| key | what | unless given | wanted |\n|---|---|---|---|\n"
    let rows = FieldRow.all(ChartValues.fields).map { row in
      let field = row.field
      let isImage = row.path == "image.repository"
      let standard =
        isImage ? repository : field.defaultText ?? (field.isRequired ? "required" : "")
      let cells = [
        "`\(row.path)`", field.help,
        isImage || field.defaultText != nil ? "`\(standard)`" : standard,
        field.schema.wantedInFull,
      ]
      return "| " + cells.map(CommandReference.cell).joined(separator: " | ") + " |\n"
    }
    return head + rows.joined()
  }
}
