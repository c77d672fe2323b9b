import CSV
import Core

/// Something in a file that keeps a row from being imported, and where.
struct ImportProblem: Sendable, Equatable {
  /// How many problems are listed; the others are counted.
  static let listedMax = 100
  /// How many code points of a wrong value are shown.
  static let shownMax = 40

  let place: CSVPlace
  let words: String

  init(_ place: CSVPlace, _ words: String) {
    self.place = place
    self.words = words
  }

  init(_ error: CSVError) { self.init(error.place, error.kind.words) }

  /// A field that does not hold what its column may.
  init(_ place: CSVPlace, _ column: ImportColumn, value: String) {
    let meant = column == .sex ? Suggestion.nearest(to: value, in: ImportedPerson.sexes) : nil
    let hint = meant.map { "; did you mean \($0)?" } ?? ""
    self.init(
      place, "\(column.header) is '\(Self.shown(value))'; allowed: \(column.allowed)\(hint)")
  }

  /// Shortened, and without what would move a terminal's cursor.
  static func shown(_ value: String) -> String {
    let scalars = value.unicodeScalars
    let safe = scalars.prefix(shownMax).map { scalar in
      let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
      return isControl ? "\u{fffd}" as Unicode.Scalar : scalar
    }
    let tail = scalars.count > shownMax ? "…" : ""
    return String(String.UnicodeScalarView(safe)) + tail
  }
}

/// What is wrong with a file: the first problems, and how many rows have some.
struct ImportProblems: Error, Sendable, Equatable {
  private(set) var listed: [ImportProblem] = []
  /// Rows with a problem; a wrong first line counts as one.
  private(set) var rows = 0

  /// Notes what is wrong with one row.
  mutating func add(_ problems: [ImportProblem]) {
    rows += 1
    listed += problems.prefix(ImportProblem.listedMax - listed.count)
  }
}
