/// What the whole of a text must look like, as a regular expression.
///
/// One expression is the check of the reader and the `pattern` of a JSON Schema, so that an editor
/// refuses what `ops` refuses. It knows only what all who read schemas agree on: characters, `.`,
/// `[a-z]`, `[^a-z]`, groups, `|`, `?`, `*`, `+`, `{n}`, `{m,}` and `{m,n}`.
/// https://json-schema.org/understanding-json-schema/reference/regular_expressions
struct TextPattern: Sendable, ExpressibleByStringLiteral {
  /// Characters within these ranges, or within none of them.
  struct Characters: Sendable {
    let ranges: [ClosedRange<Unicode.Scalar>]
    let isExcluding: Bool

    func contains(_ character: Unicode.Scalar) -> Bool {
      ranges.contains { $0.contains(character) } != isExcluding
    }
  }

  indirect enum Node: Sendable {
    case one(Characters)
    case sequence([Node])
    case either([Node])
    case repeated(Node, ClosedRange<Int>)
  }

  /// As written, for the whole of a text.
  let source: String
  private let root: Node

  /// A pattern of this program; one that is malformed ends it.
  init(stringLiteral source: String) { self.init(source) }

  init(_ source: String) {
    self.source = source
    var parser = TextPatternParser(source)
    root = parser.whole()
  }

  /// The expression as JSON Schema wants it: it would search anywhere without the anchors.
  var anchored: String {
    if case .either = root { return "^(\(source))$" }
    return "^\(source)$"
  }

  func matches(_ text: String) -> Bool {
    let text = Array(text.unicodeScalars)
    return Self.ends(root, in: text, from: [0]).last == text.count
  }

  /// Where a match of `node` may end that begins at one of `starts`; both in their order.
  ///
  /// All at once: no text makes it go back and try again.
  private static func ends(
    _ node: Node, in text: [Unicode.Scalar], from starts: [Int]
  ) -> [Int] {
    switch node {
    case .one(let characters):
      return starts.filter { $0 < text.count && characters.contains(text[$0]) }.map { $0 + 1 }
    case .sequence(let nodes):
      return nodes.reduce(starts) { ends($1, in: text, from: $0) }
    case .either(let nodes):
      return nodes.map { ends($0, in: text, from: starts) }.reduce([], united)
    case .repeated(.one(let characters), let counts):
      return runs(of: characters, counts, in: text, from: starts)
    case .repeated(let node, let counts):
      var reached = counts.lowerBound == 0 ? starts : []
      var latest = starts
      var count = 0
      while count < counts.upperBound, !latest.isEmpty {
        latest = ends(node, in: text, from: latest)
        count += 1
        if count < counts.lowerBound { continue }
        let known = Set(reached)
        latest.removeAll(where: known.contains)
        reached = united(reached, latest)
      }
      return reached
    }
  }

  /// The same for what most patterns are made of: so many of the same characters.
  private static func runs(
    of characters: Characters, _ counts: ClosedRange<Int>, in text: [Unicode.Scalar],
    from starts: [Int]
  ) -> [Int] {
    var reached: [Int] = []
    var end = 0
    for start in starts {
      // A run that begins within another ends with it.
      while end < text.count, end < start || characters.contains(text[end]) { end += 1 }
      let most = min(max(end, start) - start, counts.upperBound)
      guard most >= counts.lowerBound else { continue }
      let first = max(start + counts.lowerBound, (reached.last ?? -1) + 1)
      if first <= start + most { reached += first...start + most }
    }
    return reached
  }

  private static func united(_ left: [Int], _ right: [Int]) -> [Int] {
    guard let last = left.last, let first = right.first, last >= first else { return left + right }
    return Set(left).union(right).sorted()
  }
}

extension TextPattern {
  /// One label of a host name.
  ///
  /// https://www.rfc-editor.org/rfc/rfc1123#section-2.1
  static let label: TextPattern = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
}
