import CYAML

/// One event of libyaml, copied out of C memory.
struct ParserEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(String)
    case scalar(YAMLScalar)
    case sequenceStart, mappingStart
    case collectionEnd
  }

  let kind: Kind
  let mark: YAMLMark
  /// The name after `&`, nil where there is none.
  var anchor: String?
  /// The tag of a collection, nil where there is none.
  var tag: String?
}

/// libyaml's parser over bytes that it keeps alive.
///
/// https://pyyaml.org/wiki/LibYAML
@safe struct Parser: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>
  private let text: [UInt8]

  init(_ bytes: [UInt8]) throws(YAMLError) {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      unsafe parser.deallocate()
      throw YAMLError(.outOfMemory, at: .start)
    }
    let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = unsafe input.initialize(from: bytes)
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    unsafe self.parser = unsafe parser
    unsafe self.input = unsafe input
    text = bytes
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe input.deallocate()
  }

  /// The next event; after the end of the stream there is no other.
  mutating func next() throws(YAMLError) -> ParserEvent {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { unsafe yaml_event_delete(&event) }
    return unsafe Self.copy(event)
  }

  private static func copy(_ event: yaml_event_t) -> ParserEvent {
    let mark = unsafe YAMLMark(event.start_mark)
    switch unsafe event.type {
    case YAML_STREAM_START_EVENT: return ParserEvent(kind: .streamStart, mark: mark)
    case YAML_DOCUMENT_START_EVENT: return ParserEvent(kind: .documentStart, mark: mark)
    case YAML_DOCUMENT_END_EVENT: return ParserEvent(kind: .documentEnd, mark: mark)
    case YAML_ALIAS_EVENT:
      return ParserEvent(kind: .alias(unsafe string(event.data.alias.anchor) ?? ""), mark: mark)
    case YAML_SCALAR_EVENT:
      let data = unsafe event.data.scalar
      return ParserEvent(
        kind: .scalar(unsafe scalar(data)), mark: mark, anchor: unsafe string(data.anchor))
    case YAML_SEQUENCE_START_EVENT:
      let data = unsafe event.data.sequence_start
      return ParserEvent(
        kind: .sequenceStart, mark: mark, anchor: unsafe string(data.anchor),
        tag: unsafe string(data.tag))
    case YAML_MAPPING_START_EVENT:
      let data = unsafe event.data.mapping_start
      return ParserEvent(
        kind: .mappingStart, mark: mark, anchor: unsafe string(data.anchor),
        tag: unsafe string(data.tag))
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      return ParserEvent(kind: .collectionEnd, mark: mark)
    default: return ParserEvent(kind: .streamEnd, mark: mark)
    }
  }

  private static func scalar(_ data: yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar)
    -> YAMLScalar
  {
    let bytes = unsafe UnsafeBufferPointer(start: data.value, count: data.length)
    let style: YAMLScalar.Style =
      switch unsafe data.style {
      case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
      case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
      case YAML_LITERAL_SCALAR_STYLE: .literal
      case YAML_FOLDED_SCALAR_STYLE: .folded
      default: .plain
      }
    // A lone `!` says only that the scalar is no plain one.
    let tag = unsafe string(data.tag)
    return YAMLScalar(
      unsafe String(decoding: bytes, as: UTF8.self), style: style,
      tag: tag == "!" ? YAMLTag.string : tag)
  }

  private static func string(_ text: UnsafePointer<yaml_char_t>?) -> String? {
    unsafe text.map { unsafe String(cString: $0) }
  }

  /// libyaml's account of why it stopped, as an error of ours.
  private func failure() -> YAMLError {
    let mark = unsafe YAMLMark(parser.pointee.problem_mark)
    let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "no YAML"
    switch unsafe parser.pointee.error {
    case YAML_MEMORY_ERROR: return YAMLError(.outOfMemory, at: mark)
    case YAML_READER_ERROR:
      let offset = unsafe parser.pointee.problem_offset
      return YAMLError(.forbiddenCharacter, at: YAMLMark(offset: offset, in: text))
    default:
      let isTab =
        problem.contains("tab ") || YAMLMark.byte(at: mark, in: text) == UInt8(ascii: "\t")
      let context = unsafe parser.pointee.context.map { unsafe String(cString: $0) + ", " } ?? ""
      return YAMLError(isTab ? .tab : .syntax(context + problem), at: mark)
    }
  }
}

extension YAMLMark {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }

  /// The place of the byte at `offset`, in a text of UTF-8.
  init(offset: Int, in text: [UInt8]) {
    let before = text.prefix(offset)
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let column = String(decoding: before[lineStart...], as: UTF8.self).unicodeScalars.count
    self.init(line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: column + 1)
  }

  /// The byte that begins at `mark`, nil at the end of its line.
  fileprivate static func byte(at mark: YAMLMark, in text: [UInt8]) -> UInt8? {
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard mark.line <= lines.count else { return nil }
    let line = String(decoding: lines[mark.line - 1], as: UTF8.self).unicodeScalars
    return line.dropFirst(mark.column - 1).first.flatMap { UInt8(exactly: $0.value) }
  }
}
