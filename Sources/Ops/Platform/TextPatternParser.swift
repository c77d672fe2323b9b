/// Reads the text of a `TextPattern`.
///
/// Patterns are written in this program, so a mistake in one is a mistake of ours and ends it.
struct TextPatternParser {
  private let source: String
  private var rest: Substring.UnicodeScalarView

  init(_ source: String) {
    self.source = source
    rest = source[...].unicodeScalars
  }

  mutating func whole() -> TextPattern.Node {
    let node = alternatives()
    require(rest.isEmpty)
    return node
  }

  private mutating func alternatives() -> TextPattern.Node {
    var nodes = [sequence()]
    while take("|") { nodes.append(sequence()) }
    return nodes.count == 1 ? nodes[0] : .either(nodes)
  }

  private mutating func sequence() -> TextPattern.Node {
    var nodes: [TextPattern.Node] = []
    while let next = rest.first, next != "|", next != ")" {
      let node = atom()
      nodes.append(quantity().map { .repeated(node, $0) } ?? node)
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  private mutating func atom() -> TextPattern.Node {
    if take("(") {
      let node = alternatives()
      require(take(")"))
      return node
    }
    if take("[") { return characterClass() }
    if take(".") {
      // What no dialect takes for the end of a line.
      let ends: [Unicode.Scalar] = ["\n", "\r", "\u{2028}", "\u{2029}"]
      return .one(.init(ranges: ends.map { $0...$0 }, isExcluding: true))
    }
    let scalar = take("\\") ? next() : plain()
    return .one(.init(ranges: [scalar...scalar], isExcluding: false))
  }

  private mutating func plain() -> Unicode.Scalar {
    let scalar = next()
    require(!"?*+{}]^$".unicodeScalars.contains(scalar))
    return scalar
  }

  private mutating func characterClass() -> TextPattern.Node {
    let isExcluding = take("^")
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    while !take("]") {
      let first = next()
      require(first != "[" && first != "\\")
      // A hyphen at the end is one.
      if rest.first == "-", rest.dropFirst().first != "]" {
        _ = next()
        let last = next()
        require(first <= last)
        ranges.append(first...last)
      } else {
        ranges.append(first...first)
      }
    }
    return .one(.init(ranges: ranges, isExcluding: isExcluding))
  }

  private mutating func quantity() -> ClosedRange<Int>? {
    if take("?") { return 0...1 }
    if take("*") { return 0...Int.max }
    if take("+") { return 1...Int.max }
    guard take("{") else { return nil }
    let min = number()
    let max = take(",") ? (rest.first == "}" ? Int.max : number()) : min
    require(take("}") && min <= max)
    return min...max
  }

  private mutating func number() -> Int {
    let digits = rest.prefix { ("0"..."9").contains($0) }
    rest = rest.dropFirst(digits.count)
    let number = Int(String(digits))
    require(number != nil)
    return number ?? 0
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard rest.first == scalar else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func next() -> Unicode.Scalar {
    guard let scalar = rest.popFirst() else { preconditionFailure("no pattern: \(source)") }
    return scalar
  }

  private func require(_ holds: Bool) { precondition(holds, "no pattern: \(source)") }
}
