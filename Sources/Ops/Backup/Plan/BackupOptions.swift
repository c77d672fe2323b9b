import Core
import ObjectStorage

/// The options that the commands of `ops backup` share.
enum BackupOptions {
  static let environment = Option(
    "env", short: "e", .text("NAME"), .optional,
    "the environment of platform.yaml: its store, its recipients, its database where that is local")
  static let database = Option(
    "database", .secret("URL"), .optional,
    "the database's address, env:NAME for a variable or file:PATH for a file that holds it")
  static let store = Option(
    "store", .text("URL"), .optional,
    "s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, file:///DIR, env:NAME or file:PATH")
  static let name = Option(
    "name", .backupName, .optional,
    "what the store calls the database; the environment's name, or else the database's")
  static let signedBy = Option(
    "signed-by", .text("KEY"), .repeatable,
    "whose signature counts, by a public Ed25519 key in base 64; those of the environment unless "
      + "given, and nothing else is used then")
  static let json = Flag("json", "print the result as JSON")

  /// Those of a command that reads a store alone.
  static let ofStore: [any DeclaresOption] = [environment, store, name, signedBy]

  /// The codes beside those that every command has.
  static let exitCodes: [ExitCode] = [
    .refused, .interrupted, .uploadFailed, .verificationFailed, .configuration,
  ]
}

extension ValueType where Value == String {
  /// What a store may call a database.
  static var backupName: Self {
    ValueType(name: "NAME", allowed: BackupKeys.allowed) {
      BackupKeys(database: $0) == nil ? nil : $0
    }
  }
}

/// Which database and which store a command is about, before anything was looked up.
struct BackupSelection: Sendable {
  let environment: String?
  let database: DatabaseSource?
  let store: StoreSource?
  let name: String?
  /// Public keys of those who sign.
  var signedBy: [String] = []
}

extension BackupSelection {
  /// What the arguments of a command with those options say.
  init(_ arguments: ParsedArguments, readsDatabase: Bool = false) {
    environment = arguments.value(BackupOptions.environment)
    store = arguments.value(BackupOptions.store).map(StoreSource.init(option:))
    name = arguments.value(BackupOptions.name)
    signedBy = arguments.values(BackupOptions.signedBy)
    database =
      readsDatabase
      ? arguments.value(BackupOptions.database).map(DatabaseSource.init(option:)) : nil
  }
}
