import CSQLite
import Core
import Glibc

/// Which file a connection opens, in the forms that SQLite and people want.
struct SQLiteLocation {
  /// The path for messages, or `:memory:`.
  let path: String
  /// What `sqlite3_open_v2` gets.
  let name: String

  /// A file that is read and written.
  init(path: String) {
    self.path = path
    // A relative path could otherwise be taken for a URI.
    name = path == Self.memory || path.hasPrefix("/") ? path : "./\(path)"
  }

  /// A file that is only read, without making the files that go with a journal.
  ///
  /// Without a `-wal` file nobody has the database open for writing, and `immutable` keeps SQLite
  /// from making one. https://www.sqlite.org/uri.html
  init(readOnly path: String) {
    self.path = path
    let isAlone = unsafe access("\(path)-wal", F_OK) != 0
    name = "file:\(Self.escaped(path))?mode=ro\(isAlone ? "&immutable=1" : "")"
  }

  static let memory = ":memory:"

  private static func escaped(_ path: String) -> String {
    PercentEncoding.encode(path, keeping: "/-_.~")
  }
}
