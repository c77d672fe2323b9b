import JSON

/// One thing that is wrong with a request, as a fact.
struct Violation: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case missing
    /// Another type than `expected`, or a number that is no integer.
    case type(expected: String, value: JSONValue)
    /// A text with another number of code points.
    case length(ClosedRange<Int>, count: Int)
    case range(ClosedRange<Int64>, value: Int64)
    case choice([String], value: JSONValue)
    /// A text that does not look as it must, in the words of the format.
    case format(String)
    /// U+0000, which no database column keeps.
    case nul
    /// A field or a parameter that nobody knows; with the known one that is closest.
    case unknown(suggestion: String?)
    /// A rule beyond types, in words.
    case rule(String)
  }

  /// A JSON pointer into the body as a URI fragment, or `#/query/name` and `#/path/name`.
  let pointer: String
  let kind: Kind

  /// The name of the field, which is the pointer's last part.
  var field: String { pointer.split(separator: "/").last.map(String.init) ?? "" }

  /// What is wrong, in words.
  var detail: String {
    switch kind {
    case .missing: "is missing"
    case .type(let expected, let value):
      "must be \(Self.article(expected)) \(expected), not \(value.typeName)"
    case .length(let allowed, let count):
      "must have \(allowed.lowerBound) to \(allowed.upperBound) characters, not \(count)"
    case .range(let allowed, let value):
      "must be from \(allowed.lowerBound) to \(allowed.upperBound), not \(value)"
    case .choice(let choices, _): "must be one of \(choices.joined(separator: ", "))"
    case .format(let words): "must be \(words)"
    case .nul: "must not hold the character U+0000"
    case .unknown(let suggestion):
      "is not known" + (suggestion.map { "; did you mean \($0)?" } ?? "")
    case .rule(let words): words
    }
  }

  private static func article(_ noun: String) -> String {
    noun.first.map { "aeiou".contains($0) } == true ? "an" : "a"
  }
}

extension Schema {
  /// What is wrong with `value`, in the order of the schema, at most `Violations.toldMax`.
  func violations(of value: JSONValue, at pointer: String = "#") -> [Violation] {
    var found = Violations()
    check(value, pointer, &found)
    return found.told
  }

  /// Adds what is wrong with `value` to what was found before.
  func check(_ value: JSONValue, _ pointer: String, _ found: inout Violations) {
    func fail(_ kind: Violation.Kind) { found.add(Violation(pointer: pointer, kind: kind)) }
    switch (self, value) {
    case (.string(let lengths, let format), .string(let text)):
      if let kind = Self.fault(in: text, lengths, format) { fail(kind) }
    case (.choice(let choices), _):
      if value.text.map(choices.contains) != true { fail(.choice(choices, value: value)) }
    case (.integer(let range), .integer(let number)):
      if !range.contains(number) { fail(.range(range, value: number)) }
    case (.number, .integer(let number)):
      // Rounding it in silence would give back another number than was sent.
      if Double(exactly: number) == nil {
        fail(.rule("must be a number that 64 bits of floating point hold exactly"))
      }
    case (.number, .real), (.boolean, .boolean), (.any, _): break
    case (.array(let element), .array(let elements)):
      for (index, item) in elements.enumerated() {
        element.check(item, "\(pointer)/\(index)", &found)
      }
    case (.object(let object), .object(let members)):
      object.check(members, pointer, &found)
    default: fail(.type(expected: typeName, value: value))
    }
  }

  private static func fault(
    in text: String, _ lengths: ClosedRange<Int>, _ format: TextFormat?
  ) -> Violation.Kind? {
    if text.utf8.contains(0) { return .nul }
    if let format, !format.accepts(text) { return .format(format.words) }
    let count = text.unicodeScalars.count
    return lengths.contains(count) ? nil : .length(lengths, count: count)
  }
}

extension ObjectSchema {
  fileprivate func check(_ members: [JSONMember], _ pointer: String, _ found: inout Violations) {
    for field in fields {
      let place = "\(pointer)/\(PointerPart.of(field.name))"
      if let member = members.first(where: { $0.name == field.name }) {
        field.schema.check(member.value, place, &found)
      } else if field.isRequired {
        found.add(Violation(pointer: place, kind: .missing))
      }
    }
    guard refusesUnknown else { return }
    let names = fields.map(\.name)
    for member in members where !names.contains(member.name) {
      found.add(.unknown(in: pointer, member.name, among: names))
    }
  }
}
