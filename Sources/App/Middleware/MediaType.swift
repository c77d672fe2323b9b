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

  /// Which of `offers` an `Accept` prefers, the first of those it likes equally; nil where it takes
  /// none of them.
  ///
  /// Whoever sends no `Accept` takes anything.
  static func negotiate(_ header: String?, _ offers: [String]) -> String? {
    guard let header, header != "*/*" else { return offers.first }
    let ranges = header.split(separator: ",").compactMap { Range($0) }
    var best: (offer: String, weight: Int)?
    for offer in offers {
      let weight = ranges.filter { $0.covers(offer) }.max { $0.rank < $1.rank }?.weight ?? 0
      if weight > best?.weight ?? 0 { best = (offer, weight) }
    }
    return best?.offer
  }

  /// One element of an `Accept`.
  private struct Range {
    let type: Substring
    let subtype: Substring
    /// In thousandths.
    let weight: Int

    /// Nil for what is no media range; parameters other than the weight say nothing to us.
    init?(_ element: Substring) {
      let words = element.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
      let names = words.first?.split(separator: "/", omittingEmptySubsequences: false) ?? []
      guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty else { return nil }
      type = Substring(names[0].lowercased())
      subtype = Substring(names[1].lowercased())
      let given = words.dropFirst().first { $0.lowercased().hasPrefix("q=") }
      guard let weight = given.map({ MediaType.weight($0.dropFirst(2)) }) ?? 1000 else {
        return nil
      }
      self.weight = weight
    }

    /// What says more goes before what says less.
    var rank: Int { type == "*" ? 0 : subtype == "*" ? 1 : 2 }

    func covers(_ offer: String) -> Bool {
      let names = offer.split(separator: "/")
      return type == "*" && subtype == "*"
        || type == names.first && (subtype == "*" || subtype == names.last)
    }
  }

  /// `0` to `1` with at most three decimals, in thousandths; nil for anything else.
  private static func weight(_ text: Substring) -> Int? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts[0] == "0" || parts[0] == "1" else { return nil }
    let decimals = parts.count == 2 ? parts[1] : ""
    guard decimals.utf8.count <= 3, decimals.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let fraction = Int(decimals + String(repeating: "0", count: 3 - decimals.utf8.count))
    else { return nil }
    let weight = (parts[0] == "1" ? 1000 : 0) + fraction
    return weight <= 1000 ? weight : nil
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
