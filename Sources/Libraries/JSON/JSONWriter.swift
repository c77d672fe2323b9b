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
    bytes += Array(String(number).utf8)
  }

  /// Writes a real; what is not finite becomes `null`, since JSON has no word for it.
  public mutating func real(_ number: Double) {
    separate()
    bytes += Array((number.isFinite ? String(describing: number) : "null").utf8)
  }

  /// Writes a truth value.
  public mutating func boolean(_ truth: Bool) {
    separate()
    bytes += Array((truth ? "true" : "false").utf8)
  }

  /// Writes `null`.
  public mutating func null() {
    separate()
    bytes += Array("null".utf8)
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

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\"")]
      case UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
      case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      case UInt8(ascii: "\r"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
      case UInt8(ascii: "\t"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
      case 0..<0x20, 0x7F:
        bytes += Array("\\u00".utf8)
        for nibble in [byte >> 4, byte & 15] { bytes.append(Self.hexadecimal[Int(nibble)]) }
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
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
