import Core
import SQL

/// What a database holds that a restore would come on top of.
enum TargetContents {
  private static let timeout: Duration = .seconds(60)

  /// Something in the database that is not there from its making; nil where it is empty.
  static func first(in database: PostgresDatabase) throws(DatabaseError) -> String? {
    let rows = try database.query(.once("contents", query), deadline: .after(timeout))
    return try rows.first?.get(0)
  }

  /// Extensions and what belongs to them do not count: providers put them there.
  private static let query = """
    SELECT what FROM (
      SELECT 1, 'table or view ' || c.oid::regclass::text AS what FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE \(ofUser) AND \(ofNoExtension("pg_class", "c"))
      UNION ALL
      SELECT 2, 'function ' || p.oid::regproc::text FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE \(ofUser) AND \(ofNoExtension("pg_proc", "p"))
      UNION ALL
      SELECT 3, 'type ' || t.oid::regtype::text FROM pg_type t
        JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE t.typrelid = 0 AND t.typcategory <> 'A'
          AND \(ofUser) AND \(ofNoExtension("pg_type", "t"))
      UNION ALL
      SELECT 4, 'schema ' || n.nspname FROM pg_namespace n
        WHERE \(ofUser) AND n.nspname <> 'public' AND \(ofNoExtension("pg_namespace", "n"))
      UNION ALL
      SELECT 5, 'large object ' || oid::text FROM pg_largeobject_metadata
    ) AS found ORDER BY 1 LIMIT 1
    """

  private static let ofUser =
    "n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'"

  private static func ofNoExtension(_ catalog: String, _ alias: String) -> String {
    """
    NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '\(catalog)'::regclass
      AND d.objid = \(alias).oid AND d.deptype = 'e')
    """
  }
}
