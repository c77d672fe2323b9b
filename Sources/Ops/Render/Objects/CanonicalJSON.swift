import Crypto
import YAML

/// A node as the `toJson` of templates writes it, so that both forms can be hashed alike.
///
/// Keys in the order of their bytes, no blanks, and escapes as Go has them.
/// https://pkg.go.dev/encoding/json#Marshal
enum CanonicalJSON {
  /// The SHA-256 of the node, in hexadecimal.
  static func digest(of node: YAMLNode) -> String { SHA256.hexadecimal(text(of: node)) }

  static func text(of node: YAMLNode) -> String {
    switch node.content {
    case .scalar(let scalar): return text(of: scalar)
    case .sequence(let nodes): return "[" + nodes.map(text).joined(separator: ",") + "]"
    case .mapping(let pairs):
      let members = pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { quoted($0.key) + ":" + text(of: $0.value) }
      return "{" + members.joined(separator: ",") + "}"
    }
  }

  private static func text(of scalar: YAMLScalar) -> String {
    switch scalar.kind {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .real(let value): value.description
    case .string(let text): quoted(text)
    }
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.unicodeScalars.map(escaped).joined() + "\""
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
