/// Writes JSON into bytes, without building values first.
///
/// Output is compact unless `pretty`; commas are placed by the writer, names and values in turn are
/// the caller's promise.
public struct JSONWriter: Sendable {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []

  private let pretty: Bool
  private var depth = 0
  private var needsComma = false

  /// An empty writer.
  public init(pretty: Bool = false, capacity: Int = 256) {
    self.pretty = pretty
    bytes.reserveCapacity(capacity)
  }

  /// Writes an object whose members `body` writes.
  public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
    try enclosed(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
  }

  /// Writes an array whose elements `body` writes.
  public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
    try enclosed(UInt8(ascii: "["), UInt8(ascii: "]"), body)
  }

  /// Writes the name of the member that follows.
  public mutating func name(_ name: String) {
    separate()
    quote(name)
    bytes.append(UInt8(ascii: ":"))
    if pretty { bytes.append(UInt8(ascii: " ")) }
    needsComma = false
  }

  /// Writes a text.
  public mutating func string(_ text: String) {
    separate()
    quote(text)
  }

  /// Writes an integer.
  public mutating func integer(_ number: some BinaryInteger) {
    separate()
    bytes.append(contentsOf: String(number).utf8)
  }

  /// Writes a real; what is not finite becomes `null`, since JSON has no word for it.
  public mutating func real(_ number: Double) {
    separate()
    bytes.append(contentsOf: (number.isFinite ? number.description : "null").utf8)
  }

  /// Writes a truth value.
  public mutating func boolean(_ truth: Bool) {
    separate()
    bytes.append(contentsOf: (truth ? "true" : "false").utf8)
  }

  /// Writes `null`.
  public mutating func null() {
    separate()
    bytes.append(contentsOf: "null".utf8)
  }

  /// Ends a line behind a whole value, for logs and files with one value a line.
  public mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  /// Writes a value of any kind.
  public mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .boolean(let truth): boolean(truth)
    case .integer(let number): integer(number)
    case .real(let number): real(number)
    case .string(let text): string(text)
    case .array(let elements): array { for element in elements { $0.value(element) } }
    case .object(let members):
      object { for member in members { $0.member(member.name, member.value) } }
    }
  }

  /// Writes a name and a value of any kind.
  public mutating func member(_ name: String, _ value: JSONValue) {
    self.name(name)
    self.value(value)
  }

  /// Writes a name and a text.
  public mutating func member(_ name: String, _ text: String) {
    self.name(name)
    string(text)
  }

  private mutating func enclosed(
    _ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) throws -> Void
  ) rethrows {
    separate()
    bytes.append(open)
    depth += 1
    needsComma = false
    try body(&self)
    depth -= 1
    if pretty, needsComma { breakLine() }
    bytes.append(close)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    if pretty, depth > 0, bytes.last != UInt8(ascii: " ") { breakLine() }
    needsComma = true
  }

  private mutating func breakLine() {
    bytes.append(UInt8(ascii: "\n"))
    for _ in 0..<(2 * depth) { bytes.append(UInt8(ascii: " ")) }
  }

  /// Most texts hold nothing to escape: those are looked through eight bytes at a time and copied
  /// in one go.
  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { text in
      if unsafe Self.isPlain(UnsafeRawBufferPointer(text)) {
        unsafe bytes.append(contentsOf: text)
      } else {
        for index in text.indices {
          let byte = unsafe text[index]
          if Self.mustEscape(byte) { escape(byte) } else { bytes.append(byte) }
        }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Whether nothing in `text` must be escaped.
  ///
  /// A byte is zero where subtracting one borrows from its highest bit, which was not set before;
  /// a wrong finding needs a right one below it, so none of either is exact.
  private static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var index = 0
    while index + 8 <= text.count {
      let word = unsafe text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      let quote = word ^ (ones &* 0x22)
      let backslash = word ^ (ones &* 0x5C)
      let delete = word ^ (ones &* 0x7F)
      let found =
        (word &- ones &* 0x20) & ~word | (quote &- ones) & ~quote
        | (backslash &- ones) & ~backslash | (delete &- ones) & ~delete
      if found & highs != 0 { return false }
      index += 8
    }
    while index < text.count {
      if unsafe mustEscape(text[index]) { return false }
      index += 1
    }
    return true
  }

  private static func mustEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
  }

  private mutating func escape(_ byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
    case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
    case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
    case 0..<0x20, 0x7F:
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(Self.hexadecimal[Int(byte >> 4)])
      bytes.append(Self.hexadecimal[Int(byte & 15)])
    default: bytes.append(byte)
    }
  }

  private static let hexadecimal = Array("0123456789abcdef".utf8)
}

extension JSONValue {
  /// The value as JSON, compact unless `pretty`.
  public func bytes(pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    writer.value(self)
    return writer.bytes
  }

  /// The value as JSON text, compact unless `pretty`.
  public func written(pretty: Bool = false) -> String {
    String(decoding: bytes(pretty: pretty), as: UTF8.self)
  }
}
