import Crypto
import SQL

/// An SQL text as the statements that it consists of.
struct SQLScript: Equatable {
  /// One statement, without its semicolon.
  struct Part: Equatable {
    let tokens: [SQLToken]
    /// What the database gets: the text as it is in the file, from first to last token.
    let source: String

    init(_ tokens: [SQLToken], in bytes: [UInt8]) {
      self.tokens = tokens
      let start = tokens.first?.range.lowerBound ?? 0
      let end = tokens.last?.range.upperBound ?? 0
      source = String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// The line on which it begins, counted from 1.
    var line: Int { tokens.first?.line ?? 0 }

    /// The tokens with one space between them: what is compared, without comments and layout.
    var normalised: String { tokens.map(\.text).joined(separator: " ") }

    /// SHA-256 of the text, in hexadecimal.
    var checksum: String { SHA256.hexadecimal(normalised) }

    /// The first words, for messages.
    var summary: String {
      let words = tokens.prefix(Self.summaryTokens).map(\.text).joined(separator: " ")
      return tokens.count > Self.summaryTokens ? words + " …" : words
    }

    private static let summaryTokens = 6
  }

  let parts: [Part]

  init(_ text: String, dialect: Dialect) throws(SQLTokenError) {
    var parts: [Part] = []
    var tokens: [SQLToken] = []
    var body = CompoundBody()
    let (all, source) = try SQLTokenizer.tokens(of: text, dialect: dialect)
    for token in all {
      if token.kind == .semicolon, !body.isOpen {
        if !tokens.isEmpty { parts.append(Part(tokens, in: source)) }
        tokens = []
        body = CompoundBody()
      } else {
        tokens.append(token)
        body.take(token)
      }
    }
    if !tokens.isEmpty { parts.append(Part(tokens, in: source)) }
    self.parts = parts
  }

  /// SHA-256 over all statements.
  var checksum: String { SHA256.hexadecimal(parts.map(\.normalised).joined(separator: ";\n")) }
}

/// Knows whether a semicolon is inside of a statement.
///
/// That is so in parentheses (`CREATE RULE`), in the `BEGIN ... END` of an SQLite trigger, and in
/// the `BEGIN ATOMIC ... END` of a PostgreSQL function, where `CASE ... END` may be nested.
private struct CompoundBody {
  private var depth = 0
  private var parentheses = 0
  private var words: [String] = []
  private var isCreation = false

  var isOpen: Bool { depth > 0 || parentheses > 0 }

  mutating func take(_ token: SQLToken) {
    switch token.kind {
    case .open: parentheses += 1
    case .close: parentheses = max(0, parentheses - 1)
    case .word: take(word: token.text.uppercased())
    default: break
    }
  }

  private mutating func take(word: String) {
    if words.isEmpty { isCreation = word == "CREATE" }
    if words.count < Self.openingWords { words.append(word) }
    if depth > 0 {
      if word == "CASE" || word == "BEGIN" { depth += 1 }
      if word == "END" { depth -= 1 }
    } else if isCreation {
      if word == "BEGIN", words.contains("TRIGGER") { depth = 1 }
      if word == "ATOMIC", last == "BEGIN" { depth = 1 }
    }
    last = word
  }

  private var last = ""
  /// `CREATE OR REPLACE TEMP TRIGGER` says what it is within its first words.
  private static let openingWords = 5
}
