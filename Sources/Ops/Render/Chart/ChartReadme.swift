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

  /// `text` with the table between its markers.
  static func withTable(_ text: String) throws(NoPlace) -> String {
    guard let start = text.firstRange(of: begin + "\n"),
      let stop = text[start.upperBound...].firstRange(of: end)
    else { throw NoPlace() }
    return text[..<start.upperBound] + table + text[stop.lowerBound...]
  }

  static var table: String {
    let head = "| key | what | unless given | wanted |\n|---|---|---|---|\n"
    return head + rows(ChartValues.fields, path: []).map { $0 + "\n" }.joined()
  }

  private static func rows(_ fields: [FieldDescription], path: [String]) -> [String] {
    fields.flatMap { field -> [String] in
      let path = path + [field.key]
      if case .object(let inner) = field.schema { return rows(inner, path: path) }
      let standard = field.isRequired ? "required" : field.defaultText.map { "`\($0)`" } ?? ""
      let cells = [
        "`\(path.joined(separator: "."))`", field.help, standard, field.schema.wantedInFull,
      ]
      return ["| " + cells.map(CommandReference.cell).joined(separator: " | ") + " |"]
    }
  }
}
