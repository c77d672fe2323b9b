import CSQLite
import Core
import Glibc

extension SQLiteDatabase {
  /// Puts the file at `copy` in the place of the database at `path`, unless somebody has that open;
  /// what was there is kept, and where, the database first.
  ///
  /// The copy is checked and put on the disk first; all are on one file system. It belongs to whom
  /// the old file did, or else the folder, where this process may say so. What was at `path`
  /// is at `aside` afterwards, with all that its journal held: never in place of another file.
  /// What is no database, or only its journal, is kept as it is with the files beside it, since a
  /// journal that stays would be played into the copy; whether somebody has that open is not known.
  /// Throws `busy` where another connection is open, and `corrupt` where the check of the copy
  /// finds something.
  ///
  /// https://www.sqlite.org/howtocorrupt.html#unlinking_or_renaming_a_database_file_while_in_use
  public static func replace(
    _ path: String, with copy: String, keepingOldAt aside: String, deadline: Deadline
  ) throws(DatabaseError) -> [String] {
    do {
      try check(copy, deadline)
    } catch {
      throw error as? DatabaseError ?? DatabaseError(.sql, "\(error)")
    }
    adopt(copy, whose: exists(path) ? path : folder(of: path), mode: exists(path))
    try synchronise(copy)
    let old = try exclusive(path, deadline)
    defer { old?.close() }
    var kept: [String] = []
    do throws(DatabaseError) {
      if exists(path) {
        // Both names for a moment, so that there is never no database.
        guard unsafe link(path, aside) == 0 else { throw systemError(aside) }
        kept.append("")
      }
      for suffix in journals where exists(path + suffix) {
        guard !exists(aside + suffix) else { throw systemError(aside + suffix) }
        try move(path + suffix, to: aside + suffix)
        kept.append(suffix)
      }
      try move(copy, to: path)
    } catch {
      for suffix in kept {
        if suffix.isEmpty {
          unsafe unlink(aside)
        } else {
          try? move(aside + suffix, to: path + suffix)
        }
      }
      throw error
    }
    return kept.map { aside + $0 }
  }

  /// Gives `copy` the owner of what it takes the place of, or of the folder, where we may.
  ///
  /// A service that is another user could not open it. With `mode` it gets the mode too.
  private static func adopt(_ copy: String, whose other: String, mode: Bool) {
    var status = stat()
    guard unsafe stat(other, &status) == 0 else { return }
    unsafe chown(copy, status.st_uid, status.st_gid)
    if mode { unsafe chmod(copy, status.st_mode & 0o777) }
  }

  private static let journals = ["-wal", "-shm", "-journal"]

  private static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// The database with its journal in it and nobody else at it; nil where there is none that can be
  /// read.
  private static func exclusive(
    _ path: String, _ deadline: Deadline
  ) throws(DatabaseError) -> SQLiteConnection? {
    guard exists(path) else { return nil }
    let old = try SQLiteConnection(
      SQLiteLocation(path: path), flags: SQLITE_OPEN_READWRITE, busyTimeout: .zero)
    // In this mode the journal goes into the file, which needs that nobody else has it open.
    let alone = "PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"
    do throws(DatabaseError) {
      try old.run(script: alone, named: "replace", deadline: deadline)
    } catch {
      old.close()
      if error.kind == .corrupt { return nil }
      throw error
    }
    return old
  }

  /// Whether the file has nothing in it: no table, no view.
  public static func isEmpty(_ path: String, deadline: Deadline) throws(DatabaseError) -> Bool {
    var options = SQLiteOptions()
    options.readOnly = true
    let connection = try open(path, options)
    defer { connection.close() }
    let objects = Statement.once("objects", "SELECT count(*) FROM sqlite_schema", access: .read)
    let count: Int64? = try connection.query(objects, [], deadline: deadline).first?.get(0)
    return count == 0
  }

  private static func move(_ source: String, to path: String) throws(DatabaseError) {
    guard unsafe rename(source, path) == 0 else { throw systemError(path) }
    try synchronise(folder(of: path))
  }
}
