/// Tells a secret by the name of its variable, or by its form.
///
/// charts/slipway/templates/_rules.tpl tells the same ones.
enum SecretInClear {
  /// What the names of variables with secrets end with, whatever is before it.
  private static let endings = [
    "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL", "CREDENTIALS", "APIKEY",
    "API_KEY", "ACCESSKEY", "ACCESS_KEY", "PRIVATEKEY", "PRIVATE_KEY", "ENCRYPTIONKEY",
    "ENCRYPTION_KEY", "SIGNINGKEY", "SIGNING_KEY", "SECRETKEY", "SECRET_KEY", "MASTERKEY",
    "MASTER_KEY", "SESSIONKEY", "SESSION_KEY",
  ]

  /// The same of words that other words end with.
  private static let lastWords = ["PASS", "PWD"]

  /// What stands behind them and changes nothing, beside digits: the secret before is one as well.
  private static let additions = ["_PREVIOUS", "_VALUE"]

  /// What tokens of well-known services begin with, and the fewest characters behind it.
  private static let tokens: [(prefix: String, restMin: Int)] = [
    ("AKIA", 16), ("ASIA", 16), ("ghp_", 20), ("gho_", 20), ("ghs_", 20), ("ghu_", 20),
    ("ghr_", 20), ("github_pat_", 20), ("glpat-", 16), ("sk_live_", 8), ("sk_test_", 8),
    ("rk_live_", 8), ("sk-", 20), ("xoxb-", 10), ("xoxp-", 10), ("xoxa-", 10), ("AIza", 30),
    ("hvs.", 20), ("npm_", 30), ("AGE-SECRET-KEY-1", 20),
  ]

  static func isLikely(name: String, value: String) -> Bool {
    // A variable that ends in _FILE holds a path, not the secret.
    let name = name.uppercased()
    if value.isEmpty || name.hasSuffix("_FILE") { return false }
    let bare = withoutAdditions(name)
    let isNamedSo =
      endings.contains(where: bare.hasSuffix)
      || lastWords.contains { bare == $0 || bare.hasSuffix("_" + $0) }
    if isNamedSo, !["true", "false"].contains(value) { return true }
    if bare.hasSuffix("KEY"), isHexadecimal(value) { return true }
    return isLikely(value: value) || isRandom(value)
  }

  /// Whether `text` is a private key, or the beginning of one, as OpenSSL, OpenSSH and age write
  /// them.
  static func isPrivateKey(_ text: String) -> Bool {
    let capitals = text.uppercased()
    return capitals.contains("PRIVATE KEY") || capitals.contains("AGE-SECRET-KEY-")
      || text.contains(privateEd25519)
  }

  /// What every private Ed25519 key begins with in base 64.
  private static let privateEd25519 = "MC4CAQAwBQYDK2VwBCIEI"
  /// What to do where one stands in place of a public one.
  static let privateKeyHint =
    "that is a private key, and whoever may read this has it now: make another one, and name its"
    + " public key here"

  private static func withoutAdditions(_ name: String) -> String {
    var name = name
    if let addition = additions.first(where: name.hasSuffix) { name.removeLast(addition.count) }
    while let last = name.utf8.last, last == UInt8(ascii: "_") || isDigit(last) {
      name.removeLast()
    }
    return name
  }

  /// The names of variables with secrets, as a regular expression for schemas.
  static var namePattern: String {
    let words = endings.joined(separator: "|") + "|(^|_)(" + lastWords.joined(separator: "|") + ")"
    return "(\(inAnyCase(words)))\(additionsPattern)"
  }

  /// The names of variables with keys, and what their values are where these are secrets.
  static var keyPatterns: (name: String, value: String) {
    ("\(inAnyCase("KEY"))\(additionsPattern)", "^[0-9A-Fa-f]{\(randomCharactersMin),}$")
  }

  private static var additionsPattern: String {
    "[0-9_]*(\(inAnyCase(additions.joined(separator: "|"))))?$"
  }

  /// The forms of secrets, as regular expressions for schemas; what looks drawn by chance has none.
  static var valuePatterns: [String] {
    let tokens = tokens.map { token in
      // Only a dot among their characters means something in an expression.
      let prefix = token.prefix.split(separator: ".", omittingEmptySubsequences: false)
      return "\(prefix.joined(separator: "[.]"))[A-Za-z0-9_.-]{\(token.restMin)}"
    }
    let border = #"[^!-~]|[=:,;"'(&?]"#
    let least = credentialCharactersMin - 2
    return [
      "(^|\(border))(\(tokens.joined(separator: "|")))", "://[^/?]*:[^/?]*@", "-----BEGIN ",
      "(^|\(border))eyJ[A-Za-z0-9_-]*[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+",
      "(^|[ ;,&?])(\(inAnyCase("password|passwd|pwd")))=[^ ;,&?]",
      "(^|\(border))(\(inAnyCase("bearer|basic")))[^!-~]+[!-~]"
        + "([!-~]{\(least),}[0-9A-Z=]|[!-~]*[0-9A-Z=][!-~]{\(least),})",
    ]
  }

  private static func inAnyCase(_ text: String) -> String {
    text.map { $0.isLetter ? "[\($0.uppercased())\($0.lowercased())]" : String($0) }.joined()
  }

  /// Whether a text is a secret by its form alone.
  static func isLikely(value: String) -> Bool {
    if hasPassword(value) || value.contains("-----BEGIN ") || setsPassword(value)
      || hasCredentials(value)
    {
      return true
    }
    return words(of: value).contains { word in
      isWebToken(word)
        || tokens.contains {
          word.starts(with: $0.prefix.utf8)
            && word.dropFirst($0.prefix.utf8.count).prefix(while: isOfToken).count >= $0.restMin
        }
    }
  }

  /// The parts between which one may be a token: something often says of what.
  private static func words(of value: String) -> [Substring.UTF8View.SubSequence] {
    value[...].utf8.split { byte in
      !(0x21...0x7E).contains(byte) || #"=:,;"'(&?"#.utf8.contains(byte)
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isUppercase(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func isOfToken(_ byte: UInt8) -> Bool {
    isOfWebToken(byte) || byte == UInt8(ascii: ".")
  }

  /// Whether Base64 for addresses has this byte.
  private static func isOfWebToken(_ byte: UInt8) -> Bool {
    isDigit(byte) || isUppercase(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || "-_".utf8.contains(byte)
  }

  /// Whether `value` is long and only of the digits of bytes, as keys are written.
  private static func isHexadecimal(_ value: String) -> Bool {
    value.utf8.count >= randomCharactersMin
      && value.utf8.allSatisfy { isDigit($0) || "abcdefABCDEF".utf8.contains($0) }
  }

  /// Whether `value` is what a client proves itself by, as its header says it.
  ///
  /// https://www.rfc-editor.org/rfc/rfc9110#section-11.4
  private static func hasCredentials(_ value: String) -> Bool {
    let words = value.split { !("!"..."~").contains($0) }
    return zip(words, words.dropFirst()).contains { scheme, word in
      // The scheme may be behind the name of its header.
      let scheme = scheme.split { #"=:,;"'(&?"#.contains($0) }.last?.lowercased()
      guard scheme == "bearer" || scheme == "basic" else { return false }
      let (bytes, least) = (Array(word.utf8), credentialCharactersMin - 2)
      // A word of a sentence is long as well, but has no such character within.
      return bytes.indices.dropFirst().contains { index in
        (isDigit(bytes[index]) || isUppercase(bytes[index]) || bytes[index] == UInt8(ascii: "="))
          && (index > least || bytes.count - 1 - index >= least)
      }
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

  /// Whether a word is a JSON Web Token: three parts, the first an object.
  private static func isWebToken(_ word: Substring.UTF8View.SubSequence) -> Bool {
    guard word.starts(with: "eyJ".utf8) else { return false }
    let parts = word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count >= 3, let third = parts[2].first else { return false }
    return parts[0].allSatisfy(isOfWebToken) && !parts[1].isEmpty
      && parts[1].allSatisfy(isOfWebToken) && isOfWebToken(third)
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
  private static let credentialCharactersMin = 8
}
