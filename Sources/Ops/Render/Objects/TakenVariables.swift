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
  /// What has a value unless `env` gives another.
  private static let defaulted: Set = ["APP_SETTINGS", "AUTH", "LOG_FORMAT", "REVISION"]

  /// What the names of Secrets begin with that the operator of the database makes.
  static let operatorPrefix = "database-"

  /// The variable that a secret of this name cannot have, nil where it can.
  static func variable(takenFrom secret: String) -> String? {
    if [SecretForm.database, SecretForm.migrations, "jwt"].contains(secret) { return nil }
    let variable = SecretForm(named: secret).variable
    let taken = fixed.union(ofDatabase).union(defaulted).union(["JWT_SECRET"])
    return taken.contains(variable) ? variable : nil
  }

  /// Whether `env` cannot give this variable, as the values or one of these secrets do.
  static func isTaken(_ name: String, secrets: some Sequence<String>) -> Bool {
    let isPath = name.hasSuffix(pathSuffix)
    let variable = isPath ? String(name.dropLast(pathSuffix.count)) : name
    if fixed.contains(variable) || ofDatabase.contains(variable) { return true }
    if isPath, defaulted.contains(variable) { return true }
    return secrets.contains { SecretForm(named: $0).variable == variable }
  }

  /// Ends the name of a variable that holds the path of a file with the value.
  private static let pathSuffix = "_FILE"
}

extension PlatformRule {
  /// Why a secret cannot have this name, nil where it can.
  static func name(ofSecret name: String) -> PlatformRule? {
    if name.hasPrefix(TakenVariables.operatorPrefix) { return .secretOfOperator }
    return TakenVariables.variable(takenFrom: name).map { .secretVariableTaken($0) }
  }
}
