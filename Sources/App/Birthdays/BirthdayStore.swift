import Core
import SQL

/// Keeps birthdays in the database.
struct BirthdayStore: Sendable {
  private static let find = Statement(
    "birthday_find", "SELECT date_of_birth FROM birthdays WHERE username = $1")
  /// One statement, so that two writers of one name can not meet between a look and a write.
  private static let save = Statement(
    "birthday_save",
    """
    INSERT INTO birthdays (username, date_of_birth, created_at, updated_at) \
    VALUES ($1, $2, $3, $3) ON CONFLICT (username) \
    DO UPDATE SET date_of_birth = excluded.date_of_birth, updated_at = excluded.updated_at
    """)

  static let statements = [find, save]

  let database: any Database

  /// The birthday kept under `username`, nil where there is none.
  func find(_ username: Username, deadline: Deadline) throws(DatabaseError) -> CivilDate? {
    try database.query(Self.find, [.text(username.text)], deadline: deadline).first?.get(0)
  }

  /// Keeps `date` under `username`, in place of an earlier one.
  func save(
    _ date: CivilDate, for username: Username, at now: Timestamp, deadline: Deadline
  ) throws(DatabaseError) {
    _ = try database.execute(
      Self.save, [.text(username.text), .date(date), .timestamp(now)], deadline: deadline)
  }
}
