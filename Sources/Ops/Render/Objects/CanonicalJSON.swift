import Crypto
import YAML

/// A node as the `toJson` of templates writes it, so that both forms can be hashed alike.
///
/// Keys in the order of their bytes, no blanks, and escapes as Go has them.
/// https://pkg.go.dev/encoding/json#Marshal
enum CanonicalJSON {
  /// The SHA-256 of the node, in hexadecimal.
  static func digest(of node: YAMLNode) -> String {
    Hexadecimal.encode(SHA256.hash(bytes(of: node)))
  }

  static func bytes(of node: YAMLNode) -> [UInt8] {
    var bytes: [UInt8] = []
    write(node, to: &bytes)
    return bytes
  }

  private static func write(_ node: YAMLNode, to bytes: inout [UInt8]) {
    switch node.content {
    case .scalar(let scalar): write(scalar, to: &bytes)
    case .sequence(let nodes):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in nodes.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        write(element, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .mapping(let pairs):
      bytes.append(UInt8(ascii: "{"))
      let sorted = pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (index, pair) in sorted.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        write(quoted: pair.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        write(pair.value, to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ scalar: YAMLScalar, to bytes: inout [UInt8]) {
    switch scalar.kind {
    case .null: bytes += "null".utf8
    case .boolean(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += String(value).utf8
    case .real(let value): bytes += value.description.utf8
    case .string(let text): write(quoted: text, to: &bytes)
    }
  }

  private static func write(quoted text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    if text.utf8.contains(where: mayNeedEscape) {
      for scalar in text.unicodeScalars { bytes += escaped(scalar).utf8 }
    } else {
      bytes += text.utf8
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Whether a byte is one of, or begins, a character that is written otherwise.
  private static func mayNeedEscape(_ byte: UInt8) -> Bool {
    switch byte {
    case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"),
      UInt8(ascii: "&"), 0xE2:
      true
    default: false
    }
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case "\u{8}": return "\\b"
    case "\u{c}": return "\\f"
    case "<", ">", "&", "\u{2028}", "\u{2029}", "\0"..<" ":
      let digits = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: return String(scalar)
    }
  }
}
