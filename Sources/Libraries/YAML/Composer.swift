/// Builds nodes from events, and holds the limits.
///
/// What is wrong with one value does not hide what is wrong with the next: a composer that collects
/// puts a text in the place of what it cannot tell and goes on.
struct Composer: ~Copyable {
  /// A node with what it costs to copy it.
  private struct Composed {
    let node: YAMLNode
    var count = 1
    var height = 0
  }

  private var parser: Parser
  private let limits: YAMLLimits
  private let collects: Bool
  /// What was noted, in the order of the text; always empty unless it `collects`.
  private(set) var problems: [YAMLError] = []
  private var anchors: [String: Composed] = [:]
  /// Anchors of the collections that are not at their end yet.
  private var open: [String: YAMLMark] = [:]
  private var nodesCount = 0

  init(_ bytes: [UInt8], limits: YAMLLimits, collects: Bool = false) throws(YAMLError) {
    parser = try Self.parser(YAMLReader.withoutByteOrderMark(bytes), limits: limits)
    self.limits = limits
    self.collects = collects
  }

  private static func parser(
    _ bytes: [UInt8], limits: YAMLLimits
  ) throws(YAMLError) -> Parser {
    guard bytes.count <= limits.bytesMax else {
      throw YAMLError(.limit(.bytes, limits.bytesMax), at: .start)
    }
    if let offset = firstInvalidOffset(bytes) {
      throw YAMLError(.notUTF8, at: YAMLMark(offset: offset, in: bytes))
    }
    return try Parser(bytes)
  }

  /// The next document, nil at the end of the stream.
  mutating func nextDocument() throws(YAMLError) -> YAMLNode? {
    guard try nextDocumentMark() != nil else { return nil }
    anchors = [:]
    let node = try compose(try parser.next(), depth: 0).node
    _ = try parser.next()
    return node
  }

  /// Where the next document begins, nil at the end of the stream.
  mutating func nextDocumentMark() throws(YAMLError) -> YAMLMark? {
    while true {
      let event = try parser.next()
      switch event.kind {
      case .documentStart: return event.mark
      case .streamEnd: return nil
      default: continue
      }
    }
  }

  private mutating func compose(
    _ event: ParserEvent, depth: Int
  ) throws(YAMLError) -> Composed {
    if case .alias(let name) = event.kind {
      return try alias(name, depth: depth, at: event.mark)
    }
    try spend(1, height: depth, at: event.mark)
    let outer = event.anchor.flatMap { open.updateValue(event.mark, forKey: $0) }
    let composed =
      switch event.kind {
      case .scalar(let scalar): try leaf(scalar, at: event.mark)
      case .sequenceStart: try sequence(event, depth: depth)
      default: try mapping(event, depth: depth)
      }
    if let anchor = event.anchor {
      open[anchor] = outer
      anchors[anchor] = composed
    }
    return composed
  }

  private mutating func alias(
    _ name: String, depth: Int, at mark: YAMLMark
  ) throws(YAMLError) -> Composed {
    if let anchor = open[name] {
      try note(.aliasLoop(name, anchor: anchor), at: mark)
    } else if let target = anchors[name] {
      try spend(target.count, height: depth + target.height, at: mark)
      return target
    } else {
      try note(.unknownAlias(name), at: mark)
    }
    return Composed(node: YAMLNode(YAMLNode.string("*" + name).content, at: mark))
  }

  private mutating func leaf(
    _ scalar: YAMLScalar, at mark: YAMLMark
  ) throws(YAMLError) -> Composed {
    if let tag = scalar.tag {
      if !YAMLTag.scalars.contains(tag) {
        try note(.unknownTag(tag), at: mark)
      } else if !YAMLTag.allows(tag, scalar.kind) {
        try note(.tagMismatch(tag: tag, text: scalar.text), at: mark)
      }
    }
    return Composed(node: YAMLNode(.scalar(scalar), at: mark))
  }

  private mutating func sequence(
    _ start: ParserEvent, depth: Int
  ) throws(YAMLError) -> Composed {
    try require(start, tag: YAMLTag.sequence)
    var nodes: [YAMLNode] = []
    var result = (count: 1, height: 0)
    while true {
      let event = try parser.next()
      if case .collectionEnd = event.kind { break }
      let element = try compose(event, depth: depth + 1)
      nodes.append(element.node)
      result = (result.count + element.count, max(result.height, element.height + 1))
    }
    return Composed(
      node: YAMLNode(.sequence(nodes), at: start.mark), count: result.count, height: result.height)
  }

  private mutating func mapping(
    _ start: ParserEvent, depth: Int
  ) throws(YAMLError) -> Composed {
    try require(start, tag: YAMLTag.mapping)
    var pairs: [YAMLPair] = []
    var places: [String: YAMLMark] = [:]
    var result = (count: 1, height: 0)
    while true {
      let event = try parser.next()
      if case .collectionEnd = event.kind { break }
      let key = try compose(event, depth: depth + 1)
      let text = try keyText(key.node, at: event.mark, places)
      let value = try compose(try parser.next(), depth: depth + 1)
      if let text {
        places[text] = event.mark
        pairs.append(YAMLPair(text, value.node, keyMark: event.mark))
      }
      result = (result.count + 1 + value.count, max(result.height, value.height + 1))
    }
    return Composed(
      node: YAMLNode(.mapping(pairs), at: start.mark), count: result.count, height: result.height)
  }

  /// The text of a key that is new to its mapping; of a key that comes twice the first one counts.
  private mutating func keyText(
    _ node: YAMLNode, at mark: YAMLMark, _ places: [String: YAMLMark]
  ) throws(YAMLError) -> String? {
    guard let text = node.scalar?.text else {
      try note(.collectionAsKey, at: mark)
      return nil
    }
    guard let first = places[text] else { return text }
    try note(.duplicateKey(text, first: first), at: mark)
    return nil
  }

  private mutating func require(_ event: ParserEvent, tag: String) throws(YAMLError) {
    guard let given = event.tag, given != "!", given != tag else { return }
    try note(.unknownTag(given), at: event.mark)
  }

  /// Notes what reading can go on after; stops at the first unless problems are collected.
  private mutating func note(_ reason: YAMLError.Reason, at mark: YAMLMark) throws(YAMLError) {
    let problem = YAMLError(reason, at: mark)
    guard collects, problems.count < limits.problemsMax else { throw problem }
    problems.append(problem)
  }

  private mutating func spend(
    _ count: Int, height: Int, at mark: YAMLMark
  ) throws(YAMLError) {
    nodesCount += count
    guard nodesCount <= limits.nodesMax else {
      throw YAMLError(.limit(.nodes, limits.nodesMax), at: mark)
    }
    guard height <= limits.depthMax else {
      throw YAMLError(.limit(.depth, limits.depthMax), at: mark)
    }
  }

  /// The offset of the first byte that is no UTF-8, nil where all are.
  private static func firstInvalidOffset(_ bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .error, .emptyInput: return offset
      }
    }
  }
}
