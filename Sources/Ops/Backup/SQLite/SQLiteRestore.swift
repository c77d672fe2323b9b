import Core
import POSIX
import SQL

/// Brings a backup of an SQLite file back as a file.
struct SQLiteRestore {
  let content: BackupContent

  private static let replaceTimeout: Duration = .seconds(3600)

  /// Writes the file at `path`, which must not be there: all of it, checked, or none.
  func write(_ file: BackupFile, to path: String, _ interruption: Interruption) throws {
    let output = try File.open(path, .create, mode: File.ownerOnly)
    do {
      try content.read(file, interruption) { try output.write($0) }
      try output.synchronize()
    } catch {
      try? File.remove(path)
      throw error
    }
  }

  /// Brings it to `path` in the place of what is there, which is kept beside it; the path of that,
  /// or of the journal where only that was left, nil where there was nothing.
  ///
  /// `look` sees the copy before it takes its place, and may throw.
  func replace(
    _ file: BackupFile, _ path: String, _ interruption: Interruption,
    look: (String) throws -> Void
  ) throws -> String? {
    let partial = "\(path).restoring-\(content.manifest.id)"
    try File.remove(partial)
    try write(file, to: partial, interruption)
    defer { try? File.remove(partial) }
    try look(partial)
    // Of the moment, so that a second restore does not come upon what the first kept.
    let moment = Timestamp.now().iso8601InMicroseconds.filter { $0 != "-" && $0 != ":" }
    let aside = "\(path).before-\(moment)"
    do throws(DatabaseError) {
      let kept = try SQLiteDatabase.replace(
        path, with: partial, keepingOldAt: aside, deadline: .after(Self.replaceTimeout))
      return kept.first
    } catch {
      if error.kind == .busy || error.kind == .timeout { throw RestoreError.inUse(path) }
      throw BackupError.database(error)
    }
  }
}

/// Restores an SQLite file into a folder of a drill.
struct SQLiteDrill: DrillRestorer {
  /// The folder that holds the drill's own.
  let parent: String
  let content: BackupContent
  let interruption: Interruption

  let title = "a file of its own"
  let contents = [BackupFile.Content.sqlite]

  func restore(_ file: BackupFile, _ proof: Proof) throws -> DrillReport.Restored {
    _ = ScratchFolder.sweep(parent)
    let folder = try ScratchFolder(in: parent)
    let result = Result { try restore(file, proof, "\(folder.path)/copy.sqlite") }
    do {
      try folder.remove()
    } catch {
      // Why it failed, before what is left of it.
      _ = try result.get()
      throw error
    }
    return try result.get()
  }

  private func restore(
    _ file: BackupFile, _ proof: Proof, _ path: String
  ) throws -> DrillReport.Restored {
    let clock = ContinuousClock()
    let begun = clock.now
    try SQLiteRestore(content: content).write(file, to: path, interruption)
    let restored = clock.now
    let copy = try SQLiteProofReader.read(path, proof.mode, deadline: .distant)
    return DrillReport.Restored(
      content: file.content, storedBytes: file.stored.bytes,
      recovery: begun.duration(to: restored), comparison: restored.duration(to: clock.now),
      withoutSuperuser: true, differences: proof.differences(in: copy).map(\.description),
      serverVersion: copy.serverVersion)
  }
}
