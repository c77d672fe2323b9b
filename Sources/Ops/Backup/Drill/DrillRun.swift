import Core
import JSON
import ObjectStorage

/// How a drill restores a backup of one kind of database and reads the copy.
protocol DrillRestorer {
  /// Where the copy is made, for reports.
  var title: String { get }
  /// The files that it can restore, in the order in which it does.
  var contents: [BackupFile.Content] { get }

  /// Restores `file` into a place of its own, which is gone afterwards, and compares it.
  func restore(_ file: BackupFile, _ proof: Proof) throws -> DrillReport.Restored
}

/// Restores a backup, compares the copy with what the database held, and notes what came of it.
struct DrillRun {
  let catalog: BackupCatalog
  let entry: BackupEntry
  /// Who does it: a user and a machine.
  let by: String

  /// Restores every file that can be restored by `restorer`.
  ///
  /// A backup all of whose copies held what the original did is proven from then on; one that did
  /// not come back as it was is no longer, nor is one called whole whose bytes are others, whatever
  /// was noted before; and one whose proof does not have what is in the rows is neither, nor is one
  /// that differs on a server of another major. Anything else that goes wrong says nothing of the
  /// backup and leaves its state alone.
  func run(_ restorer: some DrillRestorer) throws -> DrillReport {
    let startedAt = Timestamp.now()
    let clock = ContinuousClock.now
    let report: DrillReport
    do {
      let proof = try entry.proof(in: catalog.storage)
      let files = restorer.contents.compactMap { entry.manifest.file($0) }
      guard !files.isEmpty else { throw RestoreError.nothingToRestore(entry.id) }
      let restored = try files.map { try restorer.restore($0, proof) }
      report = self.report(restorer.title, proof, restored, startedAt)
    } catch let error as BackupError {
      if case .changed = error { try withdraw(BackupMark.Stage.allCases) }
      throw error
    }
    if report.isProven {
      try note(report, clock.duration(to: .now))
    } else if !report.isSame, report.isConclusive {
      try withdraw([.proven])
    }
    return report
  }

  private func report(
    _ place: String, _ proof: Proof, _ restored: [DrillReport.Restored], _ startedAt: Timestamp
  ) -> DrillReport {
    DrillReport(
      id: entry.id, database: entry.manifest.database, manifestSHA256: entry.manifestSHA256,
      snapshotAt: entry.manifest.snapshotAt, startedAt: startedAt, finishedAt: Timestamp.now(),
      by: by, tool: Version.current, place: place, proof: proof.mode,
      serverVersion: proof.serverVersion,
      tables: proof.tables.count, rows: proof.rows, sequences: proof.sequences.count,
      restored: restored)
  }

  /// Never in place of a note that says so already: that one is the older evidence.
  private func note(_ report: DrillReport, _ duration: Duration) throws {
    if entry.proven != nil { return }
    let mark = BackupMark(
      stage: .proven, id: entry.id, manifestSHA256: entry.manifestSHA256, at: report.finishedAt,
      duration: duration, tool: Version.current, details: report.json)
    let key = catalog.keys.mark(.proven, entry.id)
    try BackupError.storing { () throws(StorageError) in
      do throws(StorageError) {
        try catalog.storage.put(PartBody(mark.bytes), at: key, .ifAbsent)
      } catch  where error.kind == .exists {
        // Another drill's, which is as good, or one of another manifest, which counts for nothing.
        let there = try catalog.storage.read(key, bytesMax: BackupMark.bytesMax)
        if (try? BackupMark(there))?.manifestSHA256 != entry.manifestSHA256 {
          try catalog.storage.put(mark.bytes, at: key)
        }
      }
    }
  }

  private func withdraw(_ stages: [BackupMark.Stage]) throws {
    try BackupError.storing { () throws(StorageError) in
      try catalog.withdraw(entry.id, stages)
    }
  }
}
