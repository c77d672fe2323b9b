/// Media types in headers.
///
/// RFC 9110, sections 8.3 and 12.5.1.
enum MediaType {
  /// Whether an `Accept` names exactly `type` with a weight above zero.
  ///
  /// Wildcards do not count: who sends `*/*` gets what has always been the answer.
  static func accepts(_ header: String?, _ type: String) -> Bool {
    guard let header else { return false }
    return header.split(separator: ",").contains { part in
      let words = part.split(separator: ";").map(trimmed)
      guard words.first?.lowercased() == type else { return false }
      let weight = words.dropFirst().first { $0.lowercased().hasPrefix("q=") }?.dropFirst(2)
      return weight.map { (Double($0) ?? 0) > 0 } ?? true
    }
  }

  /// Whether a `Content-Type` says JSON, in UTF-8 where it says so at all.
  static func isJSON(_ header: String?) -> Bool {
    names(header, "application/json")
  }

  /// Whether a `Content-Type` says `type`, in UTF-8 where it says so at all.
  static func names(_ header: String?, _ type: String) -> Bool {
    guard let header else { return false }
    let words = header.split(separator: ";").map { trimmed($0).lowercased() }
    guard words.first == type else { return false }
    return words.dropFirst().allSatisfy { word in
      guard word.hasPrefix("charset=") else { return true }
      return ["utf-8", "\"utf-8\""].contains(word.dropFirst(8))
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
