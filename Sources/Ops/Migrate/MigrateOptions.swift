import Core
import SQL

/// The options that the commands of `ops migrate` share.
enum MigrateOptions {
  static let database = Option(
    "database", .secret("URL"), .optional,
    "the database's address, env:NAME for a variable or file:PATH for a file that holds it")
  static let environment = Option(
    "env", .text("NAME"), .byDefault("local"),
    "the environment of platform.yaml whose database it is")
  static let json = Flag("json", "print the result as JSON")

  /// The codes beside those that every command has.
  static let exitCodes: [ExitCode] = [
    .interrupted, .migrationLocked, .migrationChecksum, .migrationIncompatible,
    .migrationConnection, .migrationFailed, .configuration,
  ]

  /// The source that the arguments name.
  static func source(_ arguments: ParsedArguments) -> DatabaseSource {
    arguments.value(database).map(DatabaseSource.init(option:))
      ?? .environment(arguments.required(environment))
  }
}
