/// Takes out of a text what is a secret by its form, or by the name that stands before it.
///
/// What nobody told of is found as well: the password in an address, a token of a well-known
/// service, `API_TOKEN=...`. A sentence about a token has none of these.
enum SecretWords {
  /// `text` with `[redacted]` in the place of each.
  static func redacted(_ text: String) -> String {
    guard !isHarmless(text) else { return text }
    return [keys, passwords, credentials, SecretAssignments.values, tokens].reduce(text) {
      text, find in
      replaced(find(text), in: text)
    }
  }

  private static func replaced(_ ranges: Ranges, in text: String) -> String {
    var result = ""
    var position = text.startIndex
    for range in ranges where range.lowerBound >= position {
      result += text[position..<range.lowerBound] + Redaction.replacement
      position = range.upperBound
    }
    return result + text[position...]
  }

  /// Most lines have nothing that any form needs: they are let through without a closer look.
  private static func isHarmless(_ text: String) -> Bool {
    !text.utf8.contains { byte in byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") }
      && !text.contains(keyBegins)
      && !text.split(separator: " ").contains { $0.utf8.count >= wordBytesMin }
  }

  private static let keyBegins = "-----BEGIN "
  /// No token is shorter.
  private static let wordBytesMin = 12

  typealias Ranges = [Range<String.Index>]

  /// A key of its first line on.
  private static func keys(_ text: String) -> Ranges {
    text.firstRange(of: keyBegins).map { [$0.lowerBound..<text.endIndex] } ?? []
  }

  /// What stands between a user's name and the at sign of an address.
  private static func passwords(_ text: String) -> Ranges {
    text.ranges(of: "://").compactMap { scheme in
      let authority = text[scheme.upperBound...].prefix { !"/?\"' ".contains($0) }
      guard let sign = authority.lastIndex(of: "@"),
        let colon = authority[..<sign].firstIndex(of: ":")
      else { return nil }
      return authority.index(after: colon)..<sign
    }
  }

  /// What follows the name of a scheme of HTTP, where it is no word of a sentence.
  private static func credentials(_ text: String) -> Ranges {
    let words = text.split { !("!"..."~").contains($0) }
    return zip(words, words.dropFirst()).compactMap { scheme, word in
      let name = scheme.split { #"=:,;"'(&?"#.contains($0) }.last?.lowercased()
      guard name == "bearer" || name == "basic",
        SecretInClear.isLikely(value: "\(name ?? "") \(word)")
      else { return nil }
      let end = word.firstIndex { #"",;')"#.contains($0) } ?? word.endIndex
      return word.startIndex..<end
    }
  }

  /// Words that are tokens whatever stands around them.
  private static func tokens(_ text: String) -> Ranges {
    text.split { !("!"..."~").contains($0) || #"=:,;"'()&?"#.contains($0) }
      .filter {
        $0.utf8.count >= wordBytesMin && !isReference($0)
          && SecretInClear.isLikely(name: "", value: String($0))
      }
      .map { $0.startIndex..<$0.endIndex }
  }

  /// Whether a word names an object of a cluster, as `Pod/slipway-migrate-ac65089665-dzwsj`: what
  /// follows the kind has no capitals, as no token by chance would.
  private static func isReference(_ word: Substring) -> Bool {
    let parts = word.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = parts[0].first, ("A"..."Z").contains(first) else {
      return false
    }
    return parts[0].allSatisfy { $0.isASCII && $0.isLetter }
      && parts[1].allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || "-.".contains($0)) }
  }
}
