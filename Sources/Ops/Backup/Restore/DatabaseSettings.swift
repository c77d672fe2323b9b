import Core
import JSON
import SQL

/// What belongs to a database of PostgreSQL and is in no dump of what it holds: its settings, those
/// of roles in it, who may connect, its comment; and the roles that the dump names.
///
/// `pg_dump` has these only for a restore that makes the database itself, under the name it had.
/// https://www.postgresql.org/docs/15/app-pgdump.html
struct DatabaseSettings: Sendable, Equatable {
  /// A parameter that sessions begin with.
  struct Setting: Sendable, Hashable {
    /// Whose sessions; nil for everybody's.
    let role: String?
    let name: String
    let value: String
  }

  /// Something that a role may do with the database.
  struct Grant: Sendable, Hashable {
    /// Nil for everybody.
    let role: String?
    let privilege: String
    let isGrantable: Bool
  }

  /// The form that this release writes.
  static let formatCurrent = 1
  /// Most bytes of one as JSON.
  static let bytesMax = 16 * 1024 * 1024

  /// Roles that own something, may do something with it, or are in a policy.
  let roles: [String]
  let settings: [Setting]
  /// Nil where nobody has changed what everybody may do.
  let grants: [Grant]?
  let comment: String?
}

extension DatabaseSettings {
  /// What a database says of itself; `connection` is to it.
  static func read(_ connection: any DatabaseConnection) throws -> DatabaseSettings {
    let deadline = Deadline.after(PostgresRelations.catalogTimeout)
    let about = try connection.query(about, deadline: deadline).first
    let isChanged = try about?.get(0, as: Bool.self) ?? false
    let grants = try connection.query(grants, deadline: deadline).map { row in
      Grant(role: try row.get(0), privilege: try row.get(1), isGrantable: try row.get(2))
    }
    return DatabaseSettings(
      roles: try connection.query(roles, deadline: deadline).map { row in try row.get(0) },
      settings: try connection.query(settings, deadline: deadline).map { row in
        Setting(role: try row.get(0), name: try row.get(1), value: try row.get(2))
      },
      grants: isChanged ? grants : nil, comment: try about?.get(1) ?? nil)
  }

  private static let about = Statement.once(
    "database",
    """
    SELECT datacl IS NOT NULL, shobj_description(oid, 'pg_database')
    FROM pg_database WHERE datname = current_database()
    """)

  private static let settings = Statement.once(
    "database_settings",
    """
    SELECT r.rolname::text, split_part(c.line, '=', 1), substr(c.line, strpos(c.line, '=') + 1)
    FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
    LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS c (line)
    WHERE d.datname = current_database() AND (s.setrole = 0 OR r.oid IS NOT NULL)
    ORDER BY r.rolname COLLATE "C", c.line COLLATE "C"
    """)

  private static let grants = Statement.once(
    "database_grants",
    """
    SELECT r.rolname::text, a.privilege_type::text, a.is_grantable
    FROM pg_database d, aclexplode(d.datacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE d.datname = current_database() AND a.grantee <> d.datdba
      AND (a.grantee = 0 OR r.oid IS NOT NULL)
    ORDER BY r.rolname COLLATE "C", a.privilege_type COLLATE "C"
    """)

  /// The superuser that came with the cluster is in no list of who depends on whom.
  ///
  /// What belongs to an extension gets its owner from who makes that.
  private static let roles = Statement.once(
    "database_roles",
    """
    SELECT r.rolname::text FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid
    WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND s.refclassid = 'pg_authid'::regclass AND s.deptype <> 'i'
      AND s.classid <> 'pg_extension'::regclass AND NOT EXISTS (
        SELECT FROM pg_depend e WHERE e.classid = s.classid AND e.objid = s.objid
        AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')
    UNION SELECT r.rolname::text FROM pg_roles r WHERE r.oid = 10 AND EXISTS (
      SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relowner = 10 AND \(PostgresRelations.isDumped))
    ORDER BY 1
    """)
}

/// How it is kept: as a file of the backup, so that it is encrypted where the others are.
extension DatabaseSettings {
  var json: JSONValue {
    [
      "format": .integer(Int64(Self.formatCurrent)),
      "roles": .array(roles.map { .string($0) }),
      "settings": .array(
        settings.map {
          [
            "role": $0.role.map { .string($0) } ?? .null, "name": .string($0.name),
            "value": .string($0.value),
          ]
        }),
      "hasGrants": .boolean(grants != nil),
      "grants": .array(
        (grants ?? []).map {
          [
            "role": $0.role.map { .string($0) } ?? .null, "privilege": .string($0.privilege),
            "grantable": .boolean($0.isGrantable),
          ]
        }),
      "comment": comment.map { .string($0) } ?? .null,
    ]
  }

  /// Reads what `json` gave.
  init(_ bytes: [UInt8]) throws(RecordProblem) {
    let fields = try RecordFields.read(bytes, formatCurrent: Self.formatCurrent)
    let grants = try fields.records("grants", Grant.init)
    self.init(
      roles: try fields.texts("roles"), settings: try fields.records("settings", Setting.init),
      grants: try fields.truth("hasGrants") ? grants : nil,
      comment: try fields.optionalText("comment"))
  }
}

extension DatabaseSettings.Setting {
  fileprivate init(_ fields: RecordFields) throws(RecordProblem) {
    self.init(
      role: try fields.optionalText("role"), name: try fields.text("name"),
      value: try fields.text("value"))
  }
}

extension DatabaseSettings.Grant {
  fileprivate init(_ fields: RecordFields) throws(RecordProblem) {
    self.init(
      role: try fields.optionalText("role"), privilege: try fields.text("privilege"),
      isGrantable: try fields.truth("grantable"))
  }
}
