/// Tells a secret by the name of its variable, or by its form.
///
/// charts/slipway/templates/_rules.tpl tells the same ones.
enum SecretInClear {
  /// What the names of variables with secrets end with.
  private static let endings = [
    "PASSWORD", "PASSWD", "PASSPHRASE", "PASS", "PWD", "SECRET", "TOKEN", "CREDENTIAL",
    "CREDENTIALS", "APIKEY", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY", "ENCRYPTION_KEY",
    "SIGNING_KEY", "SECRET_KEY", "MASTER_KEY", "SESSION_KEY",
  ]

  /// What tokens of well-known services begin with, and the fewest characters behind it.
  private static let tokens: [(prefix: String, restMin: Int)] = [
    ("AKIA", 16), ("ASIA", 16), ("ghp_", 20), ("gho_", 20), ("ghs_", 20), ("ghu_", 20),
    ("ghr_", 20), ("github_pat_", 20), ("glpat-", 16), ("sk_live_", 8), ("sk_test_", 8),
    ("rk_live_", 8), ("sk-", 20), ("xoxb-", 10), ("xoxp-", 10), ("xoxa-", 10), ("AIza", 30),
    ("hvs.", 20), ("npm_", 30), ("AGE-SECRET-KEY-1", 20),
  ]

  static func isLikely(name: String, value: String) -> Bool {
    // A variable that ends in _FILE holds a path, not the secret.
    var name = name.uppercased()
    if value.isEmpty || name.hasSuffix("_FILE") { return false }
    // The secret before is one as well.
    if name.hasSuffix("_PREVIOUS") { name.removeLast("_PREVIOUS".count) }
    let isNamedSo = endings.contains { name == $0 || name.hasSuffix("_" + $0) }
    if isNamedSo, !["true", "false"].contains(value) { return true }
    return isLikely(value: value) || isRandom(value)
  }

  /// The names of variables with secrets, as a regular expression for schemas.
  static var namePattern: String {
    let endings =
      endings.joined(separator: "|") + "|(" + endings.joined(separator: "|") + ")_PREVIOUS"
    return "(^|_)(\(inAnyCase(endings)))$"
  }

  /// The forms of secrets, as regular expressions for schemas; what looks drawn by chance has none.
  static var valuePatterns: [String] {
    let tokens = tokens.map { token in
      // Only a dot among their characters means something in an expression.
      let prefix = token.prefix.split(separator: ".", omittingEmptySubsequences: false)
      return "\(prefix.joined(separator: "[.]"))[!-~]{\(token.restMin)}"
    }
    return [
      "^(\(tokens.joined(separator: "|")))[!-~]*$", "://[^/?]*:[^/?]*@", "-----BEGIN ",
      "^eyJ[^.]*[.]+[^.]+[.]+[^.]+[.]*$",
      "(^|[ ;,&?])(\(inAnyCase("password|passwd|pwd")))=[^ ;,&?]",
    ]
  }

  private static func inAnyCase(_ text: String) -> String {
    text.map { $0.isLetter ? "[\($0.uppercased())\($0.lowercased())]" : String($0) }.joined()
  }

  /// Whether a text is a secret by its form alone.
  static func isLikely(value: String) -> Bool {
    hasPassword(value) || value.contains("-----BEGIN ") || isWebToken(value)
      || setsPassword(value)
      || tokens.contains {
        value.hasPrefix($0.prefix) && value.utf8.count >= $0.prefix.utf8.count + $0.restMin
          && value.allSatisfy { $0.isASCII && !$0.isWhitespace }
      }
  }

  /// Whether `value` is an address with a password before its `@`.
  private static func hasPassword(_ value: String) -> Bool {
    value.ranges(of: "://").contains { scheme in
      let authority = value[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
      guard let sign = authority.lastIndex(of: "@") else { return false }
      return authority[..<sign].contains(":")
    }
  }

  /// Whether `value` sets a password among other things, as addresses of databases may.
  ///
  /// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
  private static func setsPassword(_ value: String) -> Bool {
    let words = value.lowercased().split { " ;,&?".contains($0) }
    return words.contains { word in
      ["password=", "passwd=", "pwd="].contains { word.hasPrefix($0) && word.count > $0.count }
    }
  }

  /// Whether `value` is a JSON Web Token: three parts, the first an object.
  private static func isWebToken(_ value: String) -> Bool {
    value.hasPrefix("eyJ") && value.split(separator: ".").count == 3
  }

  /// Whether `value` is long and looks drawn by chance, as Base64 of random bytes does.
  private static func isRandom(_ value: String) -> Bool {
    let isBase64 = value.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "+/=_-".utf8.contains(byte)
      }
    }
    guard isBase64, value.utf8.count >= randomCharactersMin else { return false }
    let kinds = [
      value.contains { $0.isUppercase }, value.contains { $0.isLowercase },
      value.contains { $0.isNumber },
    ]
    let digits = value.count { $0.isNumber }
    // Words joined by hyphens have few digits, and those at the end.
    return kinds.allSatisfy { $0 } && digits * randomDigitShareMin >= value.count
      && Set(value).count >= randomDistinctMin
  }

  /// Shorter texts are names as often as secrets.
  private static let randomCharactersMin = 32
  /// One in so many is a digit; of random Base64 about one in six is.
  private static let randomDigitShareMin = 20
  private static let randomDistinctMin = 16
}
