import Core
import Crypto
import SQL

/// A digest of what a PostgreSQL database has beside rows.
///
/// Of names, kinds, types and flags. Expressions are left out where a restore may write the same
/// one in other words: a default, a check, a view. So are owners and privileges, for a copy is
/// mostly on a server with other roles, and the order of columns, which inheritance changes. That a
/// column is never null is its own flag: only newer servers have a constraint for it as well.
enum SchemaFingerprint {
  /// A statement whose rows are a relation's number, or 0, and what there is as a list of JSON.
  private struct Part {
    let name: String
    let text: String

    init(_ name: String, _ text: String) { (self.name, self.text) = (name, text) }
  }

  /// Reads it, without what belongs to `excluded`.
  static func read(
    _ connection: any DatabaseConnection, excluding excluded: [PostgresRelations.Relation],
    isSchemaOnly: Bool
  ) throws -> String {
    let gone = Set(excluded.map(\.identifier))
    var digest = SHA256()
    for part in relations(isSchemaOnly: isSchemaOnly) + ofRelations + others {
      // Sorted as bytes, since databases sort by rules of their own.
      let text = "SELECT * FROM (\(part.text)) AS part (relation, line) ORDER BY line COLLATE \"C\""
      let statement = Statement.once("fingerprint_" + part.name, text, access: .read)
      let deadline = Deadline.after(PostgresRelations.catalogTimeout)
      for row in try connection.query(statement, deadline: deadline) {
        let relation: Int64 = try row.get(0)
        guard !gone.contains(relation) else { continue }
        let line: String = try row.get(1)
        digest.update(Array("\(part.name) \(line)\n".utf8))
      }
    }
    return Hexadecimal.encode(digest.finish())
  }

  private static let ofOurs = """
    JOIN pg_class c ON c.oid = %RELATION%
    JOIN pg_namespace n ON n.oid = c.relnamespace AND \(PostgresRelations.isDumped)
    """

  private static func ours(_ relation: String) -> String {
    ofOurs.replacing("%RELATION%", with: relation)
  }

  /// What is not of an extension, with `n` for its schema.
  private static func own(_ catalog: String, _ identifier: String) -> String {
    """
    n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND NOT EXISTS (
      SELECT FROM pg_depend e WHERE e.classid = '\(catalog)'::regclass AND e.objid = \(identifier)
      AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')
    """
  }

  /// A copy without rows has materialized views that were never filled.
  private static func relations(isSchemaOnly: Bool) -> [Part] {
    [
      Part(
        "relation",
        """
        SELECT c.oid, jsonb_build_array(n.nspname, c.relname, c.relkind, c.relpersistence,
          c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.reloptions,
          \(isSchemaOnly ? "NULL" : "c.relispopulated"), pg_get_expr(c.relpartbound, c.oid),
          (SELECT jsonb_agg(i.inhparent::regclass::text ORDER BY i.inhseqno) FROM pg_inherits i
            WHERE i.inhrelid = c.oid),
          (SELECT s.srvname FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
            WHERE f.ftrelid = c.oid))::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f', 'S', 'c') AND \(PostgresRelations.isDumped)
        """)
    ]
  }

  private static let ofRelations = [
    Part(
      "column",
      """
      SELECT c.oid, jsonb_build_array(n.nspname, c.relname, a.attname,
        format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef, a.attgenerated,
        a.attidentity, (SELECT l.collname FROM pg_collation l WHERE l.oid = a.attcollation))::text
      FROM pg_attribute a \(ours("a.attrelid"))
      WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'v', 'f', 'c')
      """),
    Part(
      "constraint",
      """
      SELECT c.oid, jsonb_build_array(n.nspname, c.relname, k.conname, k.contype, k.condeferrable,
        k.condeferred, k.convalidated, k.confupdtype, k.confdeltype, k.confmatchtype,
        k.confrelid::regclass::text,
        (SELECT jsonb_agg(a.attname ORDER BY array_position(k.conkey, a.attnum)) FROM pg_attribute a
          WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND k.contype <> 'c'),
        (SELECT jsonb_agg(a.attname ORDER BY array_position(k.confkey, a.attnum))
          FROM pg_attribute a WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)))::text
      FROM pg_constraint k \(ours("k.conrelid")) WHERE k.conparentid = 0 AND k.contype <> 'n'
      """),
    Part(
      "index",
      """
      SELECT c.oid, jsonb_build_array(n.nspname, c.relname, x.relname, m.amname, i.indisunique,
        i.indisprimary, i.indisexclusion, i.indisreplident, i.indnkeyatts, i.indoption::text,
        i.indpred IS NOT NULL, i.indexprs IS NOT NULL,
        (SELECT jsonb_agg(a.attname ORDER BY p.place) FROM unnest(i.indkey::int2[])
          WITH ORDINALITY AS p (number, place)
          LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.number))::text
      FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
      \(ours("i.indrelid")) WHERE i.indisvalid
      """),
    Part(
      "trigger",
      """
      SELECT c.oid, jsonb_build_array(n.nspname, c.relname, g.tgname, g.tgtype, g.tgenabled,
        g.tgfoid::regproc::text)::text
      FROM pg_trigger g \(ours("g.tgrelid")) WHERE NOT g.tgisinternal AND g.tgparentid = 0
      """),
    Part(
      "policy",
      """
      SELECT c.oid, jsonb_build_array(n.nspname, c.relname, p.polname, p.polcmd,
        p.polpermissive)::text FROM pg_policy p \(ours("p.polrelid"))
      """),
    Part(
      "rule",
      """
      SELECT c.oid, jsonb_build_array(n.nspname, c.relname, r.rulename, r.ev_type, r.ev_enabled,
        r.is_instead)::text FROM pg_rewrite r \(ours("r.ev_class")) WHERE r.rulename <> '_RETURN'
      """),
    Part(
      "statistics",
      """
      SELECT c.oid, jsonb_build_array(n.nspname, c.relname, s.stxname, s.stxkind)::text
      FROM pg_statistic_ext s \(ours("s.stxrelid"))
      """),
  ]

  private static let others = [
    // Every new database has the schema public, and a dump does not take it away.
    Part(
      "schema",
      """
      SELECT 0, jsonb_build_array(n.nspname)::text FROM pg_namespace n
      WHERE n.nspname <> 'public' AND \(own("pg_namespace", "n.oid"))
      """),
    Part(
      "function",
      """
      SELECT 0, jsonb_build_array(n.nspname, p.proname, pg_get_function_identity_arguments(p.oid),
        pg_get_function_result(p.oid), p.prokind, l.lanname, p.provolatile, p.prosecdef,
        p.proisstrict, p.proleakproof, p.proparallel, p.proconfig, md5(p.prosrc))::text
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_language l ON l.oid = p.prolang WHERE \(own("pg_proc", "p.oid"))
      """),
    Part(
      "type",
      """
      SELECT 0, jsonb_build_array(n.nspname, t.typname, t.typtype,
        format_type(nullif(t.typbasetype, 0), t.typtypmod), t.typnotnull,
        (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e
          WHERE e.enumtypid = t.oid),
        (SELECT jsonb_agg(k.conname ORDER BY k.conname COLLATE "C") FROM pg_constraint k
          WHERE k.contypid = t.oid AND k.contype <> 'n'))::text
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
      WHERE t.typtype IN ('d', 'e', 'r', 'b') AND t.typcategory <> 'A'
        AND \(own("pg_type", "t.oid"))
      """),
    Part(
      "collation",
      """
      SELECT 0, jsonb_build_array(n.nspname, l.collname, l.collprovider,
        l.collisdeterministic)::text
      FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
      WHERE \(own("pg_collation", "l.oid"))
      """),
    Part(
      "operator",
      """
      SELECT 0, jsonb_build_array(n.nspname, o.oid::regoperator::text, o.oprcode::text)::text
      FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
      WHERE \(own("pg_operator", "o.oid"))
      """),
    Part(
      "server",
      """
      SELECT 0, jsonb_build_array(s.srvname, w.fdwname)::text FROM pg_foreign_server s
      JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
      """),
    Part(
      "event_trigger",
      "SELECT 0, jsonb_build_array(evtname, evtevent, evtenabled)::text FROM pg_event_trigger"),
    Part(
      "publication",
      "SELECT 0, jsonb_build_array(pubname, puballtables)::text FROM pg_publication"),
  ]
}
