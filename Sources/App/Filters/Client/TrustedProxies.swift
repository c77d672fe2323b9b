import Core
import HTTPServer

/// Whose word counts on who the client is.
///
/// Anybody can send a header that names another address, so only what proxies of ours have added is
/// believed: from the right, as far as it comes from addresses of theirs. Only one header is read:
/// a proxy that writes one passes on what the client wrote in the other.
struct TrustedProxies: Sendable {
  /// The header that the proxies add to.
  enum Source: String, Sendable, CaseIterable {
    case xForwardedFor = "X-Forwarded-For"
    /// RFC 7239.
    case forwarded = "Forwarded"
  }

  var ranges: [IPRange] = []
  var source = Source.xForwardedFor

  /// Reads ranges with commas between them; nil where one of them is none.
  ///
  /// Nothing between two commas is a mistake too, such as a variable that was not filled in.
  static func ranges(_ text: String) -> [IPRange]? {
    let parts = commaSeparated(text)
    let ranges = parts.compactMap { IPRange($0) }
    return ranges.count == parts.count ? ranges : nil
  }

  /// The client's address; nil where it is the one that the connection came from.
  func client(behind remote: String, _ headers: RequestHeaders) -> String? {
    guard !ranges.isEmpty, let address = IPAddress(remote), isTrusted(address) else { return nil }
    let nodes = headers.all(source.rawValue).flatMap { line in
      source == .forwarded ? Self.forwarded(line) : Self.commaSeparated(line)
    }
    return client(behind: address, nodes).map(\.description)
  }

  /// The right-most address that is none of ours; where there is none, the one farthest away.
  ///
  /// What stands left of something that is no address, nobody vouches for.
  private func client(behind proxy: IPAddress, _ nodes: [Substring]) -> IPAddress? {
    var client: IPAddress?
    for node in nodes.reversed() {
      guard let address = Self.address(of: node) else { break }
      client = address
      if !isTrusted(address) { break }
    }
    return client
  }

  private func isTrusted(_ address: IPAddress) -> Bool {
    ranges.contains { $0.contains(address) }
  }

  /// What stands between commas, without blanks around it; `X-Forwarded-For` knows no quotes.
  private static func commaSeparated(_ line: String) -> [Substring] {
    line.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
      trimmed(Substring($0))
    }
  }

  /// The `for` of every element; empty where it has none, so that it ends the way.
  private static func forwarded(_ line: String) -> [Substring] {
    unquotedParts(line[...], at: ",").map { element in
      for pair in unquotedParts(element, at: ";") where pair.lowercased().hasPrefix("for=") {
        let value = pair.dropFirst(4)
        guard value.first == "\"" else { return value }
        return value.last == "\"" ? value.dropFirst().dropLast() : ""
      }
      return ""
    }
  }

  /// Splits outside of quotes and takes blanks off.
  ///
  /// From the right, where our proxies write: a quote that a client opened and never closed stands
  /// left of all that they added, and must not swallow it.
  private static func unquotedParts(_ text: Substring, at separator: Unicode.Scalar) -> [Substring]
  {
    let separator = UInt8(ascii: separator)
    var parts: [Substring] = []
    var isQuoted = false
    var end = text.endIndex
    for index in text.utf8.indices.reversed() {
      let byte = text.utf8[index]
      if byte == UInt8(ascii: "\""), !isEscaped(index, in: text) { isQuoted.toggle() }
      guard byte == separator, !isQuoted else { continue }
      parts.append(trimmed(text[text.utf8.index(after: index)..<end]))
      end = index
    }
    return (parts + [trimmed(text[..<end])]).reversed()
  }

  /// Whether an odd number of backslashes stands before it (RFC 9110, section 5.6.4).
  private static func isEscaped(_ index: Substring.Index, in text: Substring) -> Bool {
    let backslash = UInt8(ascii: "\\")
    return text.utf8[..<index].reversed().prefix { $0 == backslash }.count.isMultiple(of: 2)
      == false
  }

  private static func trimmed(_ part: Substring) -> Substring {
    var part = part.drop { $0 == " " || $0 == "\t" }
    while part.last == " " || part.last == "\t" { part.removeLast() }
    return part
  }

  /// The address without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
  private static func address(of node: Substring) -> IPAddress? {
    if node.first == "[" {
      guard let end = node.firstIndex(of: "]") else { return nil }
      let rest = node[node.index(after: end)...]
      guard rest.isEmpty || isPort(rest) else { return nil }
      return IPAddress(node[..<end].dropFirst())
    }
    guard let colon = node.lastIndex(of: ":"), node.firstIndex(of: ":") == colon else {
      return IPAddress(node)
    }
    return isPort(node[colon...]) ? IPAddress(node[..<colon]) : nil
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.first == ":" && (1...5).contains(text.utf8.count - 1)
      && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}
