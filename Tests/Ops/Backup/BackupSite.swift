import Core
import Crypto
import JSON
import ObjectStorage
import POSIX
import SQL
import Subprocess
import TestSupport

@testable import Ops

/// A database of one test, a store, and backups of the one in the other.
struct BackupSite {
  let server: PostgresServer
  let database: String
  let storage: any ObjectStorage
  let catalog: BackupCatalog
  let directory = TemporaryDirectory()

  /// Where the database is.
  var url: String { server.url(of: database) }

  init(
    _ storage: any ObjectStorage = MemoryStorage(), sql: String = fixture, encoding: String = "UTF8"
  ) throws {
    server = try PostgresServer.shared()
    let url = try server.makeDatabase(encoding: encoding)
    database = String(url.split(separator: "/").last ?? "")
    self.storage = storage
    catalog = BackupCatalog(storage, BackupFixtures.keys("orders"))
    _ = try ShellService.run(["chmod", "711", directory.path])
    try server.sql(sql, in: database)
  }

  /// Another database, with nothing in it; its name.
  func emptyDatabase() throws -> String {
    String(try server.makeDatabase().split(separator: "/").last ?? "")
  }

  static func address(_ url: String) throws -> PostgresAddress {
    guard case .postgres(let address) = try DatabaseURL(url) else { throw NoAddress() }
    return address
  }

  struct NoAddress: Error {}

  /// Takes a backup.
  @discardableResult
  func take(
    _ formats: [BackupFile.Content] = [.custom], encryptTo recipients: [String] = []
  ) throws -> BackupManifest {
    var options = PostgresBackupOptions()
    options.formats = formats
    options.isEncrypted = !recipients.isEmpty
    return try take(options, encryptTo: recipients)
  }

  /// The same, with all that can be said of it.
  @discardableResult
  func take(
    _ options: PostgresBackupOptions, encryptTo recipients: [String] = []
  ) throws -> BackupManifest {
    let programs = ProgramGroup()
    let source = PostgresSource(
      try Self.address(url), options, programs: programs, environment: ProcessInfo.environment)
    return try BackupRun(
      source, into: catalog, encryption: try AgeEncryption(recipients), programs: programs
    ).run()
  }

  func entry(_ id: BackupID) throws -> BackupEntry? { try catalog.list().entry(id) }

  /// Drills a backup in this process.
  func drill(
    _ id: BackupID, identity: String? = nil, _ interruption: Interruption = Interruption()
  ) throws -> DrillReport {
    guard let entry = try entry(id) else { throw NoAddress() }
    var drill = BackupDrill(
      place: place, entry: entry, interruption: interruption, parent: directory.path)
    drill.identity = try identity.map {
      try BackupIdentity(
        "env:KEY",
        CommandContext(
          output: TextOutput(isTerminal: false) { _ in },
          error: TextOutput(isTerminal: false) { _ in },
          environment: ["KEY": $0], currentDirectory: "/", tree: Ops.commands))
    }
    return try drill.run()
  }

  var place: BackupPlace {
    BackupPlace(
      catalog: catalog, bucket: nil, storeName: storage.name, policy: nil, pushgateway: nil)
  }

  /// Changes the bytes of an object.
  func change(_ key: String, _ body: (inout [UInt8]) -> Void) throws {
    guard let key = ObjectKey(key) else { throw NoAddress() }
    var bytes = try storage.read(key, bytesMax: 64 * 1024 * 1024)
    body(&bytes)
    try storage.put(bytes, at: key)
  }

  /// A backup that claims to hold what `proof`'s database held and has the files of `files`.
  func publish(filesOf files: BackupManifest, proofOf proof: BackupManifest) throws
    -> BackupManifest
  {
    let id = BackupID(at: Timestamp.now())
    let keys = catalog.keys
    var copies: [BackupFile] = []
    for file in files.files {
      let key = keys.file(file.content, id, isEncrypted: files.isEncrypted)
      guard let old = ObjectKey(file.key) else { throw NoAddress() }
      try storage.put(try storage.read(old, bytesMax: 64 * 1024 * 1024), at: key)
      copies.append(
        BackupFile(
          content: file.content, key: key.text, clear: file.clear, stored: file.stored,
          parts: file.parts))
    }
    guard let oldProof = ObjectKey(proof.proof.key) else { throw NoAddress() }
    try storage.put(try storage.read(oldProof, bytesMax: 64 * 1024 * 1024), at: keys.proof(id))
    let manifest = BackupManifest(
      id: id, database: files.database, kind: files.kind, source: files.source,
      serverVersion: files.serverVersion, tools: files.tools, snapshotAt: files.snapshotAt,
      startedAt: files.startedAt, finishedAt: files.finishedAt, files: copies,
      recipients: files.recipients, excludedTables: [], isSchemaOnly: false,
      proof: .init(
        mode: proof.proof.mode, key: keys.proof(id).text, sha256: proof.proof.sha256),
      locale: files.locale)
    try catalog.publish(manifest)
    return manifest
  }

  /// A pair of keys of age, the recipient and the identity.
  static func keyPair() throws -> (recipient: String, identity: String) {
    let result = try Subprocess.Command("age-keygen").run(deadline: .after(.seconds(60)))
    let lines = result.outputText.split(separator: "\n").map(String.init)
    let recipient = lines.first { $0.hasPrefix("# public key: ") }?.dropFirst(14) ?? ""
    return (String(recipient), lines.first { $0.hasPrefix("AGE-SECRET-KEY-") } ?? "")
  }

  /// Rows that a check would no longer let in: what is dumped of them can not be restored.
  static let contradiction = """
    CREATE FUNCTION allowed(n int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
    CREATE TABLE checked (n int CHECK (allowed(n)));
    INSERT INTO checked VALUES (1);
    CREATE OR REPLACE FUNCTION allowed(n int) RETURNS boolean LANGUAGE sql AS 'SELECT false';
    """

  /// Some of what databases have, and roles that a dump names.
  static let fixture = """
    DO $$ BEGIN CREATE ROLE "odd ""role"; EXCEPTION WHEN duplicate_object THEN NULL;
      WHEN unique_violation THEN NULL; END $$;
    CREATE TABLE orders (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text, price numeric(12, 2),
      paid boolean DEFAULT false, total numeric GENERATED ALWAYS AS (price * 1.19) STORED);
    INSERT INTO orders (note, price) SELECT 'order ' || n, n * 1.01 FROM generate_series(1, 500) n;
    CREATE SEQUENCE tickets START 100;
    SELECT nextval('tickets') FROM generate_series(1, 3);
    CREATE TABLE "odd ""name" (a int, "b c" text);
    INSERT INTO "odd ""name" VALUES (1, E'tab\\t, newline\\n, backslash \\\\, unicode ü€');
    CREATE TABLE parts (at date NOT NULL, n int) PARTITION BY RANGE (at);
    CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    INSERT INTO parts VALUES ('2026-03-01', 1), ('2026-04-01', 2);
    CREATE MATERIALIZED VIEW paid AS SELECT count(*) AS n FROM orders WHERE NOT paid;
    CREATE TABLE left_one (id int PRIMARY KEY, other int);
    CREATE TABLE right_one (id int PRIMARY KEY, other int REFERENCES left_one);
    ALTER TABLE left_one ADD FOREIGN KEY (other) REFERENCES right_one DEFERRABLE;
    INSERT INTO left_one VALUES (1, NULL);
    INSERT INTO right_one VALUES (1, 1);
    UPDATE left_one SET other = 1;
    ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    ALTER TABLE orders FORCE ROW LEVEL SECURITY;
    CREATE POLICY seen ON orders TO "odd ""role" USING (paid);
    CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
    SELECT lo_from_bytea(0, convert_to('a large object', 'UTF8'));
    """
}
