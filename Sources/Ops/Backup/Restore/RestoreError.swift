import Core
import ObjectStorage

/// Why a backup was not restored.
enum RestoreError: Error, Sendable, Equatable {
  /// A program did not do its part.
  case programFailed(String, String)
  /// The backup is encrypted, and no key was given.
  case noIdentity(BackupID)
  /// The key cannot be had from where it was said to be.
  case identityUnreadable(String)
  /// There is something in the database already.
  case notEmpty(String)
  /// The backup has no file that can be restored into this kind of database.
  case nothingToRestore(BackupID)
  /// A psql that is old enough to run commands that a dump hides.
  case unsafePsql(found: String, wanted: String)
  /// No programs of PostgreSQL that could read the dump.
  case noPrograms(wanted: Int, found: [Int])
  /// The programs, or those that wrote the dump, are of a newer major than the server.
  case olderServer(server: Int, client: Int, dump: Int)
  /// Roles that the dump names are not on the server.
  case rolesMissing([String])
  /// Something at the place of the file holds it open.
  case inUse(String)
}

extension RestoreError: ReportableError {
  var exitCode: ExitCode {
    switch self {
    case .programFailed: .failure
    case .noIdentity, .notEmpty, .unsafePsql, .inUse, .nothingToRestore, .olderServer,
      .rolesMissing:
      .refused
    case .identityUnreadable, .noPrograms: .configuration
    }
  }

  var findings: [Finding] { [Finding(message: message, hints: hints)] }

  private var message: String {
    switch self {
    case .programFailed(let name, let reason): "\(name): \(reason)"
    case .noIdentity(let id): "backup \(id) is encrypted, and there is no key to read it"
    case .identityUnreadable(let reason): "the key: \(reason)"
    case .notEmpty(let what): "the database is not empty: it has \(what)"
    case .nothingToRestore(let id): "backup \(id) holds nothing for this kind of database"
    case .unsafePsql(let found, let wanted):
      "psql \(found) can be made to run commands that a dump hides; \(wanted) or newer is needed"
    case .noPrograms(let wanted, let found):
      "no programs of PostgreSQL \(wanted) or newer are here"
        + (found.isEmpty ? "" : ", only of \(found.map(String.init).joined(separator: ", "))")
    case .olderServer(let server, let client, let dump):
      dump > server
        ? "the dump was written by pg_dump \(dump), and the server is PostgreSQL \(server)"
        : "pg_restore here is of \(client), and the server is PostgreSQL \(server)"
    case .rolesMissing(let names):
      "the server does not have the roles that the dump names: \(names.joined(separator: ", "))"
    case .inUse(let path): "\(path) is open in another process"
    }
  }

  private var hints: [String] {
    switch self {
    case .noIdentity: ["name it with --identity file:PATH or --identity env:NAME"]
    case .notEmpty: ["restore into an empty database, or say --into-existing"]
    case .inUse: ["stop what serves from it first"]
    case .rolesMissing:
      [
        "make them, or let --roles do it: without passwords and never as superusers",
        "or say --no-owner: all belongs to the role that restores, and nothing is granted",
      ]
    case .olderServer(let server, _, let dump):
      [
        dump > server
          ? "restore into a server of PostgreSQL \(dump) or newer"
          : "install the server's own client (Debian: postgresql-client-\(server))",
        "or try it with --older-server: a setting that the server does not know ends it",
      ]
    case .noPrograms: ["install the package postgresql of that version"]
    default: []
    }
  }
}

/// A restore that failed amid itself, of which not all was taken back.
struct PartLeft: ReportableError {
  let cause: any Error
  /// Whether something was seen in a database that was empty.
  let isSeen: Bool
  /// Whether there was nothing in the database before.
  let wasEmpty: Bool

  var exitCode: ExitCode { ErrorReport(cause).exitCode }

  var findings: [Finding] {
    ErrorReport(cause).findings + [
      Finding(
        message: "the database \(isSeen ? "holds" : "may hold") a part of the backup",
        hints: [
          wasEmpty
            ? "drop it, and restore into a new one: what is there is not whole"
            : "it held something before: do not drop it, but look what in it is the backup's"
        ])
    ]
  }
}
