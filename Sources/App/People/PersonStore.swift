import Core
import SQL

/// Keeps people in the database.
struct PersonStore: Sendable {
  /// Everything of a person but the uuid, in the order that `person` reads it.
  private static let columns = """
    survived, passenger_class, name, sex, age, siblings_or_spouses_aboard, \
    parents_or_children_aboard, fare, updated_at
    """

  private static let find = Statement(
    "person_find", "SELECT \(columns) FROM people WHERE uuid = $1")

  private static let firstPage = Statement(
    "people_first_page", "SELECT \(columns), uuid FROM people ORDER BY uuid LIMIT $1")

  private static let nextPage = Statement(
    "people_next_page",
    "SELECT \(columns), uuid FROM people WHERE uuid > $2 ORDER BY uuid LIMIT $1")

  private static let insert = Statement(
    "person_insert",
    """
    INSERT INTO people (uuid, survived, passenger_class, name, sex, age, \
    siblings_or_spouses_aboard, parents_or_children_aboard, fare, created_at, updated_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) ON CONFLICT (uuid) DO NOTHING
    """)

  /// One statement, so that changes of different fields at the same time all last, and so that
  /// nothing comes between the look at the version and the write.
  ///
  /// The version grows even where the clock stands still or was put back.
  private static let merge = Statement(
    "person_merge",
    postgres: merging("GREATEST($10, updated_at + interval '1 microsecond')"),
    sqlite: merging(
      """
      max($10, strftime('%Y-%m-%dT%H:%M:%S', substr(updated_at, 1, 19), \
      ((substr(updated_at, 21, 6) + 1) / 1000000) || ' seconds') \
      || printf('.%06dZ', (substr(updated_at, 21, 6) + 1) % 1000000))
      """))

  private static func merging(_ version: String) -> String {
    """
    UPDATE people SET survived = COALESCE($2, survived), \
    passenger_class = COALESCE($3, passenger_class), name = COALESCE($4, name), \
    sex = COALESCE($5, sex), age = COALESCE($6, age), \
    siblings_or_spouses_aboard = COALESCE($7, siblings_or_spouses_aboard), \
    parents_or_children_aboard = COALESCE($8, parents_or_children_aboard), \
    fare = COALESCE($9, fare), updated_at = \(version) \
    WHERE uuid = $1 AND updated_at = COALESCE($11, updated_at) RETURNING \(columns)
    """
  }

  private static let delete = Statement(
    "person_delete",
    "DELETE FROM people WHERE uuid = $1 AND updated_at = COALESCE($2, updated_at)")

  static let statements = [find, firstPage, nextPage, insert, merge, delete]

  let database: any Database

  /// The person with `uuid`, nil where there is none.
  func find(_ uuid: UUID, deadline: Deadline) throws(DatabaseError) -> Person? {
    guard let row = try database.query(Self.find, [.uuid(uuid)], deadline: deadline).first
    else { return nil }
    return try Self.person(uuid, row)
  }

  /// At most `limit` people after `uuid`, or from the beginning, by uuid.
  func page(
    after uuid: UUID?, limit: Int, deadline: Deadline
  ) throws(DatabaseError) -> [Person] {
    let limit = Value.integer(Int64(limit))
    let rows =
      if let uuid {
        try database.query(Self.nextPage, [limit, .uuid(uuid)], deadline: deadline)
      } else {
        try database.query(Self.firstPage, [limit], deadline: deadline)
      }
    var people: [Person] = []
    people.reserveCapacity(rows.count)
    for row in rows { people.append(try Self.person(row.get(9), row)) }
    return people
  }

  /// Keeps somebody new; false where the uuid is taken.
  func insert(_ person: Person, deadline: Deadline) throws(DatabaseError) -> Bool {
    let values: [Value] = [
      .uuid(person.uuid), .boolean(person.survived), .integer(person.passengerClass),
      .text(person.name), .text(person.sex.rawValue), .integer(person.age),
      .integer(person.siblingsOrSpousesAboard), .integer(person.parentsOrChildrenAboard),
      .real(person.fare), .timestamp(person.version),
    ]
    return try database.execute(Self.insert, values, deadline: deadline) == 1
  }

  /// Changes what `changes` names and gives the result.
  ///
  /// Nil where nobody has the uuid, or where the person is not at `version`, if one is given.
  func merge(
    _ changes: PersonChanges, into uuid: UUID, at version: Timestamp?, now: Timestamp,
    deadline: Deadline
  ) throws(DatabaseError) -> Person? {
    let values: [Value] = [
      .uuid(uuid), changes.survived.map(Value.boolean) ?? .null,
      changes.passengerClass.map(Value.integer) ?? .null, changes.name.map(Value.text) ?? .null,
      changes.sex.map { .text($0.rawValue) } ?? .null, changes.age.map(Value.integer) ?? .null,
      changes.siblingsOrSpousesAboard.map(Value.integer) ?? .null,
      changes.parentsOrChildrenAboard.map(Value.integer) ?? .null,
      changes.fare.map(Value.real) ?? .null, .timestamp(now),
      version.map(Value.timestamp) ?? .null,
    ]
    guard let row = try database.query(Self.merge, values, deadline: deadline).first
    else { return nil }
    return try Self.person(uuid, row)
  }

  /// Forgets somebody; false where nobody has the uuid, or where the person is not at `version`, if
  /// one is given.
  func delete(
    _ uuid: UUID, at version: Timestamp?, deadline: Deadline
  ) throws(DatabaseError) -> Bool {
    let values: [Value] = [.uuid(uuid), version.map(Value.timestamp) ?? .null]
    return try database.execute(Self.delete, values, deadline: deadline) == 1
  }

  private static func person(_ uuid: UUID, _ row: Row) throws(DatabaseError) -> Person {
    let sex: String = try row.get(3)
    guard let sex = Person.Sex(rawValue: sex) else {
      throw DatabaseError(.decoding, "column sex holds another text")
    }
    return Person(
      uuid: uuid, survived: try row.get(0), passengerClass: try row.get(1), name: try row.get(2),
      sex: sex, age: try row.get(4), siblingsOrSpousesAboard: try row.get(5),
      parentsOrChildrenAboard: try row.get(6), fare: try row.get(7), version: try row.get(8))
  }
}
