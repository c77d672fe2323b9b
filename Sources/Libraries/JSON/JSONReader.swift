import CJansson

/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The parser's words, without the place.
  public let problem: String
  /// The line, from 1.
  public let line: Int
  /// The column in characters, from 1.
  public let column: Int

  /// `problem at line L, column C`.
  public var description: String { "\(problem) at line \(line), column \(column)" }
}

/// Strict reading of JSON, by jansson.
///
/// Refused are duplicate names, invalid UTF-8, lone surrogates, NUL in names, integers beyond
/// 64 bits, and what follows the value. Positions come with every refusal.
public enum JSONReader {
  /// Arrays and objects within each other; more is refused before anything is built.
  public static let depthMax = 64

  /// Reads one value that makes up all of `bytes`.
  ///
  /// https://jansson.readthedocs.io/en/2.14/apiref.html#decoding
  public static func read(
    _ bytes: [UInt8], depthMax: Int = depthMax
  ) throws(JSONError) -> JSONValue {
    try checkDepth(bytes, depthMax)
    var error = json_error_t()
    let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL)
    let root = unsafe bytes.withUnsafeBytes { buffer in
      unsafe json_loadb(
        buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, flags, &error)
    }
    guard let root = unsafe root else { throw JSONError(error) }
    defer { unsafe slipway_json_decref(root) }
    return unsafe convert(root)
  }

  /// Reads one value that makes up all of `text`.
  public static func read(_ text: String) throws(JSONError) -> JSONValue {
    try read(Array(text.utf8))
  }

  /// Counts brackets outside of strings, since jansson's own limit of 2,048 is its stack's.
  private static func checkDepth(_ bytes: [UInt8], _ limit: Int) throws(JSONError) {
    var depth = 0
    var line = 1
    var lineStart = 0
    var inString = false
    var escaped = false
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "\n") { (line, lineStart) = (line + 1, index + 1) }
      if inString {
        if escaped {
          escaped = false
        } else if byte == UInt8(ascii: "\\") {
          escaped = true
        } else if byte == UInt8(ascii: "\"") {
          inString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): inString = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        if depth > limit {
          throw JSONError(
            problem: "more than \(limit) levels of nesting", line: line,
            column: index - lineStart + 1)
        }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
    }
  }

  private static func convert(_ value: UnsafeMutablePointer<json_t>) -> JSONValue {
    switch unsafe slipway_json_typeof(value) {
    case JSON_OBJECT: return unsafe .object(members(of: value))
    case JSON_ARRAY:
      return unsafe .array(
        (0..<json_array_size(value)).compactMap { index in
          unsafe json_array_get(value, index).map { unsafe convert($0) }
        })
    case JSON_STRING:
      let bytes = unsafe UnsafeRawBufferPointer(
        start: json_string_value(value), count: json_string_length(value))
      return unsafe .string(String(decoding: bytes, as: UTF8.self))
    case JSON_INTEGER: return unsafe .integer(json_integer_value(value))
    case JSON_REAL: return unsafe .real(json_real_value(value))
    case JSON_TRUE: return .boolean(true)
    case JSON_FALSE: return .boolean(false)
    default: return .null
    }
  }

  private static func members(of object: UnsafeMutablePointer<json_t>) -> [JSONMember] {
    var members: [JSONMember] = []
    unsafe members.reserveCapacity(json_object_size(object))
    var iterator = unsafe json_object_iter(object)
    while let position = unsafe iterator {
      if let key = unsafe json_object_iter_key(position),
        let value = unsafe json_object_iter_value(position)
      {
        unsafe members.append(JSONMember(String(cString: key), convert(value)))
      }
      unsafe iterator = json_object_iter_next(object, position)
    }
    return members
  }
}

extension JSONError {
  fileprivate init(_ error: json_error_t) {
    let text = unsafe withUnsafeBytes(of: error.text) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    self.init(
      problem: text, line: max(1, Int(error.line)), column: max(1, Int(error.column)))
  }
}
