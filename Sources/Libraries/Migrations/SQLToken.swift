import SQL

/// One word, literal or sign of an SQL text.
struct SQLToken: Equatable {
  enum Kind: Equatable {
    /// A keyword, an unquoted name or a number.
    case word
    /// A name in quotes, brackets or backticks, with them.
    case quotedName
    /// A literal, with its quotes.
    case string
    /// `;`
    case semicolon
    /// `(` or `[`
    case open
    /// `)` or `]`
    case close
    /// Anything else, such as an operator.
    case sign
  }

  let kind: Kind
  let text: String
  /// Counted from 1.
  let line: Int
  /// Where it stands in the text, in bytes.
  let range: Range<Int>

  /// Whether it is this keyword, in any case.
  func isWord(_ keyword: String) -> Bool { kind == .word && text.uppercased() == keyword }
}

/// A text that ends inside of a literal or a comment.
struct SQLTokenError: Error, Equatable {
  let line: Int
  let message: String
}

/// Cuts an SQL text into tokens, without comments and white space.
///
/// It knows what can hide a semicolon: strings, `E''` and its backslashes, dollar quotes, quoted
/// names, and comments, which PostgreSQL nests.
///
/// https://www.postgresql.org/docs/15/sql-syntax-lexical.html, https://www.sqlite.org/lang.html
struct SQLTokenizer {
  private let bytes: [UInt8]
  private let dialect: Dialect
  private var position = 0
  private var line = 1

  /// All tokens of `text`, and the bytes that their ranges count in.
  static func tokens(
    of text: String, dialect: Dialect
  ) throws(SQLTokenError) -> (tokens: [SQLToken], source: [UInt8]) {
    var tokenizer = SQLTokenizer(text, dialect)
    var tokens: [SQLToken] = []
    while let token = try tokenizer.next() { tokens.append(token) }
    return (tokens, tokenizer.bytes)
  }

  /// Line ends and a byte order mark are no part of the meaning.
  private init(_ text: String, _ dialect: Dialect) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if byte == newline, bytes.last == carriageReturn { bytes.removeLast() }
      bytes.append(byte)
    }
    self.bytes = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
    self.dialect = dialect
  }

  private mutating func next() throws(SQLTokenError) -> SQLToken? {
    try skipBlanks()
    guard let byte = peek() else { return nil }
    let start = position
    let startLine = line
    let kind = try read(byte)
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    return SQLToken(kind: kind, text: text, line: startLine, range: start..<position)
  }

  private mutating func read(_ byte: UInt8) throws(SQLTokenError) -> SQLToken.Kind {
    switch byte {
    case UInt8(ascii: "'"):
      try quoted(byte, hasBackslashes: false)
      return .string
    case UInt8(ascii: "\""):
      try quoted(byte, hasBackslashes: false)
      return .quotedName
    case UInt8(ascii: "`") where isSQLite:
      try quoted(byte, hasBackslashes: false)
      return .quotedName
    case UInt8(ascii: "[") where isSQLite:
      try upTo("]")
      return .quotedName
    case UInt8(ascii: "$") where !isSQLite:
      return try dollar()
    case UInt8(ascii: ";"): return single(.semicolon)
    case UInt8(ascii: "("), UInt8(ascii: "["): return single(.open)
    case UInt8(ascii: ")"), UInt8(ascii: "]"): return single(.close)
    case UInt8(ascii: ","), UInt8(ascii: "."): return single(.sign)
    default: return try isWordByte(byte) ? word() : sign()
    }
  }

  private mutating func single(_ kind: SQLToken.Kind) -> SQLToken.Kind {
    position += 1
    return kind
  }

  /// A word; `E'`, `B'`, `X'`, `N'` and `U&'` before a string belong to the string.
  private mutating func word() throws(SQLTokenError) -> SQLToken.Kind {
    let start = position
    while let byte = peek(), isWordByte(byte) || byte == UInt8(ascii: "$") && !isSQLite {
      position += 1
    }
    let prefix = String(decoding: bytes[start..<position], as: UTF8.self).uppercased()
    if peek() == UInt8(ascii: "'"), ["E", "B", "X", "N"].contains(prefix) {
      try quoted(UInt8(ascii: "'"), hasBackslashes: prefix == "E" && !isSQLite)
      return .string
    }
    if prefix == "U", !isSQLite, peek() == UInt8(ascii: "&"),
      let quote = peek(1), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    {
      position += 1
      try quoted(quote, hasBackslashes: false)
      return quote == UInt8(ascii: "'") ? .string : .quotedName
    }
    return .word
  }

  private mutating func sign() -> SQLToken.Kind {
    let signs = Set("+-*/<>=~!@#%^&|?:".utf8)
    position += 1
    while let byte = peek(), signs.contains(byte), signs.contains(bytes[position - 1]) {
      if isComment(at: position) { break }
      position += 1
    }
    return .sign
  }

  /// `$1`, or a string between `$tag$` and `$tag$`.
  private mutating func dollar() throws(SQLTokenError) -> SQLToken.Kind {
    var end = position + 1
    while end < bytes.count, isWordByte(bytes[end]) { end += 1 }
    let isTag = end < bytes.count && bytes[end] == UInt8(ascii: "$")
    if !isTag || (48...57).contains(bytes[position + 1]) {
      position = max(end, position + 1)
      return .word
    }
    let tag = Array(bytes[position...end])
    let startLine = line
    position = end + 1
    while position < bytes.count {
      if bytes[position] == tag[0], bytes[position...].starts(with: tag) {
        position += tag.count
        return .string
      }
      advance()
    }
    throw SQLTokenError(
      line: startLine, message: "\(String(decoding: tag, as: UTF8.self)) has no end")
  }

  /// A doubled quote stands for itself.
  private mutating func quoted(
    _ quote: UInt8, hasBackslashes: Bool
  ) throws(SQLTokenError) {
    let startLine = line
    position += 1
    while let byte = peek() {
      if byte == quote {
        position += 1
        guard peek() == quote else { return }
      } else if hasBackslashes, byte == UInt8(ascii: "\\") {
        advance()
      }
      advance()
    }
    throw SQLTokenError(line: startLine, message: "a quote has no end")
  }

  private mutating func upTo(_ end: Unicode.Scalar) throws(SQLTokenError) {
    let startLine = line
    while let byte = peek() {
      advance()
      if byte == UInt8(ascii: end) { return }
    }
    throw SQLTokenError(line: startLine, message: "a bracket has no end")
  }

  private mutating func skipBlanks() throws(SQLTokenError) {
    while let byte = peek() {
      if [newline, 32, 9, 11, 12, carriageReturn].contains(byte) {
        advance()
      } else if isComment(at: position) {
        try byte == UInt8(ascii: "-") ? lineComment() : blockComment()
      } else {
        return
      }
    }
  }

  private mutating func lineComment() {
    while let byte = peek(), byte != newline { position += 1 }
  }

  private mutating func blockComment() throws(SQLTokenError) {
    let startLine = line
    var depth = 0
    repeat {
      guard let byte = peek(), let next = peek(1) else {
        throw SQLTokenError(line: startLine, message: "a comment has no end")
      }
      if byte == UInt8(ascii: "/"), next == UInt8(ascii: "*"), depth == 0 || !isSQLite {
        depth += 1
        position += 2
      } else if byte == UInt8(ascii: "*"), next == UInt8(ascii: "/") {
        depth -= 1
        position += 2
      } else {
        advance()
      }
    } while depth > 0
  }

  private func isComment(at index: Int) -> Bool {
    guard index + 1 < bytes.count else { return false }
    let pair = (bytes[index], bytes[index + 1])
    return pair == (UInt8(ascii: "-"), UInt8(ascii: "-"))
      || pair == (UInt8(ascii: "/"), UInt8(ascii: "*"))
  }

  private var isSQLite: Bool { dialect == .sqlite }

  private func peek(_ offset: Int = 0) -> UInt8? {
    position + offset < bytes.count ? bytes[position + offset] : nil
  }

  private mutating func advance() {
    if peek() == newline { line += 1 }
    position += 1
  }

  private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 128...:
      true
    default: isSQLite && byte == UInt8(ascii: "$")
    }
  }
}

private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
