import Core
import SQL

/// The tables, views and sequences of a database that a dump is about.
///
/// What belongs to an extension comes with it, and is none of them; but for what the extension
/// calls configuration, of which a dump has those rows that it names.
///
/// https://www.postgresql.org/docs/15/extend-extensions.html#EXTEND-EXTENSIONS-CONFIG-TABLES
struct PostgresRelations: Sendable {
  struct Relation: Sendable {
    let identifier: Int64
    let name: QualifiedName
    /// As `pg_class.relkind` has it.
    let kind: String
    let mayBeRead: Bool
    /// Whether the role sees only those rows that policies show it.
    let isFiltered: Bool
    /// Whether a standby does not have its rows, and a dump of one neither: it is unlogged.
    let isUnreadable: Bool
    /// Its columns, by their names, as a list of SQL.
    let columns: String
    /// The partitioned tables that it is a part of, the table whose identity a sequence is, and
    /// itself: it is left out with any of them.
    let family: Set<Int64>
    /// Which of its rows a dump has, as a `WHERE` of SQL; empty for all.
    let condition: String
    /// Whether it is there as the configuration of an extension, and for nothing else.
    let isConfiguration: Bool
  }

  /// Those that are dumped.
  let kept: [Relation]
  /// Those that are left out, with the partitions of each.
  let excluded: [Relation]
  /// Subscriptions, where a dump has none: `pg_dump` only warns that the role is no superuser.
  let subscriptions: [String]

  /// How long a question to the catalogs may take.
  static let catalogTimeout: Duration = .seconds(300)

  /// What holds of all that a dump is about, with `c` for pg_class and `n` for its schema.
  static let isDumped = """
    n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relpersistence <> 't'
    AND NOT EXISTS (
      SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
      AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')
    """

  private static let all = Statement.once(
    "relations",
    """
    SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text,
      has_table_privilege(c.oid, 'SELECT'), row_security_active(c.oid),
      coalesce((SELECT string_agg(format('t.%I', a.attname), ', ' ORDER BY a.attname COLLATE "C")
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), ''),
      concat_ws(' ',
        (SELECT string_agg(p.relid::oid::text, ' ') FROM pg_partition_ancestors(c.oid) p),
        (SELECT d.refobjid::text FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
          AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i'
          AND c.relkind = 'S')),
      c.relpersistence = 'u' AND c.relkind = 'r' AND pg_is_in_recovery(),
      coalesce(k.condition, ''), NOT (\(isDumped))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN LATERAL (SELECT x.extcondition[array_position(x.extconfig, c.oid)] AS condition
      FROM pg_extension x WHERE c.oid = ANY (x.extconfig) LIMIT 1) AS k ON true
    WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f', 'S') AND (k.condition IS NOT NULL OR \(isDumped))
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
    """)

  private static let unread = Statement.once(
    "subscriptions",
    """
    SELECT subname::text FROM pg_subscription WHERE current_setting('is_superuser') <> 'on'
      AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    """)

  /// Reads them; throws `refused` where a table that is to be left out is not there.
  init(
    _ connection: any DatabaseConnection, excluding names: [QualifiedName]
  ) throws {
    let rows = try connection.query(Self.all, deadline: .after(Self.catalogTimeout))
    let all = try rows.map { row in
      let identifier: Int64 = try row.get(0)
      let family: String = try row.get(7)
      return Relation(
        identifier: identifier,
        name: QualifiedName(schema: try row.get(1), name: try row.get(2)), kind: try row.get(3),
        mayBeRead: try row.get(4), isFiltered: try row.get(5), isUnreadable: try row.get(8),
        columns: try row.get(6),
        family: Set(family.split(separator: " ").compactMap { Int64($0) } + [identifier]),
        condition: try row.get(9), isConfiguration: try row.get(10))
    }
    subscriptions = try connection.query(
      Self.unread, deadline: .after(Self.catalogTimeout)
    ).map { row in
      let name: String = try row.get(0)
      return "subscription \(name)"
    }
    let wanted = Set(names)
    let roots = all.filter { wanted.contains($0.name) }
    let missing = wanted.subtracting(roots.map(\.name)).map(\.title).sorted()
    guard missing.isEmpty else {
      throw BackupError.refused(
        "there is no \(missing.joined(separator: ", ")) to leave out",
        hints: ["a table's name is written as SCHEMA.TABLE, with quotes where SQL needs them"])
    }
    let identifiers = Set(roots.map(\.identifier))
    excluded = all.filter { !$0.family.isDisjoint(with: identifiers) }
    kept = all.filter { $0.family.isDisjoint(with: identifiers) }
  }

  /// Those with rows of their own, which a dump has.
  ///
  /// Materialized views are made anew by a restore, and foreign tables are elsewhere.
  var tables: [Relation] { kept.filter { $0.kind == "r" } }

  /// What a dump is without, as `schema.name`: what was to be left out, and what could not be read.
  var leftOut: [String] {
    (excluded + kept.filter(\.isUnreadable)).map(\.name.title) + subscriptions
  }

  var sequences: [Relation] { kept.filter { $0.kind == "S" } }
}

extension PostgresRelations {
  private static let dependencies = Statement.once(
    "dependencies",
    """
    SELECT conrelid AS dependent, confrelid AS needed FROM pg_constraint WHERE contype = 'f'
    UNION SELECT r.ev_class, d.refobjid FROM pg_depend d JOIN pg_rewrite r ON d.objid = r.oid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid <> r.ev_class
    """)

  private static let role = Statement.once("role", "SELECT current_user::text")

  /// Throws `refused` where a dump would be less than it seems, or could not be restored.
  func check(_ connection: any DatabaseConnection, readsRows: Bool) throws {
    if readsRows { try checkRows(connection) }
    guard !excluded.isEmpty else { return }
    let names = Dictionary(
      (kept + excluded).map { ($0.identifier, $0.name.title) },
      uniquingKeysWith: { first, _ in first })
    let gone = Set(excluded.map(\.identifier))
    for row in try connection.query(
      Self.dependencies, deadline: .after(Self.catalogTimeout))
    {
      let (dependent, needed): (Int64, Int64) = (try row.get(0), try row.get(1))
      guard gone.contains(needed), !gone.contains(dependent), let name = names[dependent] else {
        continue
      }
      throw BackupError.refused(
        "\(name) needs \(names[needed] ?? "a table") and could not be restored without it",
        hints: ["leave \(name) out too, or neither of both"])
    }
  }

  private func checkRows(_ connection: any DatabaseConnection) throws {
    let filtered = tables.filter(\.isFiltered).map(\.name.title)
    let unreadable = tables.filter { !$0.mayBeRead }.map(\.name.title)
    guard !filtered.isEmpty || !unreadable.isEmpty else { return }
    let row = try connection.query(Self.role, deadline: .after(Self.catalogTimeout)).first
    let role: String = try row?.get(0) ?? ""
    if !filtered.isEmpty {
      throw BackupError.refused(
        "row level security shows the role \(role) only some rows of "
          + Self.some(filtered) + ": a backup would silently lack the others",
        hints: ["use a role with BYPASSRLS, or the tables' owner unless security is forced on it"])
    }
    throw BackupError.refused(
      "the role \(role) may not read \(Self.some(unreadable))",
      hints: ["grant it pg_read_all_data, or SELECT on them"])
  }

  /// A few of many names.
  private static func some(_ names: [String]) -> String {
    let shown = names.prefix(5).joined(separator: ", ")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
