/// Names of hosts and addresses, as text.
enum HostName {
  /// Whether `text` is one label of a host name.
  static func isLabel(_ text: some StringProtocol) -> Bool {
    TextPattern.label.matches(String(text))
  }

  /// Whether `text` is a host name with at least one dot; addresses are none, as no domain of the
  /// first level begins with a digit.
  static func isHostName(_ text: String) -> Bool {
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    return text.utf8.count <= 253 && labels.count > 1 && labels.allSatisfy(isLabel)
      && !(labels.last?.first?.isNumber ?? true)
  }

  /// Whether a socket can listen there.
  static func isListeningAddress(_ text: String) -> Bool {
    text == "localhost" || isIPv4(text) || isIPv6(text)
  }

  private static func isIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        part.allSatisfy { $0.isASCII && $0.isNumber } && (Int(part).map { $0 <= 255 } ?? false)
          && (part.count == 1 || part.first != "0")
      }
  }

  /// Groups of four hexadecimal digits with at most one gap; the system judges the rest.
  private static func isIPv6(_ text: String) -> Bool {
    let groups = text.split(separator: ":", omittingEmptySubsequences: false)
    return (3...8).contains(groups.count)
      && groups.allSatisfy { $0.count <= 4 && $0.allSatisfy(\.isHexDigit) }
      && (text.contains("::") || groups.count == 8)
  }

  /// Whether `text` is an address with the length of its prefix.
  static func isBlock(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[1].isEmpty, let bits = Int(parts[1]),
      String(bits) == parts[1]
    else { return false }
    return isIPv4(parts[0]) && (0...32).contains(bits)
      || isIPv6(parts[0]) && (0...128).contains(bits)
  }
}
