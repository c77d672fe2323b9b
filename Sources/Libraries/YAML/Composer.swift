/// Builds nodes from events, and holds the limits.
struct Composer: ~Copyable {
  /// A node with what it costs to copy it.
  private struct Composed {
    let node: YAMLNode
    var count = 1
    var height = 0
  }

  private var parser: Parser
  private let limits: YAMLLimits
  private var anchors: [String: Composed] = [:]
  private var nodesCount = 0

  init(_ bytes: [UInt8], limits: YAMLLimits) throws(YAMLError) {
    parser = try Self.parser(bytes, limits: limits)
    self.limits = limits
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
      guard let target = anchors[name] else { throw YAMLError(.unknownAlias(name), at: event.mark) }
      try spend(target.count, height: depth + target.height, at: event.mark)
      return target
    }
    try spend(1, height: depth, at: event.mark)
    let composed =
      switch event.kind {
      case .scalar(let scalar): try leaf(scalar, at: event.mark)
      case .sequenceStart: try sequence(event, depth: depth)
      default: try mapping(event, depth: depth)
      }
    // Only now: an alias inside the value it names would be a loop.
    if let anchor = event.anchor { anchors[anchor] = composed }
    return composed
  }

  private func leaf(_ scalar: YAMLScalar, at mark: YAMLMark) throws(YAMLError) -> Composed {
    if let tag = scalar.tag {
      guard YAMLTag.scalars.contains(tag) else { throw YAMLError(.unknownTag(tag), at: mark) }
      guard YAMLTag.allows(tag, scalar.kind) else {
        throw YAMLError(.tagMismatch(tag: tag, text: scalar.text), at: mark)
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
      guard let text = key.node.scalar?.text else {
        throw YAMLError(.collectionAsKey, at: event.mark)
      }
      if let first = places.updateValue(event.mark, forKey: text) {
        throw YAMLError(.duplicateKey(text, first: first), at: event.mark)
      }
      let value = try compose(try parser.next(), depth: depth + 1)
      pairs.append(YAMLPair(text, value.node, keyMark: event.mark))
      result = (result.count + 1 + value.count, max(result.height, value.height + 1))
    }
    return Composed(
      node: YAMLNode(.mapping(pairs), at: start.mark), count: result.count, height: result.height)
  }

  private func require(_ event: ParserEvent, tag: String) throws(YAMLError) {
    guard let given = event.tag, given != "!", given != tag else { return }
    throw YAMLError(.unknownTag(given), at: event.mark)
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
