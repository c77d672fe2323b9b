import CSV
import Core

/// Which field of a record holds which column.
struct ImportHeader: Sendable, Equatable {
  /// For each column the index of its field.
  let fields: [Int]

  /// Reads the first record; the columns may come in any order, each of them once.
  init(_ record: CSVRecord) throws(ImportProblems) {
    let known = ImportColumn.allCases.map(\.header)
    let given = (0..<record.count).map { record.text($0) }
    var found: [ImportProblem] = []
    for (index, name) in given.enumerated() {
      let place = record.place(of: index)
      if !known.contains(name) {
        let missing = known.filter { !given.contains($0) }
        let meant = Suggestion.nearest(to: name, in: missing)
        let hint = meant.map { "; did you mean '\($0)'?" } ?? ""
        found.append(
          ImportProblem(place, "unknown column '\(ImportProblem.shown(name))'\(hint)"))
      } else if given[..<index].contains(name) {
        found.append(ImportProblem(place, "the column '\(name)' is there twice"))
      }
    }
    for name in known where !given.contains(name) {
      found.append(ImportProblem(record.place, "the column '\(name)' is missing"))
    }
    guard found.isEmpty else { throw Self.problems(found) }
    fields = known.compactMap { given.firstIndex(of: $0) }
  }

  /// A file without any record.
  static let missing = problems([
    ImportProblem(
      CSVPlace(line: 1, column: 1),
      "the first line is missing: "
        + ImportColumn.allCases.map(\.header).joined(separator: ","))
  ])

  static func problems(_ list: [ImportProblem]) -> ImportProblems {
    var problems = ImportProblems()
    problems.add(list)
    return problems
  }
}
