import CSQLite
import Core
import Glibc

extension SQLiteDatabase {
  /// Puts the file at `copy` in the place of the database at `path`, unless somebody has that open.
  ///
  /// The copy is checked and put on the disk first; both are on one file system. What was at `path`
  /// is at `aside` afterwards, with all that its journal held. Throws `busy` where another
  /// connection is open, and `corrupt` where the check finds something.
  ///
  /// https://www.sqlite.org/howtocorrupt.html#unlinking_or_renaming_a_database_file_while_in_use
  public static func replace(
    _ path: String, with copy: String, keepingOldAt aside: String, deadline: Deadline
  ) throws(DatabaseError) {
    try check(copy, deadline)
    try synchronise(copy)
    guard unsafe access(path, F_OK) == 0 else { return try move(copy, to: path) }
    // In this mode the journal goes into the file, which needs that nobody else has it open.
    let old = try SQLiteConnection(
      SQLiteLocation(path: path), flags: SQLITE_OPEN_READWRITE, busyTimeout: .zero)
    defer { old.close() }
    let alone = "PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"
    try old.run(script: alone, named: "replace", deadline: deadline)
    try move(path, to: aside)
    do throws(DatabaseError) {
      try move(copy, to: path)
    } catch {
      try? move(aside, to: path)
      throw error
    }
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
