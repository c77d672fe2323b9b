import Core
import JSON
import SQL

/// Somebody who was on board.
struct Person: Sendable, Equatable {
  enum Sex: String, Sendable, CaseIterable {
    case male, female, other
  }

  /// How many code points a name may have.
  static let nameLengthMax = 100

  let uuid: UUID
  let survived: Bool
  let passengerClass: Int64
  let name: String
  let sex: Sex
  let age: Int64
  let siblingsOrSpousesAboard: Int64
  let parentsOrChildrenAboard: Int64
  let fare: Double
  /// When the row was last changed, to the microsecond: no two states of a row share it.
  let version: Timestamp

  /// Adds the person as JSON, names in the order of the original service.
  func write(to writer: inout JSONWriter) {
    writer.object { members in
      members.member("uuid", uuid.description)
      members.name("survived")
      members.boolean(survived)
      members.name("passengerClass")
      members.integer(passengerClass)
      members.member("name", name)
      members.member("sex", sex.rawValue)
      members.name("age")
      members.integer(age)
      members.name("siblingsOrSpousesAboard")
      members.integer(siblingsOrSpousesAboard)
      members.name("parentsOrChildrenAboard")
      members.integer(parentsOrChildrenAboard)
      members.name("fare")
      members.real(fare)
    }
  }

  var json: [UInt8] {
    var writer = JSONWriter(capacity: 320)
    write(to: &writer)
    return writer.bytes
  }
}

/// What is to be different about somebody; nil leaves it as it is.
struct PersonChanges: Sendable, Equatable {
  var survived: Bool?
  var passengerClass: Int64?
  var name: String?
  var sex: Person.Sex?
  var age: Int64?
  var siblingsOrSpousesAboard: Int64?
  var parentsOrChildrenAboard: Int64?
  var fare: Double?

  /// What a body says that the contract let pass.
  init(_ body: JSONValue) {
    survived = body["survived"]?.truth
    passengerClass = body["passengerClass"]?.number
    name = body["name"]?.text
    sex = body["sex"]?.text.flatMap { Person.Sex(rawValue: $0) }
    age = body["age"]?.number
    siblingsOrSpousesAboard = body["siblingsOrSpousesAboard"]?.number
    parentsOrChildrenAboard = body["parentsOrChildrenAboard"]?.number
    fare = body["fare"].flatMap(Self.fare)
  }

  var isEmpty: Bool { self == PersonChanges(.null) }

  /// Somebody new, who did not survive unless the body says so.
  func person(_ uuid: UUID, at now: Timestamp) throws(ContractGap) -> Person {
    Person(
      uuid: uuid, survived: survived ?? false, passengerClass: try passengerClass.required(),
      name: try name.required(), sex: try sex.required(), age: try age.required(),
      siblingsOrSpousesAboard: try siblingsOrSpousesAboard.required(),
      parentsOrChildrenAboard: try parentsOrChildrenAboard.required(), fare: try fare.required(),
      version: now)
  }

  /// Zero has no sign here: SQLite does not keep one.
  private static func fare(_ value: JSONValue) -> Double? {
    switch value {
    case .integer(let number): Double(number)
    case .real(let number): number + 0
    default: nil
    }
  }
}
