/// A few lines at the end of a terminal's output that are written anew in their place.
struct LiveBlock {
  /// A name in a column of its own, and what is to be said of it.
  struct Row: Equatable {
    let name: String
    let text: String
  }

  /// The column in which texts begin.
  static let textColumn = 14
  /// Where a terminal does not tell how wide it is.
  private static let columnsDefault = 80

  private let output: TextOutput
  private let usesColor: Bool
  private var shown = 0

  init(_ output: TextOutput, usesColor: Bool) {
    self.output = output
    self.usesColor = usesColor
  }

  /// Shows these rows in place of the ones before; a line that would wrap is cut.
  mutating func show(_ rows: [Row]) {
    let width = max(Self.textColumn + 1, output.columns ?? Self.columnsDefault) - 1
    let lines = rows.map { row in
      let name = row.name.padded(to: Self.textColumn - 2)
      let text = ErrorReport.printable(row.text).prefix(width - Self.textColumn)
      return "  " + (usesColor ? "\u{1b}[2m\(name)\u{1b}[0m" : name) + text + "\u{1b}[K\n"
    }
    output.write(start + lines.joined() + (lines.count < shown ? "\u{1b}[J" : ""))
    shown = lines.count
  }

  /// Takes the rows away.
  mutating func clear() {
    guard shown > 0 else { return }
    output.write(start + "\u{1b}[J")
    shown = 0
  }

  /// Up to the first line of the block.
  private var start: String { shown > 0 ? "\u{1b}[\(shown)A\r" : "" }
}
