import Core
import POSIX
import SQL

/// Imports files of people: all of a file in one transaction, or nothing of it.
struct PeopleImport: Sendable {
  let database: any Database

  /// Imports what `source` gives.
  ///
  /// Throws `ImportProblems` when rows are wrong and must not be skipped, `ImportStopped` when
  /// `progress` was told to stop, and what the source and the database throw; then nothing of the
  /// file is kept.
  func run(
    _ source: @escaping ImportReader.Source, _ options: ImportOptions = ImportOptions(),
    _ progress: ImportProgress = ImportProgress(), deadline: Deadline
  ) throws -> ImportResult {
    let begun = ContinuousClock.now
    do {
      var result = try atOnce(deadline) { connection throws in
        try stage(source, options, progress, connection, deadline)
      } store: { connection, staged throws in
        try store(staged, options, progress, connection, deadline)
      }
      result.duration = ContinuousClock.now - begun
      return result
    } catch let error as DatabaseError {
      // A statement that was cancelled because of the stop says so in its own way.
      if error.kind == .timeout { try progress.checkWanted() }
      throw error
    }
  }

  /// The rows of a file, in the stage.
  private typealias Staged = (summary: ImportReader.Summary, copied: Int)

  /// Fills the stage and stores what is in it, as one transaction.
  ///
  /// SQLite has one writer, so there the stage, which is the connection's own, is filled before the
  /// write lock is taken: others write while the file is read.
  private func atOnce(
    _ deadline: Deadline, _ stage: (any DatabaseConnection) throws -> Staged,
    store: (any DatabaseConnection, consuming Staged) throws -> ImportResult
  ) throws -> ImportResult {
    guard database.dialect == .sqlite else {
      return try database.transaction(.write, deadline: deadline) { connection in
        try store(connection, stage(connection))
      }
    }
    return try database.session(deadline: deadline) { connection in
      let run = { (script: String, deadline: Deadline) throws(DatabaseError) in
        try connection.run(script: script, named: "people_import", deadline: deadline)
      }
      do {
        try run("BEGIN DEFERRED", deadline)
        let staged = try stage(connection)
        try run("COMMIT; BEGIN IMMEDIATE", deadline)
        let result = try store(connection, staged)
        try run("COMMIT", deadline)
        return result
      } catch {
        // Where there is no transaction any more, the first one fails.
        try? run("ROLLBACK", .after(Self.undoTimeout))
        try? run(PeopleImportSQL.discard, .after(Self.undoTimeout))
        throw error
      }
    }
  }

  private static let undoTimeout: Duration = .seconds(5)

  private func stage(
    _ source: @escaping ImportReader.Source, _ options: ImportOptions, _ progress: ImportProgress,
    _ connection: any DatabaseConnection, _ deadline: Deadline
  ) throws -> Staged {
    let prepare = PeopleImportSQL.prepare(database.dialect, timeout: deadline.remaining)
    try connection.run(script: prepare, named: "people_import", deadline: deadline)
    let staged = try copy(source, options, progress, connection, deadline)
    progress.enter(.storing)
    return staged
  }

  private func store(
    _ staged: consuming Staged, _ options: ImportOptions, _ progress: ImportProgress,
    _ connection: any DatabaseConnection, _ deadline: Deadline
  ) throws -> ImportResult {
    let dialect = database.dialect
    var (summary, copied) = staged
    var result = ImportResult()
    result.rows = summary.rows
    swap(&result.skipped, &summary.problems)
    if options.mode == .replace {
      let script = PeopleImportSQL.prepareRemoval(dialect)
      try connection.run(script: script, named: "people_import_remove", deadline: deadline)
      result.removed = try connection.execute(PeopleImportSQL.remove, deadline: deadline)
    }
    result.inserted = try insert(connection, deadline)
    result.existing = copied - result.inserted
    let finish = PeopleImportSQL.finish(dialect)
    try connection.run(script: finish, named: "people_import", deadline: deadline)
    try progress.checkWanted()
    return result
  }

  /// Adds the staged people who are not there, and gives how many that were.
  private func insert(
    _ connection: any DatabaseConnection, _ deadline: Deadline
  ) throws(DatabaseError) -> Int {
    let now = Value.timestamp(.now())
    let name = PeopleImportSQL.insert.name
    try connection.run(script: "SAVEPOINT people_import", named: name, deadline: deadline)
    do throws(DatabaseError) {
      return try connection.execute(
        PeopleImportSQL.insert, [now], deadline: deadline)
    } catch {
      guard case .constraint(.unique, _) = error.kind else { throw error }
      let undo = "ROLLBACK TO SAVEPOINT people_import"
      try connection.run(script: undo, named: name, deadline: deadline)
      return try connection.execute(
        PeopleImportSQL.insertBesideOthers, [now], deadline: deadline)
    }
  }

  /// Copies the rows while another thread reads them.
  private func copy(
    _ source: @escaping ImportReader.Source, _ options: ImportOptions, _ progress: ImportProgress,
    _ connection: any DatabaseConnection, _ deadline: Deadline
  ) throws -> Staged {
    let queue = BoundedQueue<CopyBatch>(itemsMax: ImportReader.batchesMax)
    let outcome = Guarded<Result<ImportReader.Summary, any Error>?>(nil)
    let reader = try WorkThread.start("import") {
      var reader = ImportReader(source, options, into: queue, progress)
      let result: Result<ImportReader.Summary, any Error>
      do { result = .success(try reader.run()) } catch { result = .failure(error) }
      outcome.withLock { $0 = result }
      queue.close()
    }
    let copied = Result {
      try connection.copy(into: PeopleImportSQL.stage, deadline: deadline) { batch in
        try progress.checkWanted()
        if let next = queue.next() {
          batch = next
          return
        }
        // The queue is closed after the outcome is known.
        let summary = try outcome.withLock { $0 }?.get()
        guard let problems = summary?.problems, problems.rows > 0 else { return }
        if !options.skipsInvalid || summary?.hasHeader == false { throw problems }
      }
    }
    // A pipe may be silent for ever: its reader must learn that there is nothing to wait for.
    if case .failure = copied { progress.lose() }
    queue.close()
    reader.join()
    let rows = try copied.get()
    guard let summary = try outcome.withLock({ $0 })?.get() else { throw ImportStopped() }
    return (summary, rows)
  }
}
