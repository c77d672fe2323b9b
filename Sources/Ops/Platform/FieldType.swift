import Core
import YAML

/// How a value of platform.yaml is read, described and refused.
struct FieldType<Value> {
  /// Reads the value at the path; where it cannot, reports why and gives nil.
  let read: (YAMLNode, Decoding, [String]) -> Value?
  private let makeSchema: () -> FieldSchema
  private let words: String?

  /// A type of this schema, which is made only when somebody asks: it may be large.
  init(
    _ schema: @autoclosure @escaping () -> FieldSchema, wanted words: String? = nil,
    read: @escaping (YAMLNode, Decoding, [String]) -> Value?
  ) {
    self.read = read
    self.words = words
    makeSchema = schema
  }

  var schema: FieldSchema { makeSchema() }

  /// What is accepted, for errors.
  var wanted: String { words ?? schema.wanted }

  /// The value of a node that stands in no file; nil where it is not accepted.
  func value(of node: YAMLNode) -> Value? {
    let decoding = Decoding(file: "", root: node)
    let value = read(node, decoding, [])
    return decoding.problems.isEmpty ? value : nil
  }

  /// What `text` would be in a file, where this type accepts it.
  func written(_ text: String) -> YAMLNode? {
    guard let node = try? YAMLReader.read(text), value(of: node) != nil else { return nil }
    return node
  }
}

extension FieldType {
  /// A scalar that `parse` takes by its meaning.
  static func scalar(
    _ schema: @autoclosure @escaping () -> FieldSchema,
    hint: @escaping (YAMLScalar) -> String? = { _ in nil },
    shown: @escaping (String) -> String = { $0 }, parse: @escaping (YAMLScalar) -> Value?
  ) -> FieldType {
    FieldType(schema()) { node, decoding, path in
      if let scalar = node.scalar, let value = parse(scalar) { return value }
      let text = shown(node.shown)
      decoding.report(
        .notAllowed(shown: text, wanted: schema().wanted, hint: node.scalar.flatMap(hint)),
        at: node.mark, path: path)
      return nil
    }
  }

  /// A text of this form that `parse` makes something of.
  static func text(
    _ form: TextForm, hint: @escaping (YAMLScalar) -> String? = quotes,
    shown: @escaping (String) -> String = { $0 }, parse: @escaping (String) -> Value?
  ) -> FieldType {
    .scalar(.text(form), hint: hint, shown: shown) { scalar in
      guard case .string(let text) = scalar.kind, form.matches(text) else { return nil }
      return parse(text)
    }
  }

  private static func quotes(_ scalar: YAMLScalar) -> String? {
    if case .string = scalar.kind { return nil }
    return "YAML reads this as no text; put it in quotes if it is one"
  }
}

extension FieldType where Value == String {
  /// A text of this form that `isAllowed` as well: what no expression can say.
  static func text(
    _ form: TextForm, _ isAllowed: @escaping (String) -> Bool = { _ in true }
  ) -> FieldType {
    .text(form) { isAllowed($0) ? $0 : nil }
  }

  /// Any text that is not empty.
  static var text: FieldType { .text(TextForm("a text that is not empty")) }

  /// A name that Kubernetes accepts for most of its objects.
  static var label: FieldType { .text(.label) }

  /// The value of an environment variable: any scalar, by its text.
  static var variable: FieldType {
    .scalar(.scalar) { TextForm.printable.matches($0.text) ? $0.text : nil }
  }
}

extension FieldType where Value == Int {
  /// A whole number within `range`.
  static func integer(_ range: ClosedRange<Int>) -> FieldType {
    .scalar(.integer(range), hint: \.integerHint) { scalar in
      guard case .integer(let value) = scalar.kind, range.contains(value) else { return nil }
      return value
    }
  }
}

extension FieldType where Value == Double {
  /// A number of at least `min`.
  static func number(min: Double) -> FieldType {
    .scalar(.number(min: min)) { scalar in
      switch scalar.kind {
      case .integer(let value) where Double(value) >= min: Double(value)
      case .real(let value) where value >= min && value.isFinite: value
      default: nil
      }
    }
  }
}

extension FieldType where Value == Duration {
  /// A duration with its unit.
  static var duration: FieldType {
    .text(
      .duration, hint: { Int($0.text) == nil ? nil : "a unit is missing: \($0.text)s" }
    ) { DurationText.parse($0) }
  }
}

extension FieldType where Value: CaseIterable & RawRepresentable<String> {
  /// One of an enumeration's words.
  static var choice: FieldType {
    let words = Value.allCases.map(\.rawValue)
    return .scalar(
      .choice(words),
      hint: { scalar in
        Suggestion.nearest(to: scalar.text, in: words).map { "did you mean '\($0)'?" }
      }
    ) { Value(rawValue: $0.text) }
  }
}

extension FieldType where Value: PlatformObject {
  /// A mapping with known keys.
  static var object: FieldType { .object { Value(&$0) } }
}

extension FieldType {
  /// A mapping with the keys that `make` asks for.
  static func object(_ make: @escaping (inout ObjectReader) -> Value?) -> FieldType {
    FieldType(.object(ObjectReader.described(make))) { node, decoding, path in
      guard node.mapping != nil else {
        decoding.report(
          .notAllowed(shown: node.shown, wanted: "a mapping", hint: nil), at: node.mark, path: path)
        return nil
      }
      var reader = ObjectReader(node, decoding, path: path)
      let value = make(&reader)
      reader.finish()
      return value
    }
  }
}

extension FieldType {
  /// A list of values of one type; those that are wrong are reported and left out.
  static func list<Element>(_ element: FieldType<Element>) -> FieldType where Value == [Element] {
    FieldType(.list(element.schema)) { node, decoding, path in
      guard let nodes = node.sequence else {
        decoding.report(
          .notAllowed(shown: node.shown, wanted: "a list", hint: nil), at: node.mark, path: path)
        return nil
      }
      return nodes.enumerated().compactMap { index, node in
        element.read(node, decoding, path + [String(index)])
      }
    }
  }

  /// A mapping whose keys the file chooses, of this form.
  static func dictionary<Element>(
    _ element: FieldType<Element>, keys: TextForm
  ) -> FieldType where Value == [String: Element] {
    FieldType(.dictionary(keys: keys, element.schema)) { node, decoding, path in
      guard let pairs = node.mapping else {
        decoding.report(
          .notAllowed(shown: node.shown, wanted: "a mapping", hint: nil), at: node.mark, path: path)
        return nil
      }
      var result: [String: Element] = [:]
      for pair in pairs where pair.value.scalar?.kind != .null {
        if !keys.matches(pair.key) {
          decoding.report(
            .notAllowed(shown: pair.key, wanted: keys.wanted, hint: nil), key: pair, path: path)
        }
        result[pair.key] = element.read(pair.value, decoding, path + [pair.key])
      }
      return result
    }
  }
}

extension YAMLNode {
  /// The node as an error shows it: a scalar's text, or its kind where it has none.
  var shown: String { scalar.map { $0.kind == .null ? "null" : $0.text } ?? kindName }

  fileprivate var kindName: String { mapping == nil ? "a list" : "a mapping" }
}
