/// What the whole of a text must look like, as a regular expression.
///
/// One expression is the check of the reader and the `pattern` of a JSON Schema, so that an editor
/// refuses what `ops` refuses. It knows only what all who read schemas agree on: characters, `.`,
/// `[a-z]`, `[^a-z]`, groups, `|`, `?`, `*`, `+`, `{n}`, `{m,}` and `{m,n}`.
/// https://json-schema.org/understanding-json-schema/reference/regular_expressions
struct TextPattern: Sendable, ExpressibleByStringLiteral {
  indirect enum Node: Sendable {
    /// A character within these ranges, or within none of them.
    case one(of: [ClosedRange<Unicode.Scalar>], isExcluding: Bool)
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
    return Self.ends(root, in: text, from: [0]).contains(text.count)
  }

  /// Where a match of `node` may end that begins at one of `starts`.
  ///
  /// All at once: no text makes it go back and try again.
  private static func ends(
    _ node: Node, in text: [Unicode.Scalar], from starts: Set<Int>
  ) -> Set<Int> {
    switch node {
    case .one(let ranges, let isExcluding):
      let found = starts.filter { start in
        start < text.count && ranges.contains { $0.contains(text[start]) } != isExcluding
      }
      return Set(found.map { $0 + 1 })
    case .sequence(let nodes):
      return nodes.reduce(starts) { ends($1, in: text, from: $0) }
    case .either(let nodes):
      return nodes.reduce(into: []) { $0.formUnion(ends($1, in: text, from: starts)) }
    case .repeated(let node, let counts):
      var reached = counts.lowerBound == 0 ? starts : []
      var latest = starts
      var count = 0
      while count < counts.upperBound, !latest.isEmpty {
        latest = ends(node, in: text, from: latest)
        count += 1
        if count < counts.lowerBound { continue }
        latest.subtract(reached)
        reached.formUnion(latest)
      }
      return reached
    }
  }
}

extension TextPattern {
  /// One label of a host name.
  ///
  /// https://www.rfc-editor.org/rfc/rfc1123#section-2.1
  static let label: TextPattern = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
}
