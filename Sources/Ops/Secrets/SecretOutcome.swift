/// What became of one secret that an environment needs.
struct SecretOutcome: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    /// It was made just now.
    case made
    /// It would be made, unless it is there.
    case planned
    /// It was there already and is as it was.
    case kept
    /// It is there, without these keys.
    case lacking([String])
    /// It is not there, and only people know what belongs in it.
    case missing
    /// Only people know what belongs in it; nobody was asked whether it is there.
    case given
    /// Others make it.
    case elsewhere(String)
  }

  /// Its Secret, or its own name where it has none.
  let name: String
  /// What it is called where it is kept, for example `secret/slipway-jwt`.
  let subject: String
  let keys: [String]
  let kind: Kind
  /// The file of SOPS that it belongs in, if any.
  var file: String?

  /// Whether something is left to do before a release can run.
  var isOpen: Bool {
    switch kind {
    case .lacking, .missing: true
    case .made, .planned, .kept, .given, .elsewhere: false
    }
  }

  /// One line, in columns.
  var line: String {
    let keyList = keys.joined(separator: ", ")
    let (word, rest): (String, String) =
      switch kind {
      case .made: ("made", keyList)
      case .planned: ("to make", "\(keyList) (unless it is there)")
      case .kept: ("kept", "it was there")
      case .lacking(let keys): ("lacking", "it has no \(keys.joined(separator: ", "))")
      case .missing: ("missing", "only you know \(keyList)")
      case .given: ("yours", "only you know \(keyList)")
      case .elsewhere(let words): ("elsewhere", words)
      }
    return word + String(repeating: " ", count: 11 - word.count) + "\(subject): \(rest)"
  }
}
