/// The columns of a file of people, in the order in which rows are kept.
enum ImportColumn: Int, CaseIterable, Sendable {
  case survived, passengerClass, name, sex, age, siblingsOrSpouses, parentsOrChildren, fare

  /// The name in the file's first line.
  var header: String {
    switch self {
    case .survived: "Survived"
    case .passengerClass: "Pclass"
    case .name: "Name"
    case .sex: "Sex"
    case .age: "Age"
    case .siblingsOrSpouses: "Siblings/Spouses Aboard"
    case .parentsOrChildren: "Parents/Children Aboard"
    case .fare: "Fare"
    }
  }

  /// What a field may hold, in words.
  var allowed: String {
    switch self {
    case .survived: "0 or 1"
    case .name: "1 to \(ImportedPerson.nameLengthMax) characters without U+0000"
    case .sex: ImportedPerson.sexes.joined(separator: ", ")
    case .age: "a number from -2147483648 to 2147483647, whose fraction is cut off"
    case .fare: "a finite decimal number"
    case .passengerClass, .siblingsOrSpouses, .parentsOrChildren:
      "a whole number from -2147483648 to 2147483647"
    }
  }
}
