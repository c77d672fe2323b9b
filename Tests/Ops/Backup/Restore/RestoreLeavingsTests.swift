import ObjectStorage
import TestSupport
import Testing

@testable import Ops

/// What is said of a database that a restore did not come to the end of.
struct RestoreLeavingsTests {
  /// Rows that an index would no longer let in, and a large object, before which a script commits.
  private static let contradiction = """
    CREATE FUNCTION slot(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n';
    CREATE TABLE slots (n int);
    INSERT INTO slots VALUES (1), (2);
    CREATE UNIQUE INDEX ON slots (slot(n));
    CREATE OR REPLACE FUNCTION slot(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
    SELECT lo_from_bytea(0, 'a');
    """

  /// How a backup is kept and restored, and whether that can leave a part.
  private static let ways: [([BackupFile.Content], [String], Bool)] = [
    ([.custom], [], false), ([.custom], ["--jobs", "2"], true), ([.plain], [], true),
  ]

  @Test(arguments: ways)
  func aPartThatIsLeftIsTold(
    _ formats: [BackupFile.Content], _ options: [String], _ leavesPart: Bool
  ) throws {
    let store = TemporaryDirectory()
    let site = try BackupSite(FileStorage(store.path), sql: Self.contradiction)
    try site.take(formats)
    let target = try site.emptyDatabase()
    func restore(_ more: [String]) -> TestProgram.Result {
      TestProgram.run(
        words: [
          "backup", "restore", "--allow-unproven", "--store", "file://" + store.path, "--name",
          "orders", "--database", site.server.url(of: target), "--scratch", site.directory.path,
        ] + options + more, tree: Ops.commands)
    }
    let result = restore([])
    #expect(result.code == .failure && result.error.contains("could not create unique index"))
    #expect(result.error.contains("the database holds a part") == leavesPart, "\(result)")
    let tables = try site.server.sql(
      "SELECT count(*) FROM pg_tables WHERE tablename = 'slots'", in: target)
    #expect(tables.hasPrefix(leavesPart ? "1" : "0"), "\(tables)")
    try site.server.sql("CREATE TABLE mine (n int); DROP TABLE IF EXISTS slots", in: target)
    let again = restore(["--into-existing"])
    #expect(again.code == .failure)
    #expect(again.error.contains("the database may hold a part") == leavesPart, "\(again)")
    // Nobody is told to drop what is his own.
    #expect(result.error.contains("drop it, and restore") == leavesPart, "\(result)")
    #expect(!again.error.contains("drop it, and restore"), "\(again)")
    #expect(again.error.contains("do not drop it") == leavesPart, "\(again)")
  }

  @Test(arguments: ways)
  func ofWhatFailedBeforeAnythingWasWrittenNoPartIsTold(
    _ formats: [BackupFile.Content], _ options: [String], _ leavesPart: Bool
  ) throws {
    let store = TemporaryDirectory()
    let site = try BackupSite(FileStorage(store.path))
    let manifest = try site.take(formats)
    try site.change(manifest.files[0].key) { $0[$0.count / 2] ^= 0x20 }
    let target = try site.emptyDatabase()
    try site.server.sql("CREATE TABLE mine AS SELECT 7 AS n", in: target)
    let result = TestProgram.run(
      words: [
        "backup", "restore", "--allow-unproven", "--into-existing", "--store",
        "file://" + store.path, "--name", "orders", "--database", site.server.url(of: target),
        "--scratch", site.directory.path,
      ] + options, tree: Ops.commands)
    #expect(result.code == .verificationFailed, "\(result)")
    #expect(!result.error.contains("a part of the backup"), "\(result)")
    #expect(try site.server.sql("SELECT n FROM mine", in: target).hasPrefix("7"))
  }
}
