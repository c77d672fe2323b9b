/// Variables of the service that something in a cluster sets by itself.
///
/// The service does not start where one of them is given a second time, as a value or as a file.
enum TakenVariables {
  /// Where the service listens and how it ends: other objects depend on them.
  private static let fixed: Set = ["ADMIN_PORT", "DRAIN_DELAY", "DRAIN_TIMEOUT", "HTTP_PORT"]
  /// Where the database is.
  private static let ofDatabase: Set = [
    "DATABASE_URL", "POSTGRES_DB", "POSTGRES_HOSTNAME", "POSTGRES_PASSWORD", "POSTGRES_USER",
  ]
  /// What a decision stands behind that platform.yaml and the values have a key of their own for:
  /// rules, and other objects, judge that one.
  private static let decided: Set = ["APP_SETTINGS", "AUTH", "REVISION"]
  /// What has a value unless `env` gives another.
  private static let defaulted: Set = ["LOG_FORMAT"]

  /// The variables that `env` cannot give whatever the secrets are, as a regular expression for
  /// schemas.
  static var namePattern: String {
    let names = fixed.union(ofDatabase).union(decided).sorted().joined(separator: "|")
    let others = defaulted.sorted().joined(separator: "|")
    return "^(\(names))(\(pathSuffix))?$|^(\(others))\(pathSuffix)$"
  }

  /// What the names of Secrets begin with that the operator of the database makes.
  static let operatorPrefix = "database-"

  /// The variable that a secret of this name cannot have, nil where it can.
  static func variable(takenFrom secret: String) -> String? {
    if [SecretForm.database, SecretForm.migrations, "jwt"].contains(secret) { return nil }
    let variable = SecretForm(named: secret).variable
    let taken = fixed.union(ofDatabase).union(decided).union(defaulted).union(["JWT_SECRET"])
    return taken.contains(variable) ? variable : nil
  }

  /// Why `env` cannot give this variable: the values or one of these secrets do; nil where it can.
  ///
  /// `settings` is what the key for APP_SETTINGS is called.
  static func rule(
    for name: String, secrets: some Sequence<String>, settings: String
  ) -> PlatformRule? {
    let isPath = name.hasSuffix(pathSuffix)
    let variable = isPath ? String(name.dropLast(pathSuffix.count)) : name
    switch variable {
    case "APP_SETTINGS": return .variableOfKey(settings)
    case "AUTH": return .variableOfKey("auth")
    case "REVISION": return .revisionGiven
    case _ where fixed.contains(variable) || ofDatabase.contains(variable): return .variableTaken
    case _ where isPath && defaulted.contains(variable): return .variableTaken
    default:
      let isTaken = secrets.contains { SecretForm(named: $0).variable == variable }
      return isTaken ? .variableTaken : nil
    }
  }

  /// Ends the name of a variable that holds the path of a file with the value.
  private static let pathSuffix = "_FILE"
}

extension PlatformRule {
  /// The secrets that are the same key of the same Secret as one before them, by their names.
  static func shared(_ secrets: [String: SecretReference]) -> [(name: String, rule: PlatformRule)] {
    var owners: [[String]: String] = [:]
    return secrets.sorted { $0.key < $1.key }.compactMap { name, reference in
      guard case .existing(let secret) = reference else { return nil }
      let key = SecretForm(named: name).key
      guard let owner = owners[[secret, key]] else {
        owners[[secret, key]] = name
        return nil
      }
      return (name, .secretShared(secret, key: key, with: owner))
    }
  }

  /// Why a secret cannot have this name, nil where it can.
  static func name(ofSecret name: String) -> PlatformRule? {
    if name.hasPrefix(TakenVariables.operatorPrefix) { return .secretOfOperator }
    return TakenVariables.variable(takenFrom: name).map { .secretVariableTaken($0) }
  }
}
