/// How a command ended, for scripts: the one table of exit codes.
///
/// Ours are below 64, where sysexits.h begins; `usage` and `configuration` are its EX_USAGE and
/// EX_CONFIG. All are below 126, where shells begin, and none is 2, their own misuse.
/// https://man.freebsd.org/cgi/man.cgi?sysexits
enum ExitCode: Int32, CaseIterable, Sendable {
  case done = 0
  case failure = 1
  case refused = 10
  case locked = 11
  case rolledBack = 12
  case rollbackFailed = 13
  case inconclusive = 14
  case interrupted = 15
  case stale = 16
  case unreachable = 17
  case migrationLocked = 20
  case migrationChecksum = 21
  case migrationIncompatible = 22
  case migrationConnection = 23
  case migrationFailed = 24
  case dumpFailed = 30
  case uploadFailed = 31
  case verificationFailed = 32
  case backupLocked = 33
  case usage = 64
  case configuration = 78

  /// The name in documentation and in JSON.
  var name: String {
    switch self {
    case .done: "done"
    case .failure: "failure"
    case .refused: "refused"
    case .locked: "locked"
    case .rolledBack: "rolled-back"
    case .rollbackFailed: "rollback-failed"
    case .inconclusive: "inconclusive"
    case .interrupted: "interrupted"
    case .stale: "stale"
    case .unreachable: "unreachable"
    case .migrationLocked: "migration-locked"
    case .migrationChecksum: "migration-checksum"
    case .migrationIncompatible: "migration-incompatible"
    case .migrationConnection: "migration-connection"
    case .migrationFailed: "migration-failed"
    case .dumpFailed: "dump-failed"
    case .uploadFailed: "upload-failed"
    case .verificationFailed: "verification-failed"
    case .backupLocked: "backup-locked"
    case .usage: "usage"
    case .configuration: "configuration"
    }
  }

  /// What it tells the caller, in one sentence without a full stop.
  var meaning: String {
    switch self {
    case .done: "the command did what was asked"
    case .failure: "the command failed for a reason without a code of its own"
    case .refused: "nothing was changed, or it was put back: it would not have been safe"
    case .locked: "another rollout holds the environment"
    case .rolledBack: "the release failed and the old one serves again"
    case .rollbackFailed: "the release failed and so did putting the old one back"
    case .inconclusive: "too little was observed, or compared, to say whether all is well"
    case .interrupted: "stopped by a signal; --resume or --abort finishes it"
    case .stale: "rendered files are not what would be rendered"
    case .unreachable: "a cluster could not be asked"
    case .migrationLocked: "another migration holds the database"
    case .migrationChecksum: "an applied migration is not the one in this release"
    case .migrationIncompatible: "the schema and this release do not fit together"
    case .migrationConnection: "the database could not be reached"
    case .migrationFailed: "a migration failed and was undone"
    case .dumpFailed: "the database was not reached, or not read whole"
    case .uploadFailed: "the store did not take a backup, or did not give one"
    case .verificationFailed: "a backup is not what was written, or not what the database held"
    case .backupLocked: "another backup of the database is running"
    case .usage: "the command line is wrong"
    case .configuration: "platform.yaml is wrong or a setting is missing"
    }
  }
}
