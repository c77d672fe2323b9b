/// A text that is read with spaces in the place of some of its tabs.
///
/// Places in it can be told as places in the text that was written.
struct UntabbedText {
  /// The indentation of a line before and after, in characters.
  private struct Shift {
    let written: Int
    let read: Int
  }

  /// What people indent by, in spaces.
  private static let step = 2
  /// The widths of a tab that are tried where the lines around tell nothing.
  private static let widths = [2, 4, 8]

  /// The text with the spaces.
  private(set) var bytes: [UInt8]
  private var shifts: [Int: Shift] = [:]
  /// The spaces that an indentation with tabs was taken for.
  private var known: [[UInt8]: Int] = [:]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// What the text may be meant to be without the tab at `mark`, the likeliest first; empty where
  /// no tab is there.
  func untabbed(at mark: YAMLMark) -> [UntabbedText] {
    guard let line = line(mark.line) else { return [] }
    let indentation = bytes[line].prefix(while: Self.isBlank)
    let column = mark.column - 1
    guard indentation.contains(Self.tab), column < indentation.count else {
      return replacingTab(in: line, at: column)
    }
    return widths(of: Array(indentation), in: line).map { width in
      var text = self
      text.bytes.replaceSubrange(
        indentation.indices, with: [UInt8](repeating: Self.space, count: width))
      text.shifts[mark.line] = Shift(written: indentation.count, read: width)
      text.known[Array(indentation)] = width
      return text
    }
  }

  /// The place in the text that was written.
  func written(_ mark: YAMLMark) -> YAMLMark {
    guard let shift = shifts[mark.line] else { return mark }
    let column = mark.column - 1
    let written =
      column < shift.read
      ? min(column, max(0, shift.written - 1)) : column - shift.read + shift.written
    return YAMLMark(line: mark.line, column: written + 1)
  }

  /// The problem at its place in the text that was written.
  func written(_ error: YAMLError) -> YAMLError {
    if case .duplicateKey(let key, let first) = error.reason {
      return YAMLError(.duplicateKey(key, first: written(first)), at: written(error.mark))
    }
    if case .aliasLoop(let name, let anchor) = error.reason {
      return YAMLError(.aliasLoop(name, anchor: written(anchor)), at: written(error.mark))
    }
    return YAMLError(error.reason, at: written(error.mark))
  }

  /// The node with the places of the text that was written.
  func written(_ node: YAMLNode) -> YAMLNode {
    if shifts.isEmpty { return node }
    let content: YAMLNode.Content =
      switch node.content {
      case .scalar: node.content
      case .sequence(let nodes): .sequence(nodes.map(written))
      case .mapping(let pairs):
        .mapping(
          pairs.map { YAMLPair($0.key, written($0.value), keyMark: written($0.keyMark)) })
      }
    return YAMLNode(content, at: written(node.mark))
  }

  /// One space for a tab that is not at the start of its line.
  private func replacingTab(in line: Range<Int>, at column: Int) -> [UntabbedText] {
    // Columns count characters; only before the first that is not ASCII they count bytes as well.
    let offset = line.lowerBound + column
    guard offset < line.upperBound, bytes[offset] == Self.tab,
      bytes[line.lowerBound..<offset].allSatisfy({ $0 < 0x80 })
    else { return [] }
    var text = self
    text.bytes[offset] = Self.space
    return [text]
  }

  /// How many spaces an indentation may stand for, the likeliest first.
  private func widths(of indentation: [UInt8], in line: Range<Int>) -> [Int] {
    if let width = known[indentation] { return [width] }
    let likely = widthByLineBelow(line) ?? widthByLineAbove(line) ?? 0
    let tabs = indentation.count { $0 == Self.tab }
    let others = Self.widths.map { indentation.count - tabs + tabs * $0 }
    return [likely] + others.filter { $0 != likely }
  }

  /// One step less than the line below, where this one opens a collection that stands there.
  private func widthByLineBelow(_ line: Range<Int>) -> Int? {
    guard Self.opens(bytes[line]) else { return nil }
    let lines = bytes[min(line.upperBound + 1, bytes.count)...].split(separator: Self.lineFeed)
    guard let below = lines.first(where: Self.hasCode) else { return nil }
    let indentation = below.prefix(while: Self.isBlank)
    let width = indentation.count - Self.step
    return width < 0 || indentation.contains(Self.tab) ? nil : width
  }

  /// As much as the line above, or a step more where that one opens a collection.
  private func widthByLineAbove(_ line: Range<Int>) -> Int? {
    let lines = bytes[..<line.lowerBound].split(separator: Self.lineFeed)
    guard let above = lines.last(where: Self.hasCode) else { return nil }
    let width = above.prefix(while: Self.isBlank).count
    return Self.opens(above) ? width + Self.step : width
  }

  private static func hasCode(_ line: ArraySlice<UInt8>) -> Bool {
    line.first { !isBlank($0) && $0 != carriageReturn }.map { $0 != UInt8(ascii: "#") } ?? false
  }

  /// Whether the line ends with a colon, comments aside.
  private static func opens(_ line: ArraySlice<UInt8>) -> Bool {
    let comment = line.indices.dropFirst().first {
      line[$0] == UInt8(ascii: "#") && isBlank(line[$0 - 1])
    }
    return line[..<(comment ?? line.endIndex)].last { !isBlank($0) && $0 != carriageReturn }
      == UInt8(ascii: ":")
  }

  /// The bytes of a line, counted from 1, without its end.
  private func line(_ number: Int) -> Range<Int>? {
    var start = 0
    for _ in 1..<number {
      guard let end = bytes[start...].firstIndex(of: Self.lineFeed) else { return nil }
      start = end + 1
    }
    return start..<(bytes[start...].firstIndex(of: Self.lineFeed) ?? bytes.count)
  }

  private static let tab = UInt8(ascii: "\t")
  private static let space = UInt8(ascii: " ")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  private static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }
}
