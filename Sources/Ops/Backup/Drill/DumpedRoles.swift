/// The roles that a dump of globals makes, by name.
///
/// Nothing of such a dump is run: of each line that makes a role the name is read.
enum DumpedRoles {
  private static let words = "CREATE ROLE "

  /// The names in `text`, as `pg_dumpall --globals-only` writes it.
  static func names(in text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      guard line.hasPrefix(words), line.hasSuffix(";") else { return nil }
      return name(line.dropFirst(words.count).dropLast())
    }
  }

  /// An identifier as SQL writes it: bare, or in quotes that are doubled within.
  private static func name(_ text: Substring) -> String? {
    guard text.hasPrefix("\"") else {
      let isBare = text.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "_") || (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
      }
      return isBare && !text.isEmpty ? String(text) : nil
    }
    guard text.count >= 3, text.hasSuffix("\"") else { return nil }
    let inner = text.dropFirst().dropLast()
    let parts = inner.replacing("\"\"", with: "\u{0}")
    return parts.contains("\"") ? nil : String(parts.replacing("\u{0}", with: "\""))
  }
}
