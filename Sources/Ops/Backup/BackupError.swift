import Core
import ObjectStorage
import SQL
import Subprocess

/// Why there is no backup, or why one is not what it should be, as facts.
enum BackupError: Error, Sendable, Equatable {
  /// How a program that should have ended well did end.
  struct ProgramEnd: Sendable, Equatable {
    let program: String
    let exit: Exit
    /// The last lines that it said.
    let lines: [String]
  }

  /// A setting is missing or wrong; what to do.
  case configuration(String, hints: [String] = [])
  /// It would not have been a backup of all that there is.
  case refused(String, hints: [String] = [])
  /// Another backup of the database is running: who does it, where that is known.
  case locked(database: String, by: [String])
  case database(DatabaseError)
  case program(ProgramEnd)
  case notStarted(SubprocessError)
  /// A dump ended well and is no whole one all the same.
  case incomplete(BackupFile.Content, reason: String)
  case store(StorageError)
  /// It is longer than the store's parts allow.
  case tooLong(bytesMax: Int64)
  case record(key: String, RecordProblem)
  case noBackup(String, hints: [String] = [])
  /// What was read back is what was written, and a program does not read it.
  case unreadable(key: String, reason: String)
  /// What was read back is not what the manifest says.
  case changed(key: String, reason: String)
  case interrupted
}

extension BackupError: ReportableError {
  var exitCode: ExitCode {
    switch self {
    case .configuration: .configuration
    case .refused, .noBackup: .refused
    case .locked: .backupLocked
    case .database(let error): error.kind == .configuration ? .configuration : .dumpFailed
    case .program, .incomplete: .dumpFailed
    case .notStarted: .configuration
    case .store(let error): error.kind == .noCredentials ? .configuration : .uploadFailed
    case .tooLong: .uploadFailed
    case .record, .unreadable, .changed: .verificationFailed
    case .interrupted: .interrupted
    }
  }

  var findings: [Finding] {
    switch self {
    case .configuration(let words, let hints), .refused(let words, let hints),
      .noBackup(let words, let hints):
      [Finding(message: words, hints: hints)]
    case .locked(let database, let holders):
      [Finding(message: "another backup of \(database) is running", hints: holders)]
    case .database(let error): [Finding(message: "the database: \(error)")]
    case .program(let end):
      [Finding(message: "\(end.program) ended with \(end.exit)", hints: end.lines)]
    case .notStarted(let error): [Finding(message: "\(error)")]
    case .incomplete(let content, let reason):
      [Finding(message: "the \(content.rawValue) dump is not whole: \(reason)")]
    case .store(let error):
      [Finding(message: "the store: \(error)", hints: error.advice.map { [$0] } ?? [])]
    case .tooLong(let bytes):
      [
        Finding(
          message: "the dump is longer than the \(bytes) bytes that the store's parts allow",
          hints: ["the parts were made for the size that the database says that it has"])
      ]
    case .record(let key, let problem): [Finding(message: "\(key) \(problem)")]
    case .unreadable(let key, let reason), .changed(let key, let reason):
      [Finding(message: "\(key): \(reason)")]
    case .interrupted: [Finding(message: "stopped by a signal; there is no backup of this run")]
    }
  }
}
