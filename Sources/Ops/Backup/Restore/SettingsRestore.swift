import Core
import ObjectStorage
import SQL

extension BackupContent {
  /// What the database was set to; nil where the backup does not have it.
  func settings(_ interruption: Interruption) throws -> DatabaseSettings? {
    guard let file = manifest.file(.settings) else { return nil }
    let bytes = try small(file, interruption, bytesMax: DatabaseSettings.bytesMax)
    do throws(RecordProblem) {
      return try DatabaseSettings(bytes)
    } catch {
      throw BackupError.record(key: file.key, error)
    }
  }

  /// Most bytes of the roles of a cluster.
  static let globalsBytesMax = 16 * 1024 * 1024

  /// The roles of the cluster that it was taken of; none where these were left out.
  func roles(_ interruption: Interruption) throws -> [DumpedRole] {
    guard let file = manifest.file(.globals) else { return [] }
    let bytes = try small(file, interruption, bytesMax: Self.globalsBytesMax)
    return DumpedRoles.read(String(decoding: bytes, as: UTF8.self))
  }

  /// All of a file of that length at most; what is behind it is read and left out.
  func small(
    _ file: BackupFile, _ interruption: Interruption, bytesMax: Int
  ) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try read(file, interruption) { piece in if bytes.count < bytesMax { bytes += piece } }
    return bytes
  }
}

extension DatabaseSettings {
  private static let timeout: Duration = .seconds(60)
  /// What everybody may do with a database that nobody has changed.
  private static let privileges: Set = ["CONNECT", "CREATE", "TEMPORARY"]

  /// Gives the database at `address` what the original had; what it did not take, in words.
  ///
  /// Each thing for itself, since a server may not know one, or the role not be allowed it. What is
  /// about roles only with them.
  func apply(to address: PostgresAddress, withRoles: Bool) throws -> [String] {
    let database = DrillServer.open(address)
    defer { database.close() }
    let deadline = Deadline.after(Self.timeout)
    let name: String
    do throws(DatabaseError) {
      let row = try database.query(
        .once("name", "SELECT quote_ident(current_database())", access: .read), deadline: deadline
      ).first
      name = try row?.get(0) ?? ""
    } catch {
      throw BackupError.database(error)
    }
    var problems: [String] = []
    func attempt(_ title: String, _ body: (any DatabaseConnection) throws -> Void) {
      do {
        try database.transaction(.write, deadline: deadline) { try body($0) }
      } catch {
        problems.append("\(title): \(error)")
      }
    }
    for setting in settings where withRoles || setting.role == nil {
      attempt(setting.title) { try setting.apply(to: name, $0, deadline) }
    }
    if let comment {
      attempt("the database's comment") { connection in
        let text = "COMMENT ON DATABASE \(name) IS \(DatabaseLocale.literal(comment))"
        try connection.execute(.once("comment", text), deadline: deadline)
      }
    }
    if withRoles, let grants {
      attempt("what everybody may do with the database") { connection in
        try connection.execute(
          .once("revoke", "REVOKE ALL ON DATABASE \(name) FROM PUBLIC"), deadline: deadline)
      }
      for grant in grants where Self.privileges.contains(grant.privilege) {
        attempt("\(grant.privilege) of \(grant.role ?? "everybody")") { connection in
          let role = grant.role.map(QualifiedName.quoted) ?? "PUBLIC"
          let option = grant.isGrantable ? " WITH GRANT OPTION" : ""
          let text = "GRANT \(grant.privilege) ON DATABASE \(name) TO \(role)\(option)"
          try connection.execute(.once("grant", text), deadline: deadline)
        }
      }
    }
    return problems
  }

  /// Every role that it names.
  var allRoles: [String] {
    Set(roles + settings.compactMap(\.role) + (grants ?? []).compactMap(\.role)).sorted()
  }
}

extension DatabaseSettings.Setting {
  fileprivate var title: String {
    role.map { "setting \(name) of role \($0)" } ?? "setting \(name)"
  }

  /// By way of this session: its value is taken as it is, where a literal would be taken apart in
  /// another way for lists than for texts.
  ///
  /// https://www.postgresql.org/docs/15/sql-alterdatabase.html
  fileprivate func apply(
    to database: String, _ connection: any DatabaseConnection, _ deadline: Deadline
  ) throws {
    _ = try connection.query(
      .once("setting", "SELECT set_config($1, $2, true)", access: .write),
      [.text(name), .text(value)], deadline: deadline)
    let parameter = name.split(separator: ".", omittingEmptySubsequences: false)
      .map { QualifiedName.quoted(String($0)) }.joined(separator: ".")
    let whose =
      role.map { "ALTER ROLE \(QualifiedName.quoted($0)) IN DATABASE \(database)" }
      ?? "ALTER DATABASE \(database)"
    try connection.execute(
      .once("set", "\(whose) SET \(parameter) FROM CURRENT"), deadline: deadline)
  }
}
