extension YAMLScalar {
  /// What to write where a boolean is wanted and this is none.
  ///
  /// YAML 1.1 took more words for booleans than 1.2 does.
  /// https://yaml.org/type/bool.html
  public var booleanHint: String? {
    guard case .string(let text) = kind else { return nil }
    return switch text.lowercased() {
    case "yes", "on", "y": "YAML 1.2 reads '\(text)' as a text; write true"
    case "no", "off", "n": "YAML 1.2 reads '\(text)' as a text; write false"
    case "true", "false": "remove the quotes"
    default: nil
    }
  }

  /// What to write where a whole number is wanted and this is none.
  public var integerHint: String? {
    guard case .string(let text) = kind, !text.isEmpty,
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int(text)
    else { return nil }
    if style != .plain { return "remove the quotes" }
    return "readers of YAML differ on a leading zero; write \(number)"
  }
}
