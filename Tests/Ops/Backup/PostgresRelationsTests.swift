import ObjectStorage
import TestSupport
import Testing

@testable import Ops

/// What a dump has, or has not, for reasons of its own.
struct PostgresRelationsTests {
  private func proof(_ site: PostgresSite) throws -> (Proof, BackupManifest) {
    let storage = MemoryStorage()
    let manifest = try site.run(into: storage).run()
    let key = BackupFixtures.keys().proof(manifest.id)
    return (try Proof(storage.read(key, bytesMax: Proof.bytesMax)), manifest)
  }

  @Test func rowsThatAnExtensionCallsConfigurationAreCompared() throws {
    let site = try PostgresSite()
    _ = try site.sql(
      """
      CREATE EXTENSION hstore;
      CREATE TABLE conf (n int, own boolean);
      INSERT INTO conf VALUES (1, false), (2, true), (3, true);
      CREATE TABLE inner_one (n int);
      ALTER EXTENSION hstore ADD TABLE conf;
      ALTER EXTENSION hstore ADD TABLE inner_one;
      UPDATE pg_extension SET extconfig = ARRAY['conf'::regclass::oid],
        extcondition = ARRAY['WHERE own'] WHERE extname = 'hstore'
      """)
    let (before, _) = try proof(site)
    #expect(before.tables.map(\.name) == ["conf"] && before.rows == 2)
    #expect(before.extensionConfiguration == ["public.conf"])
    // As a release read it that left it out.
    var older = before
    older.extensionConfiguration = nil
    older.tables = []
    #expect(older.differences(in: before) == [])
    _ = try site.sql("UPDATE conf SET n = 7 WHERE NOT own")
    #expect(before.differences(in: try proof(site).0) == [])
    _ = try site.sql("UPDATE conf SET n = 7 WHERE n = 3")
    #expect(before.differences(in: try proof(site).0) == [.content(table: "public.conf")])
  }

  @Test func aSubscriptionThatTheRoleDoesNotGetIsLeftOut() throws {
    let site = try PostgresSite()
    let role = "owner_\(site.database)"
    _ = try site.sql(
      "CREATE ROLE \(role) LOGIN; ALTER DATABASE \(site.database) OWNER TO \(role)")
    _ = try site.sql(
      "CREATE SUBSCRIPTION orders_in CONNECTION 'host=none' PUBLICATION p WITH (connect = false)")
    #expect(try proof(site).1.leftOut == [])
    let url = site.url.replacing("slipway@", with: "\(role)@")
    let taken = site.backup("run", "--database", url, "--store", site.store, "--json")
    #expect(taken.code == .done, "\(taken)")
    let manifest = try BackupManifest(Array(taken.output.utf8))
    #expect(manifest.leftOut == ["subscription orders_in"])
  }
}
