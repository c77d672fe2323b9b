import CYAML

/// Writes nodes as YAML text: the same nodes always give the same bytes.
///
/// Block style, two spaces, keys in the order given, no line folding. Every text that a reader of
/// YAML 1.1 or 1.2 could take for something else is quoted; texts of several lines are literal
/// blocks.
public enum YAMLWriter {
  /// `node` as one document, after `comment` with each of its lines behind `# `.
  public static func write(_ node: YAMLNode, comment: [String] = []) -> String {
    write(documents: [node], comment: comment)
  }

  /// Documents one after another, each begun by `---` when there are several.
  public static func write(documents: [YAMLNode], comment: [String] = []) -> String {
    String(decoding: bytes(documents: documents, comment: comment), as: UTF8.self)
  }

  /// The same as UTF-8, for a file.
  public static func bytes(documents: [YAMLNode], comment: [String] = []) -> [UInt8] {
    // A line break inside a comment line would end the comment.
    let lines = comment.flatMap { $0.split(whereSeparator: \.isNewline) }
    var emitter = Emitter(after: Array(lines.map { "# \($0)\n" }.joined().utf8))
    emitter.write(documents)
    return emitter.bytes
  }
}

extension YAMLWriter {
  /// `node` on one line, as a part of another document could have it.
  public static func inline(_ node: YAMLNode) -> String {
    var emitter = Emitter(isInline: true)
    // Within a list every value is one of flow style, scalars as well.
    emitter.write([.sequence([node])])
    return String(decoding: emitter.bytes.dropFirst().dropLast(2), as: UTF8.self)
  }
}

/// libyaml's emitter with the text it has written so far.
///
/// https://pyyaml.org/wiki/LibYAML
@safe private struct Emitter: ~Copyable {
  private let emitter: UnsafeMutablePointer<yaml_emitter_t>
  private let output: UnsafeMutablePointer<[UInt8]>
  private let isInline: Bool

  init(isInline: Bool = false, after start: [UInt8] = []) {
    self.isInline = isInline
    unsafe emitter = .allocate(capacity: 1)
    unsafe output = .allocate(capacity: 1)
    unsafe output.initialize(to: start)
    let isMade = unsafe yaml_emitter_initialize(emitter) == 1
    precondition(isMade, "memory is exhausted")
    unsafe yaml_emitter_set_output(emitter, appendOutput, output)
    unsafe yaml_emitter_set_unicode(emitter, 1)
    unsafe yaml_emitter_set_width(emitter, -1)
    unsafe yaml_emitter_set_indent(emitter, 2)
    unsafe yaml_emitter_set_break(emitter, YAML_LN_BREAK)
  }

  deinit {
    unsafe yaml_emitter_delete(emitter)
    unsafe emitter.deallocate()
    unsafe output.deinitialize(count: 1)
    unsafe output.deallocate()
  }

  var bytes: [UInt8] { unsafe output.pointee }

  mutating func write(_ documents: [YAMLNode]) {
    unsafe emit { unsafe yaml_stream_start_event_initialize($0, YAML_UTF8_ENCODING) }
    for document in documents {
      let isImplicit: Int32 = documents.count == 1 ? 1 : 0
      unsafe emit { unsafe yaml_document_start_event_initialize($0, nil, nil, nil, isImplicit) }
      write(document)
      unsafe emit { unsafe yaml_document_end_event_initialize($0, 1) }
    }
    unsafe emit { unsafe yaml_stream_end_event_initialize($0) }
  }

  private mutating func write(_ node: YAMLNode) {
    switch node.content {
    case .scalar(let scalar): write(scalar)
    case .sequence(let nodes):
      let style = nodes.isEmpty || isInline ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE
      unsafe emit { unsafe yaml_sequence_start_event_initialize($0, nil, nil, 1, style) }
      for element in nodes { write(element) }
      unsafe emit { unsafe yaml_sequence_end_event_initialize($0) }
    case .mapping(let pairs):
      let style = pairs.isEmpty || isInline ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE
      unsafe emit { unsafe yaml_mapping_start_event_initialize($0, nil, nil, 1, style) }
      for pair in pairs {
        write(YAMLScalar(pair.key, style: .doubleQuoted))
        write(pair.value)
      }
      unsafe emit { unsafe yaml_mapping_end_event_initialize($0) }
    }
  }

  private mutating func write(_ scalar: YAMLScalar) {
    let form = ScalarForm(scalar)
    let style =
      switch form.style {
      case .plain: YAML_PLAIN_SCALAR_STYLE
      case .literal where !isInline: YAML_LITERAL_SCALAR_STYLE
      default: YAML_DOUBLE_QUOTED_SCALAR_STYLE
      }
    var text = form.text
    text.withUTF8 { bytes in
      let count = Int32(bytes.count)
      unsafe withUnsafePointer(to: 0) { (empty: UnsafePointer<UInt8>) in
        let start = unsafe bytes.baseAddress ?? empty
        unsafe emit { unsafe yaml_scalar_event_initialize($0, nil, nil, start, count, 1, 1, style) }
      }
    }
  }

  /// Emits the event that `make` fills; the emitter then owns it.
  ///
  /// Our events are in a legal order, of valid UTF-8, into memory: only exhausted memory is left
  /// to fail.
  private mutating func emit(_ make: (UnsafeMutablePointer<yaml_event_t>) -> Int32) {
    var event = unsafe yaml_event_t()
    let isMade = unsafe make(&event) == 1 && yaml_emitter_emit(emitter, &event) == 1
    let problem = unsafe emitter.pointee.problem.map { unsafe String(cString: $0) }
    precondition(isMade, problem ?? "memory is exhausted")
  }
}

/// libyaml's write handler: `context` is the `[UInt8]` of an `Emitter`, alive as long as it.
private func appendOutput(
  context: UnsafeMutableRawPointer?, bytes: UnsafeMutablePointer<UInt8>?, count: Int
) -> Int32 {
  guard let output = unsafe context?.assumingMemoryBound(to: [UInt8].self) else { return 0 }
  unsafe output.pointee.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
  return 1
}
