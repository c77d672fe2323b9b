/// Finds what stands behind the name of a secret, in the forms in which programs write it.
///
/// `NAME=value`, `name = value`, `"name": "value"`, the same within a text that JSON or a shell has
/// quoted, `Name: value` of headers. What is too much taken out is told by its name still.
enum SecretAssignments {
  /// Where the values stand.
  static func values(_ text: String) -> SecretWords.Ranges {
    var found: SecretWords.Ranges = []
    var rest = text[...]
    while let sign = rest.firstIndex(where: { $0 == "=" || $0 == ":" }) {
      rest = text[text.index(after: sign)...]
      guard let name = Name(before: sign, in: text), name.isOfSecret,
        let value = value(rest, of: name, isAssigned: text[sign] == "="), !value.isEmpty,
        !["true", "false", "null"].contains(value)
      else { continue }
      found.append(value.startIndex..<value.endIndex)
    }
    return found
  }

  private struct Name {
    let text: Substring
    let isQuoted: Bool
    /// Whether blanks are between it and the sign.
    let isApart: Bool

    init?(before sign: String.Index, in text: String) {
      var before = text[..<sign]
      while before.last == " " { before.removeLast() }
      isApart = before.endIndex < sign
      let isQuoted = before.last == "\"" || before.last == "'"
      if isQuoted { before.removeLast() }
      // Within a text that is quoted itself the quotes have a backslash.
      while isQuoted, before.last == "\\" { before.removeLast() }
      let start = before.lastIndex { !($0.isLetter || $0.isNumber || "_-".contains($0)) }
      self.text = before[(start.map { text.index(after: $0) } ?? before.startIndex)...]
      self.isQuoted = isQuoted
      if self.text.isEmpty { return nil }
    }

    var isOfSecret: Bool {
      // The value says nothing here: any that is no truth and not empty.
      SecretInClear.isLikely(name: String(text).replacing("-", with: "_"), value: "x")
    }
  }

  /// What is assigned at the beginning of `rest`, nil where it is a sentence that goes on.
  private static func value(
    _ rest: Substring, of name: Name, isAssigned: Bool
  ) -> Substring? {
    // `NAME= program` sets nothing.
    let text = isAssigned && !name.isApart ? rest : rest.drop { $0 == " " }
    let escapes = text.prefix { $0 == "\\" }.count
    let inner = text.dropFirst(escapes)
    if let quote = inner.first, quote == "\"" || quote == "'" {
      return quoted(inner.dropFirst(), by: quote, escapes: escapes)
    }
    let word = text.prefix { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
    if isAssigned { return alone(word) }
    if name.isQuoted { return name.isApart ? nil : alone(word) }
    // A header on a command line ends with the quote around it.
    let next = text[word.endIndex...]
    let isLast =
      next.first == "\"" || next.first == "'" || next.allSatisfy { !$0.isLetter && !$0.isNumber }
    return !name.isApart && (isLast || !isPlain(word)) ? alone(word) : nil
  }

  /// Up to the quote that ends it; where none does, all.
  private static func quoted(
    _ text: Substring, by quote: Character, escapes: Int
  ) -> Substring {
    var run = 0
    for index in text.indices {
      if text[index] == "\\" {
        run += 1
        continue
      }
      if text[index] == quote, run == escapes || (escapes == 0 && run.isMultiple(of: 2)) {
        return text[..<text.index(index, offsetBy: -escapes)]
      }
      run = 0
    }
    return text
  }

  /// Without the next assignment of a list, and without what closes one.
  private static func alone(_ word: Substring) -> Substring {
    var end = word.endIndex
    for index in word.indices where ",;&?".contains(word[index]) {
      let next = word[word.index(after: index)...]
      let name = next.prefix { $0.isLetter || $0.isNumber || "_-.".contains($0) }
      guard !name.isEmpty, next[name.endIndex...].first.map("=:".contains) == true else { continue }
      end = index
      break
    }
    var value = word[..<end]
    while let last = value.last, "),;]}".contains(last) { value.removeLast() }
    return value
  }

  /// Whether it may be a word of a sentence.
  private static func isPlain(_ word: Substring) -> Bool {
    word.dropFirst().allSatisfy { $0.isLowercase || "-,;.:".contains($0) }
      && word.first?.isLetter == true
  }
}
