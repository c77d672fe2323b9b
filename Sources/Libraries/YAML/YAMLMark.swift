/// A place in a document, counted as editors count: both from 1.
public struct YAMLMark: Sendable, Hashable, Comparable {
  /// The line, from 1.
  public let line: Int
  /// The column in characters, from 1.
  public let column: Int

  /// The place at `line` and `column`.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// The first character of a document.
  public static let start = YAMLMark(line: 1, column: 1)

  /// Orders places by reading order.
  public static func < (left: YAMLMark, right: YAMLMark) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

extension YAMLMark: CustomStringConvertible {
  /// `LINE:COLUMN`, as compilers print it.
  public var description: String { "\(line):\(column)" }
}
