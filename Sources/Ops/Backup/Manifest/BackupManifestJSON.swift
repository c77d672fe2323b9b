import Core
import JSON

/// How a manifest is kept.
extension BackupManifest {
  var json: JSONValue {
    let members: [JSONMember] = [
      JSONMember("format", .integer(Int64(Self.formatCurrent))),
      JSONMember("id", .string(id.text)),
      JSONMember("database", .string(database)),
      JSONMember("kind", .string(kind.rawValue)),
      JSONMember("source", .string(source)),
      JSONMember("serverVersion", .string(serverVersion)),
      JSONMember("tools", .object(tools.map { JSONMember($0.key, .string($0.value)) })),
      JSONMember("snapshotAt", .string(snapshotAt.iso8601InMicroseconds)),
      JSONMember("startedAt", .string(startedAt.iso8601InMicroseconds)),
      JSONMember("finishedAt", .string(finishedAt.iso8601InMicroseconds)),
      JSONMember("files", .array(files.map(\.json))),
      JSONMember("recipients", .array(recipients.map { .string($0) })),
      JSONMember("excludedTables", .array(excludedTables.map { .string($0) })),
      JSONMember("schemaOnly", .boolean(isSchemaOnly)),
      JSONMember("globals", .boolean(hasGlobals)),
      JSONMember("proof", proof.json),
      JSONMember("locale", locale?.json ?? .null),
    ]
    return JSONValue.object(members).inNameOrder
  }

  /// The object's bytes.
  var bytes: [UInt8] { json.recordBytes }

  /// Reads what `bytes` gave.
  init(_ bytes: [UInt8]) throws(RecordProblem) {
    let fields = try RecordFields.read(bytes, formatCurrent: Self.formatCurrent)
    let tools = try fields.record("tools")
    self.init(
      id: try fields.member("id", "the name of a backup") { $0.text.flatMap { BackupID($0) } },
      database: try fields.text("database"),
      kind: try fields.choice("kind"),
      source: try fields.text("source"),
      serverVersion: try fields.text("serverVersion"),
      tools: try Self.texts(of: tools),
      snapshotAt: try fields.moment("snapshotAt"),
      startedAt: try fields.moment("startedAt"),
      finishedAt: try fields.moment("finishedAt"),
      files: try fields.records("files", BackupFile.init),
      recipients: try fields.texts("recipients"),
      excludedTables: try fields.texts("excludedTables"),
      isSchemaOnly: try fields.truth("schemaOnly"),
      proof: try ProofReference(fields.record("proof")),
      locale: try Self.locale(fields))
  }

  private static func locale(
    _ fields: RecordFields
  ) throws(RecordProblem) -> DatabaseLocale? {
    guard let locale = try fields.optionalRecord("locale") else { return nil }
    return try DatabaseLocale(locale)
  }

  private static func texts(of fields: RecordFields) throws(RecordProblem) -> [String: String] {
    var texts: [String: String] = [:]
    for member in fields.json.members ?? [] { texts[member.name] = try fields.text(member.name) }
    return texts
  }
}

extension BackupManifest.ProofReference {
  fileprivate var json: JSONValue {
    ["mode": .string(mode.rawValue), "key": .string(key), "sha256": .string(sha256)]
  }

  fileprivate init(_ fields: RecordFields) throws(RecordProblem) {
    self.init(
      mode: try fields.choice("mode"), key: try fields.text("key"),
      sha256: try fields.text("sha256"))
  }
}

extension BackupFile {
  fileprivate var json: JSONValue {
    [
      "content": .string(content.rawValue), "key": .string(key), "clear": clear.json,
      "stored": stored.json, "parts": .array(parts.map(\.json)),
    ]
  }

  fileprivate init(_ fields: RecordFields) throws(RecordProblem) {
    self.init(
      content: try fields.choice("content"), key: try fields.text("key"),
      clear: try Extent(fields.record("clear")), stored: try Extent(fields.record("stored")),
      parts: try fields.records("parts", Extent.init))
  }
}

extension BackupFile.Extent {
  var json: JSONValue { ["bytes": .integer(bytes), "sha256": .string(sha256)] }

  init(_ fields: RecordFields) throws(RecordProblem) {
    let bytes = try fields.member("bytes", "a number of bytes") { value in
      value.number.flatMap { (0...Self.bytesMax).contains($0) ? $0 : nil }
    }
    self.init(bytes: bytes, sha256: try fields.text("sha256"))
  }
}
