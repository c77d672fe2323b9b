import CSQLite
import Core
import Glibc
import Synchronization

/// How far a backup is.
public struct BackupProgress: Sendable, Equatable {
  /// Pages that are copied.
  public let pagesDone: Int
  /// Pages that the database has.
  public let pagesTotal: Int
}

extension SQLiteDatabase {
  /// Copies the database to `target` while it is used, and checks the copy.
  ///
  /// The copy is of one moment: a read transaction is held open meanwhile, so that writers neither
  /// wait for it nor make it start again. It is written beside the target, checked with
  /// `PRAGMA integrity_check`, synchronised and renamed: what is there under the name is whole.
  ///
  /// Who may read the database may read the copy, and nobody else. Throws `corrupt` when the check
  /// finds something, `timeout` also after `interrupt`, and what opening or writing gives.
  ///
  /// https://www.sqlite.org/backup.html
  public func backup(
    to target: String, deadline: Deadline, progress: (BackupProgress) -> Void = { _ in }
  ) throws(DatabaseError) {
    do {
      try backup(to: target, deadline: deadline, progress: progress) { _ in }
    } catch {
      throw error as? DatabaseError ?? DatabaseError(.sql, "\(error)")
    }
  }

  /// The same, and `reading` looks at the database as the copy has it: at the same moment.
  ///
  /// What it throws ends the backup, and there is no copy.
  public func backup(
    to target: String, deadline: Deadline, progress: (BackupProgress) -> Void = { _ in },
    reading: (any DatabaseConnection) throws -> Void
  ) throws {
    guard path != SQLiteLocation.memory else {
      throw DatabaseError(.configuration, "a database in memory has no backup")
    }
    let partial = "\(target).partial"
    let before = interruptions.load(ordering: .relaxed)
    let isInterrupted = { [self] in interruptions.load(ordering: .relaxed) != before }
    do {
      try Self.removeFiles(of: partial)
      try Self.make(partial, like: path)
      try copy(to: partial, deadline, progress, isInterrupted, reading)
      try Self.check(partial, deadline) { [self] in try asGuest($0, $1) }
      if isInterrupted() { throw Self.interrupted }
      try Self.synchronise(partial)
      guard unsafe rename(partial, target) == 0 else { throw Self.systemError(target) }
      try Self.synchronise(Self.folder(of: target))
    } catch {
      try? Self.removeFiles(of: partial)
      throw (error as? DatabaseError)?.naming("backup") ?? error
    }
  }

  private static let pagesPerStep: Int32 = 1024
  private static let interrupted = DatabaseError(.timeout, "interrupted")

  /// Runs `body` with a connection that `interrupt` knows of.
  private func asGuest(_ guest: SQLiteConnection, _ body: () throws -> Void) throws {
    guests.withLock { $0.append(guest) }
    defer { guests.withLock { $0.removeAll { $0 === guest } } }
    try body()
  }

  /// An empty file with the mode of another, before anything is in it.
  private static func make(_ path: String, like other: String) throws(DatabaseError) {
    var status = stat()
    guard unsafe stat(other, &status) == 0 else { throw systemError(other) }
    let file = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw systemError(path) }
    defer { Glibc.close(file) }
    guard fchmod(file, status.st_mode & 0o777) == 0 else { throw systemError(path) }
  }

  private func copy(
    to partial: String, _ deadline: Deadline, _ progress: (BackupProgress) -> Void,
    _ isInterrupted: () -> Bool, _ reading: (any DatabaseConnection) throws -> Void
  ) throws {
    let source = try Self.openSource(path, options)
    defer { source.close() }
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    let copy = try SQLiteConnection(
      SQLiteLocation(path: partial), flags: flags, busyTimeout: options.busyTimeout)
    defer { copy.close() }
    let snapshot = "BEGIN; SELECT count(*) FROM sqlite_schema"
    try source.run(script: snapshot, named: "backup", deadline: deadline)
    let scope = SQLiteScope(source)
    defer { scope.end() }
    try asGuest(source) { try reading(scope) }
    let failure: DatabaseError? = unsafe source.withHandle { from in
      unsafe copy.withHandle { to in
        unsafe Self.copy(from, to, deadline, progress, isInterrupted)
      }
    }
    if let failure { throw failure }
    // The copy is one file for itself; who opens it may choose WAL again.
    let settle = "PRAGMA journal_mode = DELETE"
    try copy.run(script: settle, named: "backup", deadline: deadline)
  }

  /// A connection that takes the locks of a reader.
  ///
  /// Whatever the options say: a file that is only read is otherwise opened as one that nobody
  /// changes, and somebody may come to write it while it is copied. It writes nothing but the
  /// journal's own files.
  private static func openSource(
    _ path: String, _ options: SQLiteOptions
  ) throws(DatabaseError) -> SQLiteConnection {
    let connection = try SQLiteConnection(
      SQLiteLocation(path: path), flags: SQLITE_OPEN_READWRITE, busyTimeout: options.busyTimeout)
    let settings = "PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA schema_version"
    do throws(DatabaseError) {
      try connection.run(script: settings, named: "backup", deadline: .after(openTimeout))
    } catch {
      throw DatabaseError(error.kind, "\(path): \(error.message)", statement: "backup")
    }
    return connection
  }

  private static func copy(
    _ from: OpaquePointer, _ to: OpaquePointer, _ deadline: Deadline,
    _ progress: (BackupProgress) -> Void, _ isInterrupted: () -> Bool
  ) -> DatabaseError? {
    guard let backup = unsafe sqlite3_backup_init(to, "main", from, "main") else {
      return unsafe SQLiteErrors.last(on: to, code: sqlite3_errcode(to))
    }
    var code = SQLITE_OK
    while code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED {
      if deadline.hasPassed || isInterrupted() {
        unsafe sqlite3_backup_finish(backup)
        return isInterrupted()
          ? interrupted : DatabaseError(.timeout, "not done before the deadline")
      }
      if code != SQLITE_OK { sqlite3_sleep(5) }
      code = unsafe sqlite3_backup_step(backup, pagesPerStep)
      let total = unsafe Int(sqlite3_backup_pagecount(backup))
      let rest = unsafe Int(sqlite3_backup_remaining(backup))
      progress(BackupProgress(pagesDone: total - rest, pagesTotal: total))
    }
    let ended = unsafe sqlite3_backup_finish(backup)
    guard code == SQLITE_DONE, ended == SQLITE_OK else {
      return unsafe SQLiteErrors.last(on: to, code: code == SQLITE_DONE ? ended : code)
    }
    return nil
  }

  /// Reads all of a file; throws `corrupt` with the first thing that is wrong.
  ///
  /// `run` is given the connection and what reads.
  static func check(
    _ path: String, _ deadline: Deadline,
    run: (SQLiteConnection, () throws -> Void) throws -> Void = { try $1() }
  ) throws {
    var options = SQLiteOptions()
    options.readOnly = true
    let connection = try open(path, options)
    defer { connection.close() }
    let integrity = Statement.once("integrity_check", "PRAGMA integrity_check(1)", access: .read)
    try run(connection) {
      let first: String? = try connection.query(integrity, [], deadline: deadline).first?.get(0)
      guard first == "ok" else {
        throw DatabaseError(.corrupt, "\(path): \(first ?? "no answer")")
      }
    }
  }

  static func synchronise(_ path: String) throws(DatabaseError) {
    let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw systemError(path) }
    defer { Glibc.close(file) }
    guard fsync(file) == 0 else { throw systemError(path) }
  }

  private static func removeFiles(of path: String) throws(DatabaseError) {
    for file in [path, "\(path)-wal", "\(path)-shm", "\(path)-journal"] {
      guard unsafe unlink(file) == 0 || errno == ENOENT else { throw systemError(file) }
    }
  }

  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func systemError(_ path: String) -> DatabaseError {
    let number = errno
    let words = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    let kind: DatabaseError.Kind =
      switch number {
      case ENOSPC, EDQUOT: .full
      case EROFS, EACCES, EPERM: .readOnly
      default: .unavailable(sent: false)
      }
    return DatabaseError(kind, "\(path): \(words)")
  }
}
