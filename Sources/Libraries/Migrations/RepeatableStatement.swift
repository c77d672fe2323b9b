/// What may stand in a file without a transaction.
///
/// Whoever is killed after a statement and before it is recorded runs it again. So it has to be one
/// that does no more the second time, or one whose result can be looked at.
extension SQLScript.Part {
  /// Whether it may be run again after it was done.
  var isRepeatable: Bool {
    guard let verb = tokens.first, verb.kind == .word else { return false }
    var rest = tokens.dropFirst()
    switch verb.text.uppercased() {
    case "ANALYZE", "ANALYSE", "VACUUM", "COMMENT", "GRANT", "REVOKE": return true
    case "REFRESH": return rest.take("MATERIALIZED", "VIEW")
    case "REINDEX": return reindexTarget != nil
    case "SET": return setting != nil
    case "ALTER":
      if rest.take("SYSTEM") { return true }
      guard rest.take("TYPE"), !rest.takeName().isEmpty else { return false }
      return rest.take("ADD", "VALUE", "IF", "NOT", "EXISTS")
    case "CREATE":
      if concurrentIndex != nil { return true }
      return !isTemporary && (rest.begins("OR", "REPLACE") || rest.leads("IF", "NOT", "EXISTS"))
    case "DROP": return rest.leads("IF", "EXISTS")
    default: return false
    }
  }

  /// What is said about one that may not.
  static let notRepeatable = """
    cannot stand in a file with transaction: no, where a run that is killed may run it again; \
    allowed are CREATE INDEX CONCURRENTLY with a name, REINDEX INDEX or TABLE CONCURRENTLY, \
    CREATE with IF NOT EXISTS or OR REPLACE (nothing temporary), DROP with IF EXISTS, \
    ALTER TYPE with ADD VALUE IF NOT EXISTS, ALTER SYSTEM, REFRESH MATERIALIZED VIEW, VACUUM, \
    ANALYZE, COMMENT, GRANT, REVOKE, and SET of \(settings.joined(separator: ", ")); \
    put it into a file of its own, which has a transaction
    """

  /// The name in `CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] name ON table`.
  ///
  /// It is as it is written, in the schema that the table is written with.
  var concurrentIndex: String? {
    var rest = tokens[...]
    guard rest.take("CREATE") else { return nil }
    rest.take("UNIQUE")
    guard rest.take("INDEX", "CONCURRENTLY") else { return nil }
    rest.take("IF", "NOT", "EXISTS")
    guard !rest.begins("ON") else { return nil }
    let name = rest.takeName()
    guard name.count == 1, rest.take("ON") else { return nil }
    rest.take("ONLY")
    let table = rest.takeName()
    guard !table.isEmpty else { return nil }
    let path: [String] = Array(table.dropLast()) + name
    return path.joined(separator: ".")
  }

  /// The name in `REINDEX [(options)] INDEX|TABLE CONCURRENTLY name`, as it is written.
  ///
  /// `(CONCURRENTLY)` among the options would say the same and may also be switched off there.
  var reindexTarget: String? {
    var rest = tokens[...]
    guard rest.take("REINDEX") else { return nil }
    if rest.first?.kind == .open {
      guard let end = rest.firstIndex(where: { $0.kind == .close }) else { return nil }
      guard !rest[..<end].contains(where: { $0.isWord("CONCURRENTLY") }) else { return nil }
      rest = rest[(end + 1)...]
    }
    guard rest.begins("INDEX") || rest.begins("TABLE") else { return nil }
    rest.removeFirst()
    guard rest.take("CONCURRENTLY") else { return nil }
    let name = rest.takeName()
    return name.isEmpty || !rest.isEmpty ? nil : name.joined(separator: ".")
  }

  /// Whether it builds or drops an index beside those who use its table.
  ///
  /// Then it waits for all transactions that know the table without it.
  var isConcurrent: Bool {
    concurrentIndex != nil || reindexTarget != nil
      || tokens[...].begins("DROP", "INDEX", "CONCURRENTLY")
  }

  /// What a `SET` sets for the rest of its file.
  var setting: String? {
    var rest = tokens[...]
    guard rest.take("SET") else { return nil }
    rest.take("SESSION")
    guard let name = rest.popFirst()?.text.lowercased(), Self.settings.contains(name),
      let sign = rest.first, sign.isWord("TO") || sign.text == "="
    else { return nil }
    return name
  }

  /// What makes the work of such files faster or gentler, and means nothing to the history.
  private static let settings = [
    "maintenance_work_mem", "max_parallel_maintenance_workers", "vacuum_cost_delay",
    "vacuum_cost_limit", "work_mem",
  ]

  /// What is temporary is gone when the file is resumed.
  private var isTemporary: Bool {
    tokens.prefix(4).contains { $0.isWord("TEMP") || $0.isWord("TEMPORARY") }
  }
}

extension ArraySlice<SQLToken> {
  /// Whether these keywords come next.
  fileprivate func begins(_ keywords: String...) -> Bool { begins(keywords) }

  /// Whether these keywords come after the kind of an object, before its name.
  fileprivate func leads(_ keywords: String...) -> Bool {
    (1...Self.kindWordsMax).contains { dropFirst($0).begins(keywords) }
  }

  /// Takes these keywords from the beginning, all or none.
  @discardableResult
  fileprivate mutating func take(_ keywords: String...) -> Bool {
    guard begins(keywords) else { return false }
    removeFirst(keywords.count)
    return true
  }

  /// Takes a name, as it is written: its parts, none where there is no name.
  fileprivate mutating func takeName() -> [String] {
    var parts: [String] = []
    while let token = first, token.kind == .word || token.kind == .quotedName {
      parts.append(token.text)
      removeFirst()
      guard first?.text == "." else { break }
      removeFirst()
    }
    return parts
  }

  private func begins(_ keywords: [String]) -> Bool {
    count >= keywords.count && zip(self, keywords).allSatisfy { $0.isWord($1) }
  }

  /// `FOREIGN DATA WRAPPER`.
  private static var kindWordsMax: Int { 3 }
}
