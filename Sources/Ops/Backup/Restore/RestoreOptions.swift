import Core

/// What drill and restore are asked alike.
enum RestoreOptions {
  static let identity = Option(
    "identity", KeySource.type, .optional,
    "the key of age that an encrypted backup is read with: file:PATH or env:NAME")
  static let scratch = Option(
    "scratch", .directory, .optional,
    "where temporary files are made; TMPDIR or /tmp unless given")
  static let report = Option(
    "report", .directory, .optional, "write drill.json and drill.md into this directory")

  /// The folder of temporary files.
  static func scratch(_ given: String?, _ context: CommandContext) -> String {
    context.absolute(given ?? context.environment["TMPDIR"] ?? "/tmp")
  }
}

extension ValueType where Value == BackupID {
  /// The name of a backup.
  static var backupID: Self {
    ValueType(name: "ID", allowed: "a backup's name, as 'ops backup list' shows it") {
      BackupID($0)
    }
  }
}
