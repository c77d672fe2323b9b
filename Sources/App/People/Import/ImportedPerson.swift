import CSV
import SQL

/// A person as a row of a file tells it.
struct ImportedPerson {
  static let nameLengthMax = 100
  static let sexes = ["male", "female", "other"]
  private static let sexBytes = sexes.map { Array($0.utf8) }

  private var survived = false
  private var integers: (class: Int32, age: Int32, siblings: Int32, parents: Int32) = (0, 0, 0, 0)
  /// Where the name lies in the record's bytes.
  private var name = 0..<0
  private var sex = 0
  private var fare = 0.0

  /// Reads a record that has as many fields as there are columns; throws every field that is wrong.
  init(_ record: CSVRecord, _ header: ImportHeader) throws(ImportProblems) {
    let wrong = fill(record, header)
    if wrong.isEmpty { return }
    throw ImportHeader.problems(
      wrong.map { column in
        let field = header.fields[column.rawValue]
        return ImportProblem(record.place(of: field), column, value: record.text(field))
      })
  }

  /// Gives the columns whose fields are wrong.
  private mutating func fill(_ record: CSVRecord, _ header: ImportHeader) -> [ImportColumn] {
    let bytes = record.bytes.span
    func range(_ column: ImportColumn) -> Range<Int> {
      record.range(of: header.fields[column.rawValue])
    }
    var wrong: [ImportColumn] = []
    func integer(_ column: ImportColumn, cutsFraction: Bool = false) -> Int32 {
      let text = bytes.extracting(range(column))
      if let number = ImportNumber.integer(text, cutsFraction: cutsFraction) { return number }
      wrong.append(column)
      return 0
    }
    let flag = integer(.survived)
    survived = flag == 1
    // A plain digit, so that `00` and `-0` are no other way to say it.
    if range(.survived).count != 1 || !(0...1).contains(flag), wrong.isEmpty {
      wrong.append(.survived)
    }
    integers.class = integer(.passengerClass)
    name = range(.name)
    if !Self.isName(bytes.extracting(name)) { wrong.append(.name) }
    if let found = Self.sex(bytes.extracting(range(.sex))) {
      sex = found
    } else {
      wrong.append(.sex)
    }
    integers.age = integer(.age, cutsFraction: true)
    integers.siblings = integer(.siblingsOrSpouses)
    integers.parents = integer(.parentsOrChildren)
    if let number = ImportNumber.real(bytes.extracting(range(.fare))) {
      fare = number
    } else {
      wrong.append(.fare)
    }
    return wrong
  }

  private static func isName(_ text: Span<UInt8>) -> Bool {
    var characters = 0
    for index in text.indices {
      let byte = text[index]
      if byte == 0 { return false }
      if byte & 0xc0 != 0x80 { characters += 1 }
    }
    return (1...nameLengthMax).contains(characters)
  }

  private static func sex(_ text: Span<UInt8>) -> Int? {
    sexBytes.firstIndex { word in
      guard word.count == text.count else { return false }
      for index in text.indices where text[index] != word[index] { return false }
      return true
    }
  }

  /// The columns that `append` fills.
  static let columns: [CopyTable.Column] = [
    .init("survived", .boolean), .init("passenger_class", .integer32), .init("name", .text),
    .init("sex", .text), .init("age", .integer32),
    .init("siblings_or_spouses_aboard", .integer32),
    .init("parents_or_children_aboard", .integer32), .init("fare", .real),
  ]

  /// Adds the fields to the row that was begun.
  func append(to batch: inout CopyBatch, _ record: CSVRecord) {
    batch.append(survived)
    batch.append(integers.class)
    batch.append(utf8: record.bytes.span.extracting(name))
    let word = Self.sexBytes[sex]
    batch.append(utf8: word.span)
    batch.append(integers.age)
    batch.append(integers.siblings)
    batch.append(integers.parents)
    batch.append(fare)
  }
}
