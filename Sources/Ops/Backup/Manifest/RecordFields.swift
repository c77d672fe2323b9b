import Core
import JSON

/// The members of a record that a store gave back, read strictly.
///
/// Whatever is not as it was written is told with its place: a record that somebody changed is
/// worth less than none.
struct RecordFields {
  let json: JSONValue
  /// The names that lead here, for messages.
  let place: String

  /// The record in `bytes`, of a format that this release knows.
  static func read(
    _ bytes: [UInt8], formatCurrent: Int
  ) throws(RecordProblem) -> RecordFields {
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONReader.read(bytes)
    } catch {
      throw .notJSON(error.description)
    }
    let fields = RecordFields(json: json, place: "")
    let format = try fields.number("format")
    guard format <= formatCurrent else { throw .newer(Int(format), known: formatCurrent) }
    return fields
  }

  func text(_ name: String) throws(RecordProblem) -> String {
    try member(name, "a text") { $0.text }
  }

  func number(_ name: String) throws(RecordProblem) -> Int64 {
    try member(name, "a whole number") { $0.number }
  }

  func truth(_ name: String) throws(RecordProblem) -> Bool {
    try member(name, "true or false") { $0.truth }
  }

  func moment(_ name: String) throws(RecordProblem) -> Timestamp {
    try member(name, "a moment") { $0.text.flatMap { Timestamp(iso8601: $0) } }
  }

  func choice<Choice: RawRepresentable<String>>(
    _ name: String, of type: Choice.Type = Choice.self
  ) throws(RecordProblem) -> Choice {
    try member(name, "a word that is known") { $0.text.flatMap { Choice(rawValue: $0) } }
  }

  func texts(_ name: String) throws(RecordProblem) -> [String] {
    try member(name, "texts") { value in
      guard let elements = value.elements else { return nil }
      let texts = elements.compactMap(\.text)
      return texts.count == elements.count ? texts : nil
    }
  }

  /// A text that may be null.
  func optionalText(_ name: String) throws(RecordProblem) -> String? {
    json[name] == .null ? nil : try text(name)
  }

  /// A record within this one; nil where it is null.
  func optionalRecord(_ name: String) throws(RecordProblem) -> RecordFields? {
    json[name] == .null ? nil : try record(name)
  }

  /// A record within this one.
  func record(_ name: String) throws(RecordProblem) -> RecordFields {
    let inner = try member(name, "an object") { $0.members == nil ? nil : $0 }
    return RecordFields(json: inner, place: path(name))
  }

  /// The records of a list, each as `read` makes it.
  func records<Element>(
    _ name: String, _ read: (RecordFields) throws(RecordProblem) -> Element
  ) throws(RecordProblem) -> [Element] {
    let elements = try member(name, "a list") { $0.elements }
    var records: [Element] = []
    for (index, element) in elements.enumerated() {
      records.append(try read(RecordFields(json: element, place: "\(path(name))[\(index)]")))
    }
    return records
  }

  /// A member that `read` accepts.
  func member<Value>(
    _ name: String, _ wanted: String, _ read: (JSONValue) -> Value?
  ) throws(RecordProblem) -> Value {
    guard let value = json[name].flatMap(read) else {
      throw .unexpected(path(name), wanted: wanted)
    }
    return value
  }

  private func path(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }
}

/// Why a record of a backup can not be used.
enum RecordProblem: Error, Sendable, Equatable {
  case notJSON(String)
  /// Written by a newer release.
  case newer(Int, known: Int)
  case unexpected(String, wanted: String)
  /// Longer than any such record, in bytes.
  case tooLong(Int)
}

extension RecordProblem: CustomStringConvertible {
  var description: String {
    switch self {
    case .notJSON(let words): "is no JSON: \(words)"
    case .newer(let format, let known):
      "has format \(format), and this release of ops knows up to \(known): use a newer one"
    case .unexpected(let place, let wanted): "\(place) is missing or is not \(wanted)"
    case .tooLong(let bytesMax): "has more than the \(bytesMax) bytes that one may have"
    }
  }
}

extension JSONValue {
  /// The same with the members of every object in the order of their names.
  var inNameOrder: JSONValue {
    switch self {
    case .object(let members):
      .object(
        members.map { JSONMember($0.name, $0.value.inNameOrder) }.sorted { $0.name < $1.name })
    case .array(let elements): .array(elements.map(\.inNameOrder))
    default: self
    }
  }

  /// The bytes of a record as a store keeps it: names in order, a line for each member.
  var recordBytes: [UInt8] { inNameOrder.bytes(pretty: true) + [UInt8(ascii: "\n")] }
}
