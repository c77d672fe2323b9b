import Core
import POSIX
import SQL
import Subprocess

/// An SQLite file that a backup is taken of, while it is used.
///
/// The copy of one moment is made beside the file by the online backup API, streamed, and removed.
final class SQLiteSource: BackupSource {
  let kind = BackupManifest.Kind.sqlite

  private let path: String
  private let mode: Proof.Mode
  private let programs = ProgramGroup()
  private let database: SQLiteDatabase

  /// The file at `path`, which is there.
  init(_ path: String, mode: Proof.Mode) throws(BackupError) {
    self.path = Path.absolute(path)
    self.mode = mode
    var options = SQLiteOptions()
    options.readOnly = true
    do throws(DatabaseError) {
      database = try SQLiteDatabase(path: path, options: options)
    } catch {
      throw .database(error)
    }
  }

  func read<Output: Sendable>(
    deliver: @escaping @Sendable (BackupSnapshot) throws -> Output,
    conclude: (BackupSnapshot, Output, Proof) throws -> Void
  ) throws {
    guard let lock = try FileLock.acquire("\(path)-backup.lock") else {
      throw BackupError.locked(database: path, by: [])
    }
    let result = Result { try readAlone(deliver, conclude) }
    lock.release()
    try result.get()
  }

  private func readAlone<Output: Sendable>(
    _ deliver: (BackupSnapshot) throws -> Output,
    _ conclude: (BackupSnapshot, Output, Proof) throws -> Void
  ) throws {
    let copy = "\(path)-backup.copy"
    defer { try? File.remove(copy) }
    let (proof, takenAt) = try hold(copy)
    if programs.isCancelled { throw BackupError.interrupted }
    let snapshot = snapshot(copy, takenAt, proof.serverVersion)
    try conclude(snapshot, try deliver(snapshot), proof)
  }

  func cancel() {
    programs.cancel()
    database.interrupt()
  }

  /// Makes the copy, and proves what it holds by what the database itself gives.
  private func hold(_ copy: String) throws -> (Proof, Timestamp) {
    var found: (Proof, Timestamp)?
    do {
      try database.backup(to: copy, deadline: .distant) { [self] connection in
        if programs.isCancelled { throw BackupError.interrupted }
        let reader = SQLiteProofReader(connection: connection, mode: mode, deadline: .distant)
        let takenAt = Timestamp.now()
        found = (try reader.read(), takenAt)
      }
    } catch let error as DatabaseError {
      throw programs.isCancelled ? BackupError.interrupted : BackupError.database(error)
    }
    guard let found else { preconditionFailure("a backup was made and not read") }
    return found
  }

  private func snapshot(
    _ copy: String, _ takenAt: Timestamp, _ version: String
  ) -> BackupSnapshot {
    let programs = programs
    return BackupSnapshot(
      takenAt: takenAt, serverVersion: version, identity: "\(ProcessInfo.hostName):\(path)",
      lock: "\(ProcessInfo.hostName):\(path)",
      tools: ["sqlite": version], excludedTables: [], isSchemaOnly: false,
      streams: [
        SnapshotStream(content: .sqlite, expectedBytes: File.size(copy) ?? 0) {
          try ProgramStream(Subprocess.Command("gzip", ["-c", "--", copy]), programs)
        }
      ])
  }
}
