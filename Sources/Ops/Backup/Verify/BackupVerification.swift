import Core
import JSON
import ObjectStorage
import POSIX
import Subprocess

/// Reads a backup back, and says whether it is what was written.
///
/// Lengths and digests of every part and of every whole; and of what is not encrypted that it can
/// be read as what it is: an archive to its end, a script to its last line.
struct BackupVerification {
  let catalog: BackupCatalog
  let entry: BackupEntry
  let programs: ProgramGroup
  let environment: [String: String]
  /// Whose signatures count.
  var signers = TrustedSigners.everybody
  /// Told how many more bytes were read.
  let progress: @Sendable (Int64) -> Void

  /// Verifies it and notes that it is whole.
  ///
  /// One whose bytes are others is no longer called so, nor proven, whatever was noted before; that
  /// throws `changed`. One that a program does not read is no longer called whole, and stays
  /// proven, for its bytes are those that were restored; that throws `unreadable`. What else goes
  /// wrong, a program that was killed or a form that is newer, says nothing of the backup.
  func run() throws -> BackupMark {
    let clock = ContinuousClock.now
    try signers.check(entry, in: catalog)
    do {
      _ = try entry.proof(in: catalog.storage)
      for file in entry.manifest.files { try read(file) }
    } catch let error as BackupError {
      if programs.isCancelled { throw BackupError.interrupted }
      try BackupError.storing { () throws(StorageError) in
        try catalog.withdraw(entry.id, error.withdrawn)
      }
      throw error
    }
    let mark = BackupMark(
      stage: .bytesVerified, id: entry.id, manifestSHA256: entry.manifestSHA256,
      at: Timestamp.now(), duration: clock.duration(to: .now), tool: Version.current,
      details: [
        "bytes": .integer(entry.manifest.storedBytes),
        "structure": .boolean(!entry.manifest.isEncrypted),
      ])
    try BackupError.storing { () throws(StorageError) in try catalog.note(mark) }
    return mark
  }

  private func read(_ file: BackupFile) throws {
    let stored = CheckedStream(
      try StoredStream(catalog.storage, file, progress: progress), file.stored, of: file.key)
    let stream = entry.manifest.isEncrypted ? stored : try structured(stored, file.content)
    do {
      while try !stream.next().isEmpty {
        if programs.isCancelled { throw BackupError.interrupted }
      }
      try stream.finish()
    } catch {
      stream.discard()
      if programs.isCancelled { throw BackupError.interrupted }
      throw (error as? BackupError)?.ofStored(file) ?? error
    }
  }

  private func structured(
    _ stream: any ByteStream, _ content: BackupFile.Content
  ) throws -> any ByteStream {
    switch content {
    case .custom:
      let major = PostgresPrograms.major(of: entry.manifest.tools["pg_dump"] ?? "") ?? 0
      let client = try PostgresPrograms.find(serverMajor: major, environment)
      return try ArchiveListStream(
        stream, programs, program: client.path("pg_restore"), readsAll: true)
    case .plain, .globals:
      return CompletionLineStream(
        try ProgramStream(.gunzip, programs, upstream: stream), content)
    case .settings, .sqlite: return try ProgramStream(.gunzip, programs, upstream: stream)
    }
  }
}

extension BackupError {
  /// What a program says of what it reads, where nothing is dumped: it says so of the stored file.
  fileprivate func ofStored(_ file: BackupFile) -> any Error {
    switch self {
    case .incomplete(_, let reason): return BackupError.unreadable(key: file.key, reason: reason)
    case .program(let end):
      let words = "ended with \(end.exit)"
      guard case .code = end.exit else { return RestoreError.programFailed(end.program, words) }
      let lines = ["\(end.program) \(words)"] + end.lines
      return BackupError.unreadable(key: file.key, reason: lines.joined(separator: ": "))
    default: return self
    }
  }

  /// What is no longer to be said of the backup.
  fileprivate var withdrawn: [BackupMark.Stage] {
    switch self {
    case .changed: return BackupMark.Stage.allCases
    case .unreadable: return [.bytesVerified]
    case .configuration, .refused, .locked, .database, .program, .notStarted, .incomplete, .store,
      .tooLong, .noBackup, .record, .interrupted:
      return []
    }
  }
}
