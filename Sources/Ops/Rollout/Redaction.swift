import Core
import JSON
import POSIX

/// Takes secrets out of what a release and its platform say, before it is kept or told.
///
/// Those that are known, wherever they stand, and those that their form tells.
struct Redaction: Sendable {
  /// Shorter values are left alone: they would be found in every second word.
  private static let lengthMin = 4
  static let replacement = "[redacted]"

  private let secrets: [String]

  /// The secrets among a release's variables, those in mounted files included.
  init(_ variables: [String: String]) {
    var found: [String] = []
    for (name, value) in variables {
      let isFile = name.hasSuffix("_FILE")
      let text = isFile ? (try? File.readText(value)) ?? "" : value
      let name = isFile ? String(name.dropLast(5)) : name
      if SecretInClear.isLikely(name: name, value: text) { found.append(text) }
    }
    self.init(secrets: found)
  }

  /// Texts that are secret from end to end; of an address its password is.
  init(secrets texts: [String]) {
    var found: Set<String> = []
    for text in texts {
      for line in text.split(whereSeparator: \.isNewline) {
        let secret = Self.password(inURL: line) ?? String(line)
        found.insert(secret)
        // Who has read an address knows its password as it was before it was written there.
        if let bare = PercentEncoding.decode(secret) { found.insert(bare) }
      }
    }
    // The longest first: one may be a part of another.
    secrets = found.filter { $0.count >= Self.lengthMin }.sorted { $0.count > $1.count }
  }

  /// `line` without any of the secrets, also where JSON has escaped them.
  func applied(to line: String) -> String {
    let known = secrets.reduce(line) { line, secret in
      let escaped = String(JSONValue.string(secret).written().dropFirst().dropLast())
      let once = line.replacing(secret, with: Self.replacement)
      return escaped == secret ? once : once.replacing(escaped, with: Self.replacement)
    }
    return SecretWords.redacted(known)
  }

  /// What stands between the user's name and the at sign.
  private static func password(inURL text: Substring) -> String? {
    guard let scheme = text.firstRange(of: "://"), let at = text.lastIndex(of: "@"),
      scheme.upperBound < at,
      let colon = text[scheme.upperBound..<at].firstIndex(of: ":")
    else { return nil }
    return String(text[text.index(after: colon)..<at])
  }
}

extension Redaction {
  func applied(to check: PreflightCheck) -> PreflightCheck {
    PreflightCheck(check.subject, check.verdict, applied(to: check.detail))
  }

  func applied(to advice: CauseAdvice) -> CauseAdvice {
    CauseAdvice(id: advice.id, words: applied(to: advice.words))
  }

  func applied(to evidence: RolloutEvidence) -> RolloutEvidence {
    RolloutEvidence(
      source: evidence.source, state: applied(to: evidence.state),
      lines: evidence.lines.map { applied(to: $0) })
  }
}
