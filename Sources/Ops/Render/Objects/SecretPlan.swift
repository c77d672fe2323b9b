import Core

/// The Secrets that a release needs to be there, and how each comes about.
///
/// Names and keys alone: a plan can be shown, and holds nothing secret.
struct SecretPlan: Sendable, Equatable {
  /// One Secret, or one entry where others keep secrets.
  struct Item: Sendable, Equatable {
    /// As platform.yaml and values call it, for example `jwt`.
    let name: String
    /// The Secret that pods mount; nil where an agent brings the files by itself.
    let secret: String?
    let place: Place
    /// In order; never empty.
    let keys: [Key]

    /// Whether it can be made out of nothing: all of its keys are, and the place is ours to write.
    var isMade: Bool {
      switch place {
      case .cluster, .sops: keys.allSatisfy { $0.content != .given }
      case .external, .vault, .databaseOperator: false
      }
    }
  }

  /// Who keeps a secret.
  enum Place: Sendable, Equatable {
    /// The Secret itself.
    case cluster
    /// A file of the repository, encrypted, that holds the Secret.
    case sops(file: String)
    /// An entry of a store that External Secrets copies from.
    case external(entry: String)
    /// A path that Vault's agent reads.
    case vault(path: String)
    /// The operator of CloudNativePG, which makes it with the database.
    case databaseOperator
  }

  /// One key of a Secret.
  struct Key: Sendable, Equatable {
    let key: String
    let content: Content
  }

  /// What a value is made of.
  enum Content: Sendable, Equatable {
    /// Random: `passwordCharacters` letters and digits.
    case password
    /// Random: text of `signingKeyBytes` random bytes.
    case signingKey
    /// The address of a database, made of the value of the key `password`.
    case databaseURL(DatabaseAddress)
    /// Only people know it.
    case given
  }

  /// An address without its password.
  struct DatabaseAddress: Sendable, Equatable {
    let user: String
    let host: String
    let port: Int
    let database: String

    /// The address; the password is of letters and digits and needs no escapes.
    func url(password: Secret) -> Secret {
      Secret("postgres://\(user):\(password.reveal())@\(host):\(port)/\(database)")
    }
  }

  /// 190 bits.
  static let passwordCharacters = 32
  /// More than the 32 bytes that a JWT_SECRET must have, before they are written as text.
  static let signingKeyBytes = 48
  static let passwordKey = "password"

  /// In order of their names.
  let items: [Item]

  init(_ release: ChartRelease) {
    var items = release.values.secrets.map { name, reference in
      Self.item(name, reference, release)
    }
    switch release.values.database.mode {
    case .external, .bundled:
      if release.values.secrets[SecretForm.database] == nil {
        items.append(Self.item(SecretForm.database, release.databaseReference, release))
      }
    case .cloudNativePG: items.append(Self.operatorItem(release))
    case .sqlite: break
    }
    self.items = items.sorted { $0.name < $1.name }
  }

  private static func item(
    _ name: String, _ reference: SecretReference, _ release: ChartRelease
  ) -> Item {
    let keys = release.secretKeys(name).map { key in
      Key(key: key, content: content(name, key, release))
    }
    let own = release.secretName(name)
    return switch reference {
    case .existing(let secret): Item(name: name, secret: secret, place: .cluster, keys: keys)
    case .sops(let file): Item(name: name, secret: own, place: .sops(file: file), keys: keys)
    case .external(let entry):
      Item(name: name, secret: own, place: .external(entry: entry), keys: keys)
    case .vault(let path): Item(name: name, secret: nil, place: .vault(path: path), keys: keys)
    }
  }

  private static func content(_ name: String, _ key: String, _ release: ChartRelease) -> Content {
    if name == "jwt" { return .signingKey }
    guard name == SecretForm.database, release.values.database.mode == .bundled else {
      return .given
    }
    return key == passwordKey
      ? .password
      : .databaseURL(
        DatabaseAddress(
          user: ChartRelease.databaseOwner, host: release.databaseName,
          port: ChartRelease.databasePort, database: ChartRelease.databaseOwner))
  }

  private static func operatorItem(_ release: ChartRelease) -> Item {
    let mounts = [release.databaseMount, release.migrationMount].compactMap { $0 }
    let keys = Set(mounts.filter { $0.source == .secret(release.operatorSecretName) }.map(\.key))
    return Item(
      name: SecretForm.database, secret: release.operatorSecretName, place: .databaseOperator,
      keys: keys.sorted().map { Key(key: $0, content: .given) })
  }
}
