import JSON

/// The JSON Schema of the chart's values, made of the type that reads them.
///
/// Helm checks values by it after it has laid them over `values.yaml`.
/// https://helm.sh/docs/topics/charts/#schema-files
enum ChartSchema {
  /// Beside `values.yaml`, where Helm looks for it.
  static let fileName = "values.schema.json"

  static var text: String { document.written(pretty: true) + "\n" }

  static var document: JSONValue {
    .object(
      [
        JSONMember("$schema", SchemaDocument.dialect),
        JSONMember("title", "Values of the chart"),
      ] + SchemaDocument(completeness: .merged).object(ChartValues.fields) + [
        JSONMember("allOf", .array(conditions + secretsElsewhere))
      ])
  }

  /// What depends on other values.
  private static var conditions: [JSONValue] {
    [
      condition(
        ["environment": ["const": .string(Environment.Settings.production.rawValue)]],
        ["image": needs("digest", ["pattern": digestPattern])]),
      condition(
        ["image": ["properties": ["digest": nothing]]],
        ["image": ["properties": ["tag": ["not": ["const": .string(ImageReference.latest)]]]]]),
      ["properties": ["env": ["patternProperties": notTaken]]],
      ["properties": ["database": ["properties": ["image": ["not": latestImage]]]]],
      condition(
        ["database": mode(.cloudNativePG)],
        [
          "database": [
            "properties": ["image": ["pattern": .string(DatabaseParameters.versionPattern)]]
          ]
        ]),
      condition(
        ["database": mode(.sqlite)],
        ["replicas": ["maximum": 1], "autoscale": ["properties": ["enabled": ["const": false]]]]),
      parametersTaken(by: .bundled), parametersTaken(by: .cloudNativePG),
      condition(
        ["migrations": ["properties": ["mode": ["const": "hook"]]]],
        ["database": mode(.external, .sqlite)]),
      condition(["backup": switchedOn], ["backup": needs("store", something)]),
      condition(["database": mode(.sqlite)], ["backup": ["not": switchedOn]]),
      condition(
        ["backup": encryptsAndDrills], ["backup": needs("drill", needs("identity", something))]),
      condition(["backup": asksForSignatures], ["backup": needs("signWith", something)]),
      condition(["backup": signs], ["backup": needs("signedBy", ["minItems": 1])]),
      condition(["gateway": switchedOn], ["gateway": needs("name", something)]),
      condition(["gateway": switchedOn], ["gateway": needs("host", something)]),
      condition(["ingress": switchedOn], ["ingress": needs("host", something)]),
      condition(
        ["database": mode(.sqlite, .cloudNativePG)],
        ["secrets": ["properties": ["database": false]]]),
      condition(["database": mode(.sqlite)], ["secrets": ["properties": ["migrations": false]]]),
      condition(
        ["database": mode(.bundled)],
        ["secrets": ["properties": ["database": ["properties": ["vault": nothing]]]]]),
      condition(
        ["database": poolsTransactionsElsewhere, "migrations": areMigrated],
        ["secrets": needs(SecretForm.migrations, true)]),
      ["properties": ["pod": ["properties": ["tolerations": ["items": valueOnlyToEqual]]]]],
    ]
  }

  /// A toleration that the API server takes.
  private static let valueOnlyToEqual: JSONValue = [
    "if": [
      "required": ["operator"],
      "properties": ["operator": ["const": .string(Pod.Toleration.Operator.exists.rawValue)]],
    ],
    "then": ["properties": ["value": nothing]],
  ]

  /// No secret in clear.
  private static var secretsElsewhere: [JSONValue] {
    SecretSchema.conditions(texts: EnvironmentRules.textsForObjects + [["service", "annotations"]])
  }

  /// Variables that the values set elsewhere.
  private static var notTaken: JSONValue {
    .object([JSONMember(TakenVariables.namePattern, ["type": "null"])])
  }

  private static let latestImage: JSONValue = [
    "type": "string", "pattern": .string(":\(ImageReference.latest)$"),
  ]

  private static let something = SchemaDocument.something
  private static let nothing: JSONValue = ["enum": ["", nil]]
  private static let switchedOn: JSONValue = ["properties": ["enabled": ["const": true]]]
  private static let areMigrated: JSONValue = [
    "properties": ["mode": ["not": ["const": .string(MigrationValues.Mode.none.rawValue)]]]
  ]
  private static let digestPattern = JSONValue.string(TextForm.imageDigest.pattern?.anchored ?? "")

  /// Backups that their pods alone could not restore.
  private static let encryptsAndDrills: JSONValue = [
    "properties": [
      "enabled": ["const": true], "encryptTo": ["minItems": 1], "drill": switchedOn,
    ]
  ]

  /// Backups that drills want signed.
  private static let asksForSignatures: JSONValue = [
    "required": ["signedBy"],
    "properties": ["enabled": ["const": true], "signedBy": ["minItems": 1]],
  ]
  /// Backups with a key that signs.
  private static let signs: JSONValue = [
    "required": ["signWith"],
    "properties": ["enabled": ["const": true], "signWith": something],
  ]

  /// A pooler that others run: who migrates has to go around it.
  private static let poolsTransactionsElsewhere: JSONValue = [
    "properties": [
      "mode": ["const": .string(Database.Mode.external.rawValue)],
      "pooler": ["const": .string(Database.Pooler.transaction.rawValue)],
    ]
  ]

  /// Settings of PostgreSQL that this mode does not take.
  private static func parametersTaken(by mode: Database.Mode) -> JSONValue {
    condition(
      ["database": Self.mode(mode)],
      ["database": ["properties": ["parameters": DatabaseParameters.schema(of: mode)]]])
  }

  private static func mode(_ modes: Database.Mode...) -> JSONValue {
    ["properties": ["mode": ["enum": .array(modes.map { .string($0.rawValue) })]]]
  }

  private static func needs(_ key: String, _ schema: JSONValue) -> JSONValue {
    ["required": [.string(key)], "properties": .object([JSONMember(key, schema)])]
  }

  /// If the values have these properties, then they must have those as well.
  private static func condition(_ given: JSONValue, _ wanted: JSONValue) -> JSONValue {
    ["if": ["properties": given], "then": ["properties": wanted]]
  }
}
