import YAML

/// One secret as a container has it: a file whose path a variable names.
struct SecretMount: Sendable, Equatable {
  /// Where the file comes from.
  enum Source: Sendable, Equatable {
    /// A Secret, by its name.
    case secret(String)
    /// A path in Vault, whose agent writes the file.
    case vault(String)
  }

  /// The folder of files that come from Secrets.
  static let folder = "/run/secrets/slipway"
  /// The folder that Vault's agent writes to.
  static let vaultFolder = "/vault/secrets"

  let name: String
  let source: Source
  /// The key within the Secret, or within the entry in Vault.
  let key: String
  /// What `_FILE` is put behind.
  let variable: String

  /// Where the container finds it.
  var path: String {
    switch source {
    case .secret: "\(Self.folder)/\(name)/\(key)"
    case .vault: "\(Self.vaultFolder)/\(name)"
    }
  }

  /// The variable that tells the service where the file is.
  var node: YAMLNode { ["name": .string(variable + "_FILE"), "value": .string(path)] }
}

/// What is known of a secret by its name.
struct SecretForm: Sendable, Equatable {
  let key: String
  let variable: String

  /// The names that are the database's, or the migration's alone.
  static let database = "database"
  static let migrations = "migrations"

  /// What a secret of this name is to the service.
  init(named name: String) {
    switch name {
    case Self.database, Self.migrations: (key, variable) = ("url", "DATABASE_URL")
    case "jwt": (key, variable) = ("secret", "JWT_SECRET")
    default:
      key = "value"
      variable = String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }
  }
}

extension Database.Mode {
  /// Whether a secret is of a database that another mode has.
  func hasNoUse(of secret: String) -> Bool {
    switch secret {
    case SecretForm.database: self == .sqlite || self == .cloudNativePG
    case SecretForm.migrations: self == .sqlite
    default: false
    }
  }
}

extension ChartRelease {
  /// The Secret of a secret that is made here, or by those who fetch it.
  func secretName(_ name: String) -> String { "\(fullName)-\(name)" }

  /// The Secret that the operator of CloudNativePG makes for the owner of the database.
  ///
  /// https://cloudnative-pg.io/documentation/current/applications/
  var operatorSecretName: String { "\(databaseName)-app" }

  /// The files of the service's container, in order of their names.
  var mounts: [SecretMount] {
    let others = values.secrets.filter {
      $0.key != SecretForm.database && $0.key != SecretForm.migrations
    }
    let mounts = others.map { name, reference in mount(name, reference) }
    return (mounts + (databaseMount.map { [$0] } ?? [])).sorted { $0.name < $1.name }
  }

  /// The file with the address of the database, or with the password where the rest is known.
  var databaseMount: SecretMount? {
    switch values.database.mode {
    case .sqlite: nil
    case .external, .bundled: mount(SecretForm.database, databaseReference)
    case .cloudNativePG where values.database.pooler == .none: directMount
    case .cloudNativePG:
      SecretMount(
        name: SecretForm.database, source: .secret(operatorSecretName), key: "password",
        variable: "POSTGRES_PASSWORD")
    }
  }

  /// The file with the address that migrations use: never that of a pooler.
  var migrationMount: SecretMount? {
    if let reference = values.secrets[SecretForm.migrations], values.database.mode != .sqlite {
      return mount(SecretForm.migrations, reference)
    }
    return values.database.mode == .cloudNativePG ? directMount : databaseMount
  }

  /// Where the address of a database that is not the operator's comes from: a Secret of its own
  /// unless said otherwise.
  var databaseReference: SecretReference {
    values.secrets[SecretForm.database] ?? .existing(secretName(SecretForm.database))
  }

  private var directMount: SecretMount {
    SecretMount(
      name: SecretForm.database, source: .secret(operatorSecretName), key: "uri",
      variable: "DATABASE_URL")
  }

  private func mount(_ name: String, _ reference: SecretReference) -> SecretMount {
    let form = SecretForm(named: name)
    let source: SecretMount.Source =
      switch reference {
      case .existing(let secret): .secret(secret)
      case .external, .sops: .secret(secretName(name))
      case .vault(let path): .vault(path)
      }
    return SecretMount(name: name, source: source, key: form.key, variable: form.variable)
  }
}
