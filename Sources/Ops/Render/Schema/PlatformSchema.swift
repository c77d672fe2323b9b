import JSON

/// The JSON Schema of platform.yaml, made of the types that read it.
enum PlatformSchema {
  /// Where it stands in the repository.
  static let path = "docs/platform.schema.json"

  static var text: String { document.written(pretty: true) + "\n" }

  static var document: JSONValue {
    let environment = SchemaDocument(completeness: .part)
      .object(EnvironmentFields.fields)
    return [
      "$schema": SchemaDocument.dialect, "title": "platform.yaml",
      "description": "The one source for every environment of the service.",
      "type": "object", "required": ["service", "environments"], "properties": properties,
      "additionalProperties": false, "allOf": .array(conditions + neededByTarget),
      "definitions": [
        "environment": .object(
          [JSONMember("title", "One environment")] + environment
            + [JSONMember("allOf", .array(secretsElsewhere + databases))])
      ],
    ]
  }

  private static var properties: JSONValue {
    .object(Platform.fields.map { JSONMember($0.key, property($0)) })
  }

  private static func property(_ field: FieldDescription) -> JSONValue {
    let head = [JSONMember("description", .string(field.help))]
    let environment: JSONValue = ["$ref": "#/definitions/environment"]
    return switch field.key {
    case Platform.defaultsKey:
      .object(head + [JSONMember("anyOf", [environment, ["type": "null"]])])
    case Platform.environmentsKey:
      .object(
        head + [
          JSONMember("type", "object"), JSONMember("minProperties", 1),
          JSONMember(
            "propertyNames", .object([JSONMember("pattern", .string(TextPattern.label.anchored))])),
          JSONMember("additionalProperties", ["allOf": .array([environment] + byTarget)]),
        ])
    default:
      .object(
        head
          + SchemaDocument(completeness: .whole).value(
            field.schema, isNullable: !field.isRequired, at: [field.key]))
    }
  }

  /// What a database does not take by its mode, where one mapping says both.
  private static var databases: [JSONValue] {
    [Database.Mode.bundled, .cloudNativePG].map { mode in
      var properties = [JSONMember("parameters", DatabaseParameters.schema(of: mode))]
      if mode == .cloudNativePG {
        let pattern = DatabaseParameters.versionPattern
        properties.append(JSONMember("image", ["pattern": .string(pattern)]))
      }
      let database: JSONValue = [
        "if": [
          "required": ["mode"], "properties": ["mode": ["const": .string(mode.rawValue)]],
        ],
        "then": ["properties": .object(properties)],
      ]
      return ["properties": ["database": database]]
    }
  }

  /// No secret in clear.
  private static var secretsElsewhere: [JSONValue] {
    SecretSchema.conditions(texts: EnvironmentRules.textsForObjects)
  }

  private static let nothing: JSONValue = ["type": "null"]
  private static let isLocal = target(.local)
  private static let isOnCluster = target(.helm, .kustomize)

  /// What an environment that names its target has no use for.
  private static var byTarget: [JSONValue] {
    [(isLocal, EnvironmentRules.keysOfClusters), (isOnCluster, EnvironmentRules.keysOfMachines)]
      .map { target, keys in
        let unused = JSONValue.object(keys.map { JSONMember($0, nothing) })
        return ["if": target, "then": ["properties": unused]]
      } + [
        // A key of its own decides such a variable, or the objects do.
        [
          "if": isOnCluster,
          "then": [
            "properties": [
              "env": [
                "patternProperties": .object([JSONMember(TakenVariables.namePattern, nothing)])
              ]
            ]
          ],
        ],
        // A Gateway takes the place of both.
        [
          "if": [
            "required": ["gateway"], "properties": ["gateway": SchemaDocument.something],
          ],
          "then": ["properties": ["tls": nothing, "ingress": nothing]],
        ],
      ]
  }

  /// What an environment that names its target needs, where the defaults do not have it.
  private static var neededByTarget: [JSONValue] {
    EnvironmentRules.keysNeededByClusters.map { key in
      condition(path: [], key, then: { ["if": isOnCluster, "then": $0] })
    }
  }

  private static func target(_ targets: Environment.Target...) -> JSONValue {
    [
      "required": ["target"],
      "properties": ["target": ["enum": .array(targets.map { .string($0.rawValue) })]],
    ]
  }

  /// For each key that must be there: where the defaults do not have it, environments must.
  private static var conditions: [JSONValue] {
    required(EnvironmentFields.fields, at: []).map { path, key in condition(path: path, key) }
  }

  /// Where the defaults do not have a key, environments must, by what `then` makes of that.
  private static func condition(
    path: [String], _ key: String, then: (JSONValue) -> JSONValue = { $0 }
  ) -> JSONValue {
    let present: JSONValue = [
      "required": [.string(key)],
      "properties": .object([JSONMember(key, SchemaDocument.something)]),
    ]
    let places = [Platform.defaultsKey] + path
    let environments: JSONValue = [
      "additionalProperties": then(within(path, present, isRequired: false))
    ]
    return [
      "if": ["not": within(places, present, isRequired: true)],
      "then": ["properties": .object([JSONMember(Platform.environmentsKey, environments)])],
    ]
  }

  /// `schema` of the value under these keys.
  private static func within(
    _ path: [String], _ schema: JSONValue, isRequired: Bool
  ) -> JSONValue {
    path.reversed().reduce(schema) { inner, key in
      var members = [JSONMember("properties", .object([JSONMember(key, inner)]))]
      if isRequired {
        members = [JSONMember("type", "object"), JSONMember("required", [.string(key)])] + members
      }
      return .object(members)
    }
  }

  /// The keys that must be there, each with the path of its mapping.
  private static func required(
    _ fields: [FieldDescription], at path: [String]
  ) -> [(path: [String], key: String)] {
    fields.flatMap { field -> [(path: [String], key: String)] in
      let own = field.isRequired ? [(path: path, key: field.key)] : []
      return own + required(field.schema, at: path + [field.key])
    }
  }

  private static func required(
    _ schema: FieldSchema, at path: [String]
  ) -> [(path: [String], key: String)] {
    switch schema {
    case .object(let fields): required(fields, at: path)
    case .either(let one, let other): required(one, at: path) + required(other, at: path)
    default: []
    }
  }
}
