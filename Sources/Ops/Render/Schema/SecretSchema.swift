import JSON

/// Texts of which none is a secret in clear, as far as an expression can tell.
enum SecretSchema {
  /// Of a mapping whose values everybody reads who may look at an object.
  static var texts: JSONValue { ["additionalProperties": ["not": form]] }

  /// What variables must keep to, each for itself.
  static var variables: [JSONValue] {
    let key = SecretInClear.keyPatterns
    let isHexadecimal: JSONValue = ["type": "string", "pattern": .string(key.value)]
    return [
      [
        "patternProperties": .object([
          JSONMember(
            SecretInClear.namePattern, ["enum": ["", "true", "false", true, false, nil]])
        ])
      ],
      ["patternProperties": .object([JSONMember(key.name, ["not": isHexadecimal])])],
      withoutForms,
    ]
  }

  /// Conditions for a value with all of these: `paths` lead to its mappings of texts.
  static func conditions(texts paths: [[String]]) -> [JSONValue] {
    [["properties": ["env": ["allOf": .array(variables)]]]]
      + paths.map { path in
        path.reversed().reduce(texts) { inner, key in
          ["properties": .object([JSONMember(key, inner)])]
        }
      }
  }

  /// A path may have any form.
  private static var withoutForms: JSONValue {
    [
      "patternProperties": .object([JSONMember("_[Ff][Ii][Ll][Ee]$", true)]),
      "additionalProperties": ["not": form],
    ]
  }

  private static var form: JSONValue {
    let forms = SecretInClear.valuePatterns.map {
      JSONValue.object([JSONMember("pattern", .string($0))])
    }
    return ["type": "string", "anyOf": .array(forms)]
  }
}

extension DatabaseParameters {
  /// What the settings of a database of this mode must keep to.
  static func schema(of mode: Database.Mode) -> JSONValue {
    .object([
      JSONMember(
        "properties",
        .object(taken(by: mode).map { JSONMember($0, ["type": "null"]) }))
    ])
  }
}
