/// Reads comma-separated values as RFC 4180 describes them, record by record, in constant memory.
///
/// Lines end in LF or CRLF, a byte order mark is passed over, and an empty line holds no record.
/// Beyond that nothing is guessed: a quote in the midst of a field, or anything but a comma after
/// the closing quote, is an error. After an error reading goes on with the line after it.
///
/// https://www.rfc-editor.org/rfc/rfc4180
public struct CSVReader {
  /// Gives the next bytes of the text, none at its end.
  public typealias Source = () throws -> [UInt8]

  private let limits: CSVLimits
  private let source: Source
  private var chunk: [UInt8] = []
  /// The next byte of `chunk`.
  private var position = 0
  /// How many bytes came before `chunk`.
  private var chunkStart = 0
  private var hasBegun = false
  private var hasEnded = false
  private var line = 1
  /// Where the line begins in the text, in bytes.
  private var lineStart = 0
  /// Bytes of the line so far that begin no character.
  private var continuationBytes = 0

  /// Reads what `source` gives.
  public init(limits: CSVLimits = CSVLimits(), source: @escaping Source) {
    self.limits = limits
    self.source = source
  }

  /// Reads the text in `bytes`.
  public init(_ bytes: [UInt8], limits: CSVLimits = CSVLimits()) {
    var rest = bytes
    self.init(limits: limits) {
      defer { rest = [] }
      return rest
    }
  }

  /// How many bytes of the text were read.
  public var bytesRead: Int { chunkStart + position }

  /// Puts the next record into `record`; false at the end.
  ///
  /// Throws `CSVError`, after which the next call goes on with the next line, or what the source
  /// throws, after which there is nothing to go on with.
  public mutating func next(_ record: inout CSVRecord) throws -> Bool {
    try skipByteOrderMark()
    do {
      while try fill() {
        record.begin(at: place)
        if try isEmptyLine(record) { continue }
        try read(&record)
        return true
      }
      return false
    } catch let error as CSVError {
      try skipLine()
      throw error
    }
  }

  // MARK: Bytes

  /// Makes sure of a byte at `position`; false at the end of the text.
  private mutating func fill() throws -> Bool {
    if position < chunk.count { return true }
    if hasEnded { return false }
    chunkStart += chunk.count
    position = 0
    chunk = []
    chunk = try source()
    hasEnded = chunk.isEmpty
    return !hasEnded
  }

  private mutating func skipByteOrderMark() throws {
    if hasBegun { return }
    hasBegun = true
    // A source may give single bytes.
    while !hasEnded, chunk.count < 3 {
      let more = try source()
      chunk += more
      hasEnded = more.isEmpty
    }
    if chunk.starts(with: [0xef, 0xbb, 0xbf]) {
      position = 3
      lineStart = 3
    }
  }

  /// Goes to the beginning of the next line, or stays where one begins.
  private mutating func skipLine() throws {
    while bytesRead != lineStart, try fill() {
      let isEnd = chunk[position] == CSVByte.lineFeed
      position += 1
      if isEnd { beginLine() }
    }
  }

  private mutating func beginLine() {
    line += 1
    lineStart = bytesRead
    continuationBytes = 0
  }

  private var place: CSVPlace {
    CSVPlace(line: line, column: bytesRead - lineStart - continuationBytes + 1)
  }

  /// The place of the next byte, within a field whose beginning may lie beyond ASCII.
  private func place(in record: CSVRecord) -> CSVPlace {
    let field = record.bytes[(record.bytes.count - record.fieldBytes)...]
    return CSVPlace(
      line: line, column: place.column - CSVByte.continuationBytes(ofLastLine: field))
  }

  // MARK: Records

  /// What ended a field.
  private enum End {
    case comma, line
  }

  private mutating func isEmptyLine(_ record: CSVRecord) throws -> Bool {
    switch chunk[position] {
    case CSVByte.lineFeed, CSVByte.carriageReturn: return try endsLine(record)
    default: return false
    }
  }

  private mutating func read(_ record: inout CSVRecord) throws {
    while true {
      let start = place
      guard record.count < limits.fieldsMax else {
        throw CSVError(start, .tooManyFields(max: limits.fieldsMax))
      }
      record.beginField(at: start)
      var bits: UInt8 = 0
      let isQuoted = try fill() && chunk[position] == CSVByte.quote
      let end =
        isQuoted ? try readQuoted(&record, &bits) : try readPlain(&record, &bits)
      record.endField()
      if bits >= 0x80 { try checkText(record, start, end) }
      if end == .line { return }
    }
  }

  private mutating func readPlain(_ record: inout CSVRecord, _ bits: inout UInt8) throws -> End {
    while try fill() {
      let stop = CSVByte.endOfPlain(chunk.span, position, &bits)
      try put(stop, &record)
      guard stop < chunk.count else { continue }
      switch chunk[stop] {
      case CSVByte.comma:
        position += 1
        return .comma
      case CSVByte.quote: throw CSVError(place(in: record), .quoteInField)
      default: if try endsLine(record) { return .line }
      }
    }
    return .line
  }

  private mutating func readQuoted(_ record: inout CSVRecord, _ bits: inout UInt8) throws -> End {
    position += 1
    while try fill() {
      let stop = CSVByte.endOfQuoted(chunk.span, position, &bits)
      try put(stop, &record)
      guard stop < chunk.count else { continue }
      position += 1
      if chunk[stop] == CSVByte.lineFeed {
        record.append(CSVByte.lineFeed)
        beginLine()
        continue
      }
      guard try fill() else { return .line }
      switch chunk[position] {
      case CSVByte.quote:
        record.append(CSVByte.quote)
        position += 1
      case CSVByte.comma:
        position += 1
        return .comma
      case CSVByte.lineFeed, CSVByte.carriageReturn: if try endsLine(record) { return .line }
      default: throw CSVError(place(in: record), .textAfterQuote)
      }
    }
    throw CSVError(record.fieldPlace, .unterminatedQuote)
  }

  /// Takes LF or CRLF; any other carriage return is an error, so this never gives false.
  private mutating func endsLine(_ record: CSVRecord) throws -> Bool {
    if chunk[position] == CSVByte.carriageReturn {
      let start = place(in: record)
      position += 1
      guard try fill(), chunk[position] == CSVByte.lineFeed else {
        throw CSVError(start, .bareCarriageReturn)
      }
    }
    position += 1
    beginLine()
    return true
  }

  /// Takes the bytes up to `stop` into the field.
  private mutating func put(_ stop: Int, _ record: inout CSVRecord) throws {
    let run = position..<stop
    position = stop
    guard record.fieldBytes + run.count <= limits.fieldBytesMax else {
      throw CSVError(record.fieldPlace, .fieldTooLong(max: limits.fieldBytesMax))
    }
    guard record.bytes.count + run.count <= limits.recordBytesMax else {
      throw CSVError(record.place, .recordTooLong(max: limits.recordBytesMax))
    }
    record.append(chunk[run])
  }

  /// The field just read holds bytes beyond ASCII: they must be UTF-8, and columns count them less.
  private mutating func checkText(
    _ record: CSVRecord, _ start: CSVPlace, _ end: End
  ) throws {
    let field = record.bytes[record.range(of: record.count - 1)]
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: field.span)
    } catch {
      throw CSVError(start, .notUTF8(byte: error.byteOffsets.lowerBound))
    }
    if end == .comma { continuationBytes += CSVByte.continuationBytes(ofLastLine: field) }
  }
}
