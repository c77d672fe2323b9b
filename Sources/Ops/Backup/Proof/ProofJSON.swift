import JSON

/// How a proof is kept.
extension Proof {
  var json: JSONValue {
    var members: [JSONMember] = [
      JSONMember("format", .integer(Int64(Self.formatCurrent))),
      JSONMember("mode", .string(mode.rawValue)),
      JSONMember("serverVersion", .string(serverVersion)),
      JSONMember("schemaFingerprint", .string(schemaFingerprint)),
      JSONMember("logPosition", logPosition.map { .string($0) } ?? .null),
      JSONMember("tables", .array(tables.map(\.json))),
      JSONMember("largeObjects", largeObjects?.json ?? .null),
      JSONMember("sequences", .array(sequences.map(\.json))),
      JSONMember("extensions", .array(extensions.map(\.json))),
    ]
    if let extensionConfiguration {
      let titles = extensionConfiguration.map { JSONValue.string($0) }
      members.append(JSONMember("extensionConfiguration", .array(titles)))
    }
    return JSONValue.object(members).inNameOrder
  }

  /// The object's bytes.
  var bytes: [UInt8] { json.recordBytes }

  /// Reads what `bytes` gave.
  init(_ bytes: [UInt8]) throws(RecordProblem) {
    let fields = try RecordFields.read(bytes, formatCurrent: Self.formatCurrent)
    let objects = try fields.optionalRecord("largeObjects")
    self.init(
      mode: try fields.choice("mode"),
      serverVersion: try fields.text("serverVersion"),
      schemaFingerprint: try fields.text("schemaFingerprint"),
      logPosition: try fields.optionalText("logPosition"),
      tables: try fields.records("tables", Table.init),
      largeObjects: try objects.map(LargeObjects.init),
      sequences: try fields.records("sequences", Sequence.init),
      extensions: try fields.records("extensions", Extension.init))
    // Older releases wrote none.
    if let written = fields.json["extensionConfiguration"], written != .null {
      extensionConfiguration = try fields.texts("extensionConfiguration")
    }
  }
}

extension Proof.Table {
  fileprivate var json: JSONValue {
    [
      "schema": .string(schema), "name": .string(name), "rows": .integer(rows),
      "digest": digest.map { .string($0) } ?? .null,
    ]
  }

  fileprivate init(_ fields: RecordFields) throws(RecordProblem) {
    self.init(
      schema: try fields.text("schema"), name: try fields.text("name"),
      rows: try fields.number("rows"), digest: try fields.optionalText("digest"))
  }
}

extension Proof.LargeObjects {
  fileprivate var json: JSONValue {
    ["count": .integer(count), "digest": digest.map { .string($0) } ?? .null]
  }

  fileprivate init(_ fields: RecordFields) throws(RecordProblem) {
    self.init(
      count: try fields.number("count"), digest: try fields.optionalText("digest"))
  }
}

extension Proof.Sequence {
  fileprivate var json: JSONValue {
    [
      "schema": .string(schema), "name": .string(name), "before": before.json,
      "after": after.json,
    ]
  }

  fileprivate init(_ fields: RecordFields) throws(RecordProblem) {
    self.init(
      schema: try fields.text("schema"), name: try fields.text("name"),
      before: try Position(fields.record("before")), after: try Position(fields.record("after")))
  }
}

extension Proof.Sequence.Position {
  fileprivate var json: JSONValue {
    ["value": .integer(value), "called": .boolean(isCalled)]
  }

  fileprivate init(_ fields: RecordFields) throws(RecordProblem) {
    self.init(value: try fields.number("value"), isCalled: try fields.truth("called"))
  }
}

extension Proof.Extension {
  fileprivate var json: JSONValue { ["name": .string(name), "version": .string(version)] }

  fileprivate init(_ fields: RecordFields) throws(RecordProblem) {
    self.init(name: try fields.text("name"), version: try fields.text("version"))
  }
}
