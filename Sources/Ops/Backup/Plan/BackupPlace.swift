import Core
import ObjectStorage
import SQL

/// The catalog that a command is about, and what platform.yaml says of it.
struct BackupPlace: Sendable {
  let catalog: BackupCatalog
  /// The bucket itself, where the store is one.
  let bucket: S3Storage?
  /// Without secrets.
  let storeName: String
  /// What an environment says of its backups; nil where none is named.
  let policy: BackupPolicy?
  /// Where metrics go, by what the environment says.
  let pushgateway: String?
  /// Whose signatures count; everybody's unless the environment or the caller names some.
  var signers = TrustedSigners.everybody

  var keys: BackupKeys { catalog.keys }
  var storage: any ObjectStorage { catalog.storage }
}

extension BackupPlace {
  /// The catalog of an environment, by what it says of its backups.
  init(
    _ policy: BackupPolicy, of environment: Environment, _ variables: [String: String]
  ) throws {
    guard let keys = BackupKeys(database: environment.name) else {
      throw BackupError.configuration(
        "'\(environment.name)' is no name that a store could keep backups under")
    }
    do throws(StoreURLError) {
      let url = try StoreURL(policy.store)
      let opener = StoreOpener(variables)
      catalog = BackupCatalog(try opener.open(url), keys)
      if case .bucket = url.place { bucket = try opener.bucket(url) } else { bucket = nil }
      storeName = url.name
    } catch {
      throw BackupError.configuration("backup.store is no store: \(error)")
    }
    signers = try TrustedSigners(policy.signedBy)
    self.policy = policy
    pushgateway = environment.rollout.pushgateway
  }
}

extension BackupSelection {
  /// The catalog, opened; a `BackupError`, or what is wrong with platform.yaml or an address.
  func place(_ context: CommandContext) throws -> BackupPlace {
    let environment = try platformEnvironment(context)
    let url: StoreURL
    if let store {
      url = try store.resolve(context)
    } else if let policy = environment?.backup {
      url = try StoreSource(option: policy.store).resolve(context)
    } else if let environment {
      throw BackupError.configuration(
        "the environment '\(environment.name)' says nothing of backups",
        hints: ["give it a 'backup:' in \(Platform.fileName), or give --store"])
    } else {
      throw BackupError.configuration(
        "neither an environment nor a store is named", hints: ["give --env NAME or --store URL"])
    }
    let keys = try keys(context)
    let signers = try TrustedSigners(
      signedBy.isEmpty ? environment?.backup?.signedBy ?? [] : signedBy)
    do throws(StoreURLError) {
      let opener = StoreOpener(context.environment)
      let storage = try opener.open(url)
      var bucket: S3Storage?
      if case .bucket = url.place { bucket = try opener.bucket(url) }
      return BackupPlace(
        catalog: BackupCatalog(storage, keys), bucket: bucket, storeName: url.name,
        policy: environment?.backup, pushgateway: environment?.rollout.pushgateway,
        signers: signers)
    } catch {
      throw StoreSourceError.notAddress(source: "the store's address", error)
    }
  }

  /// The database's address; a `BackupError`, a `DatabaseSourceError`, or platform.yaml's.
  func databaseURL(_ context: CommandContext) throws -> DatabaseURL {
    if let database { return try database.resolve(context) }
    guard let environment else {
      throw BackupError.configuration(
        "no database is named", hints: ["give --database URL, env:NAME or file:PATH, or --env NAME"]
      )
    }
    return try DatabaseSource.environment(environment).resolve(context)
  }

  private func platformEnvironment(_ context: CommandContext) throws -> Environment? {
    guard let environment else { return nil }
    return try Platform.load(context.absolute(Platform.fileName)).environment(environment)
  }

  /// Where the environment's figures go; nil where it does not say, or nothing can be read of it.
  func pushgateway(_ context: CommandContext) -> String? {
    try? platformEnvironment(context)?.rollout.pushgateway
  }

  /// What the store calls the database.
  func keys(_ context: CommandContext) throws -> BackupKeys {
    let wanted = try name ?? environment ?? database.flatMap { try ownName($0.resolve(context)) }
    guard let wanted else {
      throw BackupError.configuration(
        "the store may have backups of many databases", hints: ["say of which with --name"])
    }
    guard let keys = BackupKeys(database: wanted) else {
      throw BackupError.configuration(
        "'\(ErrorReport.printable(wanted))' is no name that a store could keep backups under",
        hints: ["give one with --name: \(BackupKeys.allowed)"])
    }
    return keys
  }

  private func ownName(_ url: DatabaseURL) -> String? {
    switch url {
    case .postgres(let address): address.database ?? address.user
    case .sqlite(let path):
      path.split(separator: "/").last.map { name in
        String(name.prefix { $0 != "." })
      }
    }
  }
}
