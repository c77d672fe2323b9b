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

  /// The client's address; nil where it is the one that the connection came from.
  func client(behind remote: String, _ headers: RequestHeaders) -> String? {
    guard !ranges.isEmpty, let address = IPAddress(remote), isTrusted(address) else { return nil }
    let nodes = headers.all(source.rawValue).flatMap { line in
      source == .forwarded ? Self.forwarded(line) : Self.elements(line, at: ",")
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

  /// The `for` of every element; empty where it has none, so that it ends the way.
  private static func forwarded(_ line: String) -> [Substring] {
    elements(line, at: ",").map { element in
      for pair in elements(String(element), at: ";") where pair.lowercased().hasPrefix("for=") {
        let value = pair.dropFirst(4)
        guard value.first == "\"" else { return value }
        return value.last == "\"" ? value.dropFirst().dropLast() : ""
      }
      return ""
    }
  }

  /// Splits outside of quotes and takes blanks off.
  private static func elements(_ line: String, at separator: Character) -> [Substring] {
    var isQuoted = false
    return line.split(omittingEmptySubsequences: false) { character in
      if character == "\"" { isQuoted.toggle() }
      return character == separator && !isQuoted
    }.map { part in
      var part = part.drop { $0 == " " || $0 == "\t" }
      while part.last == " " || part.last == "\t" { part.removeLast() }
      return part
    }
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
